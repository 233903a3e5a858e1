"""Needs and capabilities that come, change and go; two coordinators after the same last unit. In the
end everything the matcher proposes is what a new one proposes from the last states alone.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.domain.errors import NotAllowed
from services.matcher.domain.matches import Match
from services.matcher.store import tables as t
from shared.storage import Database
from tests.faults.history import Asked, Effect, History, Kept, Known
from tests.integration.matcher.world import World
from tests.servers.migrated import migrated_file

PROPOSED = "open proposal"
_KINDS = {"member": t.members, "capability": t.capabilities, "need": t.needs}


def matching(folder: Path) -> History:
    empty = migrated_file(folder, "matcher")
    live, anew = (_world(empty, folder / f"{name}.db") for name in ("live", "anew"))
    history = History()
    try:
        _live(live)
        _from_the_beginning(anew, live)
        _at_rest(history, live, anew)
    finally:
        for world in (live, anew):
            world.close()
            world.database.close()
    return history


def _world(empty: Path, path: Path) -> World:
    shutil.copy(empty, path)
    return World(Database(f"sqlite:///{path}", service="matcher"))


def _live(world: World) -> None:
    world.story()
    world.need("second")
    world.capability("other-words")
    world.propose()
    for match in [match for match in world.open() if match.capability_set == "first-words"]:
        with suppress(NotAllowed):
            world.approve(match.match_id)
    world.capability("late", capacity={"amount": 5})
    world.need("third")
    world.propose()
    world.capability("late", "capability.changed", goals=[13], description="Heat pumps for homes")
    world.propose()
    world.capability("other-words", "capability.paused", status="paused")
    world.propose()
    # The same, told once more under a new number, changes nothing.
    world.need("third", "need.confirmed", version=world.states["third"]["version"])
    world.propose()


def _from_the_beginning(anew: World, live: World) -> None:
    """Told only how things stand; what was approved meanwhile is taken over as it is."""
    for id_, state in live.states.items():
        kind = _kind(state)
        word = "member.registered" if kind == "member" else f"{kind}.published"
        anew._tell_state(word, id_, dict(state), {})
    for match in live.open():
        if match.state != "proposed":
            _approve_there(anew, match.need_id, match.capability_set)
    anew.propose()


def _approve_there(anew: World, need_id: str, capabilities: str) -> None:
    anew.propose()
    for match in anew.open():
        same = (match.need_id, match.capability_set) == (need_id, capabilities)
        if same and match.state == "proposed":
            with suppress(NotAllowed):
                anew.approve(match.match_id)


def _kind(state: dict[str, Any]) -> str:
    return next(kind for kind in ("need", "capability", "member") if f"{kind}_id" in state)


def _at_rest(history: History, live: World, anew: World) -> None:
    for id_, state in live.states.items():
        history.note(Asked(id_, _kind(state), id_), Kept(_kind(state), id_, state["version"]))
    with live.database.read() as connection:
        _note_tables(history, connection)
    history.note(*(Kept(PROPOSED, _pair(match)) for match in anew.open() if _waits(match)))
    history.note(*(Known("matcher", PROPOSED, _pair(m)) for m in live.open() if _waits(m)))
    history.note(Known("matcher", PROPOSED, "none", 0))
    history.note(*(Effect("open match", _pair(match)) for match in live.open()))


def _note_tables(history: History, connection: Connection) -> None:
    for kind, table in _KINDS.items():
        id_column = table.c[f"{kind}_id"]
        for id_, state in connection.execute(select(id_column, table.c.state).order_by(id_column)):
            history.note(Known("matcher", kind, id_, state["version"]))
    held = select(t.reservations).where(
        t.reservations.c.status.in_(["reserved", "spent"]),
        t.reservations.c.kind == "capacity",
        t.reservations.c.key == "first-words",
    )
    for row in connection.execute(held):
        history.note(*[Effect("the only unit of", row.key)] * row.amount)


def _pair(match: Match) -> str:
    return f"{match.need_id} + {match.capability_set}"


def _waits(match: Match) -> bool:
    return match.state == "proposed"
