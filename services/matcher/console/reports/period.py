"""Which time a report tells of: two days in London, the months between them, and what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from services.matcher.console.times import LONDON

MOST_MONTHS = 60
"""A report shows no more: a longer chart cannot be read."""
_FROM, _UNTIL = "from", "until"


@dataclass(frozen=True, slots=True)
class Period:
    """Both days are in it. What could not be used is told in `faults`, by the field's name."""

    first: date
    last: date
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        return _begin(self.first)

    @property
    def before(self) -> datetime:
        return _begin(self.last + timedelta(days=1))

    @property
    def months(self) -> list[str]:
        """`2026-11` for each month that the period touches, in order."""
        first = self.first.year * 12 + self.first.month - 1
        last = self.last.year * 12 + self.last.month - 1
        return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(first, last + 1)]

    @staticmethod
    def first_of(month: str) -> date:
        return date.fromisoformat(f"{month}-01")

    @property
    def query(self) -> dict[str, str]:
        return {_FROM: self.first.isoformat(), _UNTIL: self.last.isoformat()}


def read_period(args: Mapping[str, str], now: datetime) -> Period:
    """As the address says, else this month and the eleven before it."""
    today = now.astimezone(LONDON).date()
    faults: dict[str, str] = {}
    last = _day(args.get(_UNTIL, ""), _UNTIL, faults) or today
    first = _day(args.get(_FROM, ""), _FROM, faults) or months_before(last, 11)
    if first > last:
        faults[_FROM] = f"{first.isoformat()} is after the last day. Swap the two days."
        first = months_before(last, 11)
    earliest = months_before(last, MOST_MONTHS - 1)
    if first < earliest:
        faults[_FROM] = (
            f"A report covers at most {MOST_MONTHS // 12} years, so it begins on "
            f"{earliest.isoformat()}."
        )
        first = earliest
    return Period(first, last, faults)


def quick_choices(now: datetime) -> dict[str, Period]:
    """Periods that are a click away, by their words."""
    today = now.astimezone(LONDON).date()
    this = today.replace(day=1)
    before = this - timedelta(days=1)
    return {
        "This month": Period(this, today),
        "Last month": Period(before.replace(day=1), before),
        "3 months": Period(months_before(today, 2), today),
        "12 months": Period(months_before(today, 11), today),
        "3 years": Period(months_before(today, 35), today),
    }


def months_before(day: date, count: int) -> date:
    """The first day of the month that lies this many months before the day's own."""
    number = day.year * 12 + day.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _day(text: str, name: str, faults: dict[str, str]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2200:
        faults[name] = f"“{text[:40]}” is not a day. Write it as year-month-day, like 2026-09-01."
        return None
    return found


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
