"""Moments as people of the coalition read them: in London's time, and how long ago."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def moment(value: datetime | str | None) -> str:
    """`3 November 2026, 14:05`; London's time, as the footer says."""
    local = _local(value)
    return "" if local is None else f"{local.day} {local:%B %Y, %H:%M}"


def clock_time(value: datetime | str | None) -> str:
    """`14:05:30`"""
    local = _local(value)
    return "" if local is None else f"{local:%H:%M:%S}"


def day(value: datetime | date | str | None) -> str:
    """`3 November 2026`"""
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.astimezone(LONDON).date()
    return "" if value is None else f"{value.day} {value:%B %Y}"


def ago(value: datetime | None, now: datetime) -> str:
    """`just now`, `5 minutes`, `3 hours`, `12 days`: how long since."""
    if value is None:
        return ""
    seconds = max(0.0, (now - value).total_seconds())
    if seconds < 60:
        return "less than a minute"
    for name, length in (("minute", 60), ("hour", 3_600), ("day", 86_400)):
        count = int(seconds // length)
        if (name == "minute" and count < 60) or (name == "hour" and count < 24) or name == "day":
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise AssertionError("unreachable: days have no end")


def until(value: datetime | None, now: datetime) -> str:
    """`in 3 days`, `tomorrow`, `today`; what is due waits for the worker's next look."""
    if value is None:
        return ""
    if value <= now:
        return "any moment now"
    days = (value.astimezone(LONDON).date() - now.astimezone(LONDON).date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def end_of_day(text: str) -> datetime | None:
    """A date from a form as the end of that day in London; raises ValueError with the fix."""
    if not text.strip():
        return None
    try:
        given = date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            f"“{text.strip()[:40]}” is not a date. Write it as year-month-day, like 2027-03-22."
        ) from error
    local = datetime.combine(given, time(23, 59, 59), LONDON)
    return local.astimezone(UTC)


def tomorrow(now: datetime) -> date:
    """The first date that a form may name."""
    return (now.astimezone(LONDON) + timedelta(days=1)).date()


def _local(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if value else None
    return None if value is None else value.astimezone(LONDON)
