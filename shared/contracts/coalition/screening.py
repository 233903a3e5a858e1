"""Finds email addresses and telephone numbers in texts that will be shown to strangers.

Titles and descriptions travel on the bus; whoever wants to be written to belongs in a contact.
"""

import re
from dataclasses import dataclass
from typing import Literal

_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\s?(?:@|\(at\)|\[at\])\s?(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}",
    re.IGNORECASE,
)
_GAP = r"[ .()/\u00a0\u2010-\u2014-]{0,3}"
_PHONE = re.compile(rf"(?<![\w.,/=£$€-])(?:\+|00)?\(?[0-9](?:{_GAP}[0-9]){{8,14}}(?![\w/])")
_DAY = re.compile(r"(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.]")
_PLAIN_DIGITS = re.compile(r"[^0-9+]")


@dataclass(frozen=True, slots=True)
class Found:
    """A contact detail in a text; `excerpt` is for the person who wrote it, never for a log."""

    kind: Literal["email", "telephone"]
    excerpt: str


def screen_text(text: str) -> list[Found]:
    """Every address and number, in order of their kind and place."""
    emails = [Found("email", match.group().strip()) for match in _EMAIL.finditer(text)]
    phones = [match.group().strip() for match in _PHONE.finditer(text)]
    return emails + [Found("telephone", each) for each in phones if _can_be_called(each)]


def _can_be_called(written: str) -> bool:
    """British and international numbers; not dates, amounts, postcodes or official identifiers."""
    if _DAY.match(written):
        return False
    digits = _PLAIN_DIGITS.sub("", written)
    if digits.startswith(("+", "00")):
        return 9 <= len(digits.lstrip("+0")) <= 15
    return digits.startswith("0") and 10 <= len(digits) <= 12
