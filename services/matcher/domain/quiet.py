"""Quiet periods: days on which nobody is asked or reminded, such as before an election.

They stop the clock of whoever was asked: each day of one is a day more to answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EVERYWHERE = "all"
#: What a period holds for: the whole coalition, or one nation by the first letter of its codes.
NATIONS: Mapping[str, str] = MappingProxyType(
    {
        EVERYWHERE: "Everywhere",
        "E": "England",
        "W": "Wales",
        "S": "Scotland",
        "N": "Northern Ireland",
    }
)
MOST_DAYS = 366
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """From the first minute of `first_day` to the last of `last_day`, in London."""

    period_id: str
    name: str
    nation: str
    first_day: date
    last_day: date

    @property
    def begins(self) -> datetime:
        return _midnight(self.first_day)

    @property
    def ends(self) -> datetime:
        return _midnight(self.last_day + timedelta(days=1))

    def holds_for(self, nations: frozenset[str]) -> bool:
        return self.nation == EVERYWHERE or self.nation in nations


def nations_of(places: Iterable[str]) -> frozenset[str]:
    """Nations by the codes of places; a place in more than one, or none at all, is in all four."""
    every = frozenset(NATIONS) - {EVERYWHERE}
    found = frozenset(code[:1] for code in places)
    return found if found and found <= every else every


def lengthened(
    since: datetime, deadline: datetime, periods: Iterable[QuietPeriod]
) -> tuple[datetime, datetime]:
    """`deadline` with the quiet time after `since` added, and until when that has been counted.

    Counting again from the second answer adds nothing twice.
    """
    counted = since
    for period in sorted(periods, key=lambda one: (one.begins, one.ends)):
        begins = max(period.begins, counted)
        if begins < deadline and begins < period.ends:
            deadline += period.ends - begins
            counted = period.ends
    return deadline, counted


def faults_of(name: str, nation: str, first_day: date, last_day: date) -> dict[str, str]:
    """By field what is wrong with a period that somebody enters, and what to do."""
    faults = {}
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        faults["name"] = f"Give it a name of 1 to {LONGEST_NAME} characters."
    if nation not in NATIONS:
        faults["nation"] = "Choose where it holds."
    if last_day < first_day:
        faults["last_day"] = "The last day is before the first. Swap them, or correct one."
    elif (last_day - first_day).days >= MOST_DAYS:
        faults["last_day"] = f"This is longer than {MOST_DAYS} days. Choose an earlier last day."
    return faults


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), LONDON).astimezone(UTC)
