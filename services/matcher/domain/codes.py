"""Reason codes: why somebody said no, what the answer teaches, and how long the pair cools off.

The codes here are the first ones of the table `reason_codes`; coordinators add their own there.
`teaches` names the part of the score that a "no" with this reason is evidence about; empty means
that it teaches nothing. FOR_GOOD pairs are never proposed again, except by a coordinator.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.matcher.domain.errors import DateNeeded

VERDICT, ANSWER, ENDING, RULE, HOLD = "verdict", "answer", "ending", "rule", "hold"
LISTS = (VERDICT, ANSWER, ENDING, RULE, HOLD)
FOR_GOOD = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One reason of one list. `cooling_days` 0 means: the pair may come again at once."""

    of_list: str
    code: str
    label: str
    teaches: str = ""
    cooling_days: int = 180
    for_good: bool = False
    needs_date: bool = False

    def cooling_until(self, now: datetime, given: datetime | None = None) -> datetime | None:
        """When the pair may be proposed again; None: at once. A given date wins over the table.

        Raises
        ------
        DateNeeded
            The reason is about a date (not now) and the date given is not in the future.

        """
        if self.for_good:
            return FOR_GOOD
        if self.needs_date and given is not None:
            if given <= now:
                raise DateNeeded(self.code)
            return given
        return now + timedelta(days=self.cooling_days) if self.cooling_days else None


def _codes(of_list: str, *rows: tuple[str, str, str, int]) -> list[ReasonCode]:
    return [
        ReasonCode(
            of_list,
            code,
            label,
            teaches,
            max(days, 0),
            for_good=days < 0,
            needs_date=code == "not_now",
        )
        for code, label, teaches, days in rows
    ]


_GOOD = -1  # days below zero: for good
_SAID_NO = (
    ("not_relevant", "Not what is needed here", "subject", 180),
    ("wrong_place", "The place does not fit", "place", 180),
    ("wrong_stage", "Not the right age group or life stage", "beneficiaries", 180),
    ("no_capacity", "No capacity at the moment", "load", 90),
    ("not_now", "Not now, later", "", 90),
    ("already_partners", "They already work together", "", _GOOD),
    ("conflict", "They may not be matched with each other", "", _GOOD),
    ("quality_concern", "A concern about quality", "", 365),
    ("other", "Another reason", "", 180),
)
FIRST_CODES: tuple[ReasonCode, ...] = (
    *_codes(VERDICT, ("good_fit", "A good fit", "all", 0), *_SAID_NO),
    *_codes(
        ANSWER,
        *_SAID_NO,
        ("wrong_person", "I am not the right person", "", 180),
        ("looks_like_selling", "It looks like selling", "terms", 365),
        ("do_not_ask_again", "Do not ask again", "", _GOOD),
    ),
    *_codes(
        ENDING,
        ("never_met", "They never met", "", 180),
        ("no_money", "There was no money for it", "", 365),
        ("people_left", "The people left", "", 180),
        ("done", "It is done", "", 180),
        ("changed_mind", "A coordinator thought again", "", 180),
        ("other", "Another reason", "", 180),
    ),
    *_codes(
        RULE,
        ("expired", "Nobody decided in time", "", 180),
        ("lapsed", "Nobody answered", "", 182),
        ("better_found", "A better one was found", "", 0),
        ("no_longer_due", "A consortium is no longer the best answer", "", 0),
        ("no_place_left", "The need has all the partners it wants", "", 0),
        ("listing_changed", "What is offered or needed has changed", "", 0),
        ("member_left", "A member paused or left", "", 0),
        ("listing_closed", "The listing was paused or closed", "", 0),
        ("member_busy", "The member has enough proposals with better ones", "", 0),
        ("rule_broken", "A rule refuses it now", "", 0),
    ),
    *_codes(
        HOLD,
        ("pre_election", "Pre-election period", "", 0),
        ("waiting_for_information", "Waiting for information", "", 0),
        ("procurement", "A procurement question is open", "", 0),
        ("asked_by_member", "A member asked for time", "", 0),
        ("change_suggested", "A member suggested a change", "", 0),
        ("other", "Another reason", "", 0),
    ),
)
