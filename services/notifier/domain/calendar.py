"""On which days and hours mail that is not urgent may leave: office hours, and no quiet period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifier.domain.messages import Kind

LONDON = ZoneInfo("Europe/London")
EVERYWHERE = "all"
_NATIONS = frozenset("EWSN")
_SATURDAY = 5

#: Not sent in a quiet period. An introduction is: everybody has asked for it by saying yes.
QUIETED = frozenset({Kind.APPROACH, Kind.REMINDER, Kind.DIGEST, Kind.LISTING_CHECK})


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """From `opens` to `closes` on Monday to Friday, London time."""

    opens: time
    closes: time

    def opens_after(self, now: datetime) -> datetime | None:
        """When the office opens next; None while it is open."""
        local = now.astimezone(LONDON)
        day, moment = local.date(), local.time().replace(tzinfo=None)
        if day.weekday() < _SATURDAY and self.opens <= moment < self.closes:
            return None
        if moment >= self.opens:
            day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
        return datetime.combine(day, self.opens, LONDON).astimezone(UTC)


def office_hours(text: str) -> OfficeHours | None:
    """Read `08:00-18:00`; ValueError, with the fix, for what is not that. Nothing is no limit."""
    if not text.strip():
        return None
    opens, _, closes = text.partition("-")
    try:
        hours = OfficeHours(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip()))
    except ValueError as error:
        raise ValueError(f"'{text}' is not a span of hours. Write it as 08:00-18:00.") from error
    if hours.opens >= hours.closes:
        raise ValueError(f"'{text}' ends before it begins. Write it as 08:00-18:00.")
    return hours


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """Days of London, the last one included; `nation` is `all`, E, W, S or N."""

    nation: str
    first_day: date
    last_day: date


def nations_of(places: Iterable[str]) -> frozenset[str]:
    """Nations by the codes of places; a place in more than one, or none at all, is in all four."""
    found = frozenset(code[:1] for code in places)
    return found if found and found <= _NATIONS else _NATIONS


def quiet_until(
    now: datetime, nations: frozenset[str], periods: Iterable[QuietPeriod]
) -> datetime | None:
    """The end of the quiet time that `now` lies in, following ones included; None outside."""
    today = now.astimezone(LONDON).date()
    day = today
    for period in sorted(periods, key=lambda one: (one.first_day, one.last_day)):
        holds = period.nation == EVERYWHERE or period.nation in nations
        if holds and period.first_day <= day <= period.last_day:
            day = period.last_day + timedelta(days=1)
    return None if day == today else datetime.combine(day, time(0), LONDON).astimezone(UTC)
