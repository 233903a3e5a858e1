"""Proposing costs what it writes: statements are counted, not seconds."""

from collections.abc import Callable

from sqlalchemy import event

from shared.storage import Database
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World

MOST_STATEMENTS_A_MATCH = 16


def statements_of(database: Database, act: Callable[[], None]) -> int:
    """How many statements the database was given meanwhile."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
    return len(seen)


def test_a_market_that_is_full_is_settled_before_it_is_written(store: Database) -> None:
    """Suppliers have room for a fifth of what needs would have, yet little is made in vain: nothing
    where one transaction looks at all shares, as on SQLite.
    """
    world = World(store, proposals_per_member=2)
    market(world, needs=40, suppliers=12, seed=5)
    statements = statements_of(store, world.propose)
    made = world.all()
    in_vain = len(made) - len(world.open())
    assert in_vain == 0 if store.dialect == "sqlite" else in_vain < len(world.open())
    assert len(world.open()) > 20
    assert statements < 200 + MOST_STATEMENTS_A_MATCH * (len(made) + in_vain)
    world.close()


def test_statements_grow_with_what_is_proposed(store: Database) -> None:
    """Twice the needs beside as many capabilities again: no more statements a match than before."""
    world = World(store, proposals_per_member=4)
    market(world, needs=20, suppliers=8, seed=5)
    first = statements_of(store, world.propose)
    before = len(world.all())
    world.member("harlow", sector="local_government")
    for number in range(40):
        world.member(f"late-{number}")
        world.capability(f"late-{number}-c", member_id=f"late-{number}")
        world.need(f"late-{number}-n", member_id="harlow")
    second = statements_of(store, world.propose)
    made = len(world.all()) - before
    assert made > before
    assert second / made < 1.5 * first / before
    world.close()


def test_looking_again_writes_nothing(store: Database) -> None:
    world = World(store, proposals_per_member=2)
    market(world, needs=20, suppliers=8, seed=5)
    world.propose()
    found = world.open_pairs()
    world.clock.advance(days=1)
    assert statements_of(store, world.propose) < 100
    assert world.open_pairs() == found
    world.close()
