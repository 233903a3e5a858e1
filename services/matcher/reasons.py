"""The lists of reasons that coordinators choose from, extended by an administrator.

A code is never deleted: what was said with it stays said. It is retired, and offered no more.
"""

import re
import unicodedata
from dataclasses import replace

from services.matcher.domain.codes import ANSWER, ENDING, HOLD, VERDICT, ReasonCode
from services.matcher.domain.errors import NotAllowed
from services.matcher.store.learning import add_code, code_of
from services.matcher.store.reasons import kept_reasons, label_reason, offer_reason
from shared.storage import Work

EXTENDED = (VERDICT, ENDING, HOLD)
"""Lists that codes are added to. Members choose answers on pages of the notifier, which knows the
codes Convene comes with.
"""
CHANGED = (*EXTENDED, ANSWER)
"""Lists whose codes are renamed and retired; those of the rules are the program's own words."""
ALWAYS = "other"
LONGEST_LABEL, LONGEST_COOLING_DAYS = 80, 3_650
_LONGEST_CODE = 64


class ReasonRefused(NotAllowed):
    """The list cannot be changed so; `field` is the one of the form that says why."""

    code = "reason_refused"

    def __init__(self, said: str, field: str = "label") -> None:
        super().__init__(said)
        self.field = field


def add_reason(work: Work, reason: ReasonCode) -> ReasonCode:
    """Its code is made from its label. Raises `ReasonRefused`."""
    if reason.of_list not in EXTENDED:
        raise ReasonRefused("No reason can be added to this list. Choose another.", "of_list")
    if not 0 <= reason.cooling_days <= LONGEST_COOLING_DAYS:
        raise ReasonRefused(
            f"Give days from 0 to {LONGEST_COOLING_DAYS:,}, or say that it is for good.",
            "cooling_days",
        )
    label = _label(reason.label)
    code = _code(label)
    known = {(one.reason.of_list, one.reason.code) for one in kept_reasons(work.connection)}
    if (reason.of_list, code) in known:
        raise ReasonRefused(f"There is a reason “{label}” already. Bring it back or rename it.")
    made = replace(reason, code=code, label=label)
    add_code(work.connection, made)
    work.audit("reason.add", f"{made.of_list}:{made.code}")
    return made


def rename_reason(work: Work, of_list: str, code: str, label: str) -> ReasonCode:
    """What was said with it is shown by the new label too. Raises `ReasonRefused`, `UnknownReason`."""
    renamed = replace(_changeable(work, of_list, code), label=_label(label))
    label_reason(work.connection, renamed)
    work.audit("reason.rename", f"{of_list}:{code}")
    return renamed


def retire_reason(work: Work, of_list: str, code: str) -> ReasonCode:
    """Offer it no more. Raises `ReasonRefused` for the one that must always be there."""
    found = _changeable(work, of_list, code)
    if code == ALWAYS:
        raise ReasonRefused(f"“{found.label}” stays: somebody may have a reason nobody thought of.")
    offer_reason(work.connection, found, offered=False)
    work.audit("reason.retire", f"{of_list}:{code}")
    return found


def bring_back_reason(work: Work, of_list: str, code: str) -> ReasonCode:
    found = _changeable(work, of_list, code)
    offer_reason(work.connection, found, offered=True)
    work.audit("reason.bring_back", f"{of_list}:{code}")
    return found


def _changeable(work: Work, of_list: str, code: str) -> ReasonCode:
    if of_list not in CHANGED:
        raise ReasonRefused("The reasons of this list are Convene's own and stay as they are.")
    return code_of(work.connection, of_list, code)


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not label:
        raise ReasonRefused("Give the reason in a few words, as it is to be read in the list.")
    if len(label) > LONGEST_LABEL:
        raise ReasonRefused(f"Use at most {LONGEST_LABEL} characters; it has {len(label)}.")
    return label


def _code(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_CODE].strip("_")
    if not code:
        raise ReasonRefused("Use letters or numbers in the reason.")
    return code
