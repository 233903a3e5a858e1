"""When mail goes: reminders, follow-ups, quiet hours, the daily cap and waits after a failure."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Waits after a failure that certainly did not deliver: quick at first, then kind to the server.
RETRY_SECONDS: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
DEFAULT_ZONE = "Europe/London"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily time in which a contact wants no mail, in their own time zone."""

    start: time
    end: time
    zone: ZoneInfo

    def covers(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def quiet_hours(choices: Mapping[str, Any]) -> QuietHours | None:
    """Read `quiet_hours` of a contact's mail choices; what cannot be read is no wish at all."""
    wish = choices.get("quiet_hours")
    if not isinstance(wish, Mapping):
        return None
    try:
        start = time.fromisoformat(str(wish.get("from")))
        end = time.fromisoformat(str(wish.get("until")))
        zone = ZoneInfo(str(wish.get("zone") or DEFAULT_ZONE))
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return None if start == end else QuietHours(start, end, zone)


def wakes_at(now: datetime, quiet: QuietHours | None) -> datetime | None:
    """The end of the quiet hours that `now` falls in, in UTC; None when mail may go now."""
    if quiet is None:
        return None
    local = now.astimezone(quiet.zone)
    if not quiet.covers(local.time().replace(tzinfo=None)):
        return None
    day = local.date()
    if local.time().replace(tzinfo=None) >= quiet.end:
        day += timedelta(days=1)
    wake = datetime.combine(day, quiet.end, tzinfo=quiet.zone).astimezone(UTC)
    # In the hour a clock change removes or repeats, the computed end can lie behind us.
    return wake if wake > now else now + timedelta(minutes=15)


def cap_frees_at(sent: Sequence[datetime], cap: int, now: datetime) -> datetime | None:
    """When a member that had `cap` mails in 24 hours may have the next; None means now."""
    recent = sorted(moment for moment in sent if moment > now - timedelta(days=1))
    if len(recent) < cap:
        return None
    return recent[-cap] + timedelta(days=1)


def retry_seconds(message_id: str, tries: int) -> float:
    """The wait before try `tries + 1`, spread by up to a tenth so that retries do not march."""
    base = RETRY_SECONDS[min(max(tries, 1), len(RETRY_SECONDS)) - 1]
    spread = zlib.crc32(f"{message_id}:{tries}".encode()) % 1000 / 1000
    return base * (1 + spread / 10)


def at_days(start: datetime, days: Sequence[int]) -> list[tuple[int, datetime]]:
    """Steps numbered from 1 with their times, `days` after `start`."""
    return [(step, start + timedelta(days=day)) for step, day in enumerate(days, start=1)]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a conversation goes; every number is a setting."""

    grace_seconds: float = 120.0
    reminder_days: tuple[int, ...] = (5, 12)
    follow_up_days: tuple[int, ...] = (30, 90, 180)
    answer_days: int = 21
    link_days: int = 60
