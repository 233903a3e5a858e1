"""Where the time comes from. Everything that depends on the date asks a Clock, so tests can drive it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until told to move."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start {start!r} has no time zone; use datetime(..., tzinfo=UTC)")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float = 0.0, days: float = 0.0) -> datetime:
        self._now += timedelta(seconds=seconds, days=days)
        return self._now


def utc(value: datetime) -> datetime:
    """`value` in UTC; a naive one is refused, because guessing its zone loses an hour twice a year."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; give an aware datetime")
    return value.astimezone(UTC)


class ShiftedClock:
    """The system's time plus the seconds written in a file, so that a rehearsal with real
    processes can let days pass. A missing or unreadable file means no shift.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        try:
            shift_seconds = float(self._path.read_text())
        except (OSError, ValueError):
            shift_seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=shift_seconds)
