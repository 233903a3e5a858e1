"""Every listing as a web process keeps it, refreshed by change number when a page asks.

Counting five thousand needs by place takes milliseconds once they are in memory, and half a second
when each page reads them from the database.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from flask import current_app
from sqlalchemy import Connection

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.proposing.as_scored import capability_of, member_of, need_of
from services.matcher.scoring.market.facts import OPEN_MEMBER
from services.matcher.scoring.market.priority import Priorities
from services.matcher.store.changes import Change, changes_since
from services.matcher.store.figures import figures_number, priorities_of
from services.matcher.store.lists import served_needs

_AT_ONCE = 5_000
_HELD = "convene_coverage"


@dataclass(slots=True)
class Standing:
    """What a page counts from: open needs and offers as they are now; `served` are needs that a
    match is under way for or has answered.
    """

    needs: list[Need]
    offers: list[Capability]
    homes: dict[str, tuple[str, ...]]
    """Places by member, for listings that name none."""
    served: frozenset[str]
    priorities: Priorities


@dataclass(slots=True)
class _Known:
    up_to: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)
    capabilities: dict[str, Capability] = field(default_factory=dict)


class Held:
    """One per process; safe to ask from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = _Known()
        self._figures = -1
        self._priorities = Priorities()

    def standing(self, connection: Connection, day: date) -> Standing:
        with self._lock:
            self._refresh(connection)
            known, members = self._known, self._known.members
            open_members = {one.id for one in members.values() if one.status in OPEN_MEMBER}
            needs = [
                one
                for one in known.needs.values()
                if one.status == "published"
                and one.member_id in open_members
                and (one.by is None or one.by >= day)
            ]
            offers = [
                one
                for one in known.capabilities.values()
                if one.status == "published"
                and one.member_id in open_members
                and (one.available_until is None or one.available_until >= day)
            ]
            homes = {id_: members[id_].places for id_ in open_members}
        return Standing(needs, offers, homes, served_needs(connection), self._priorities)

    def priorities(self, connection: Connection) -> Priorities:
        """Of every district, by the figures that are imported."""
        with self._lock:
            self._read_figures(connection)
            return self._priorities

    def _refresh(self, connection: Connection) -> None:
        while True:
            changes = changes_since(connection, self._known.up_to, _AT_ONCE)
            self._take(changes.rows)
            self._known.up_to = changes.up_to
            if not changes.more:
                break
        self._read_figures(connection)

    def _read_figures(self, connection: Connection) -> None:
        number = figures_number(connection)
        if number != self._figures:
            self._priorities, self._figures = priorities_of(connection), number

    def _take(self, changes: Iterable[Change]) -> None:
        known = self._known
        for change in changes:
            match change.kind, change.state:
                case "conflicts", _:
                    continue
                case _, None:
                    for kept in (known.members, known.needs, known.capabilities):
                        kept.pop(change.id, None)
                case "member", state:
                    known.members[change.id] = member_of(state)
                case "need", state:
                    known.needs[change.id] = need_of(state)
                case _, state:
                    known.capabilities[change.id] = capability_of(state)


def held() -> Held:
    """One a process, made at the first question."""
    found: Held = current_app.extensions.setdefault(_HELD, Held())
    return found
