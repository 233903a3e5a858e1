"""Whether mail that nobody waits for may leave at this moment, by the coalition's calendar.

The matcher keeps the quiet periods, because they stop its clocks too. While it cannot be asked
such mail waits: a question that goes out in a quiet period cannot be taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.notifier.domain.calendar import (
    QUIETED,
    OfficeHours,
    QuietPeriod,
    nations_of,
    quiet_until,
)
from services.notifier.domain.messages import AT_ONCE, Kind, Message
from services.notifier.store.ledger import shift_due
from services.notifier.store.records import load_match
from shared.clock import Clock
from shared.storage import Work

_FRESH = timedelta(seconds=60)


class QuietSource(Protocol):
    """Who knows the quiet periods; raises `ServiceUnavailable` when it does not answer."""

    def quiet_periods(self) -> list[QuietPeriod]: ...


class Members(Protocol):
    """What the registry holds of a member: here where it is."""

    def member(self, member_id: str) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Wake:
    """When to look again; `quiet` when a quiet period is why."""

    at: datetime
    quiet: bool


class Calendar:
    """Office hours from the settings, quiet periods as they were a minute ago at most."""

    def __init__(
        self, source: QuietSource, members: Members, hours: OfficeHours | None, clock: Clock
    ) -> None:
        self._source = source
        self._members = members
        self._hours = hours
        self._clock = clock
        self._periods: list[QuietPeriod] = []
        self._asked_at: datetime | None = None

    def waits_until(self, message: Message, places: Sequence[str] | None) -> Wake | None:
        """None when it may leave now. `places` are the match's; None asks for the member's."""
        now = self._clock.now()
        if message.kind in AT_ONCE:
            return None
        if message.kind in QUIETED and (periods := self._known(now)):
            if places is None:
                held = self._members.member(message.member_id)
                places = [str(place) for place in held.get("places") or ()]
            quiet = quiet_until(now, nations_of(places), periods)
            if quiet is not None:
                return Wake(quiet, quiet=True)
        opens = self._hours.opens_after(now) if self._hours else None
        return None if opens is None else Wake(opens, quiet=False)

    def _known(self, now: datetime) -> list[QuietPeriod]:
        if self._asked_at is None or not self._asked_at <= now < self._asked_at + _FRESH:
            self._periods = self._source.quiet_periods()
            self._asked_at = now
        return self._periods


def places_of(work: Work, message: Message) -> Sequence[str] | None:
    """Where the match of a message is to happen; None for mail about a member."""
    if message.match_id is None:
        return None
    stored = load_match(work.connection, message.match_id)
    return [] if stored is None else [str(p) for p in stored.match.need.get("places") or ()]


def move_along(work: Work, message: Message, wake: Wake) -> None:
    """The later reminders keep their distance from one that a quiet period put off."""
    if wake.quiet and message.kind is Kind.REMINDER and message.match_id is not None:
        seconds = (wake.at - message.due_at).total_seconds()
        shift_due(work.connection, message.match_id, seconds, (Kind.REMINDER,))
