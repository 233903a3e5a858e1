"""What a coordinator may write into the approach of one match: its subject and its opening.

Who is meant, why, the button, the promises and the footer stay ours. A link, an address or a number
in free words would let contacts pass before every yes, or lead a reader elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.notifier.domain.errors import WordingRefused
from services.notifier.mail.wording import MOST_CHARACTERS, fault_in

MOST_IN_SUBJECT = 70
_TELEPHONE = re.compile(r"(?:\d[\s().-]?){9,}")


@dataclass(frozen=True, slots=True)
class OwnWords:
    """An empty part stands for the usual words."""

    subject: str = ""
    opening: str = ""

    @property
    def said(self) -> Mapping[str, str]:
        """What the template gets instead of the usual words."""
        parts = {"own_subject": self.subject, "opening": self.opening}
        return {name: text for name, text in parts.items() if text}


USUAL = OwnWords()


def own_words(subject: str, opening: str) -> OwnWords:
    """Both on one line each; raises `WordingRefused` with the field that cannot be sent."""
    return OwnWords(
        subject=_checked("subject", subject, MOST_IN_SUBJECT),
        opening=_checked("opening", opening, MOST_CHARACTERS),
    )


def _checked(field: str, text: str, most: int) -> str:
    line = " ".join(text.split())
    fault = fault_in(line, most) if line else None
    if fault is None and _TELEPHONE.search(line):
        fault = "This holds a telephone number. Contacts pass only after every yes; leave it out."
    if fault is not None:
        raise WordingRefused(field, fault)
    return line
