"""Whoever approves and whoever takes in a change of the same capability wait for each other."""

import threading

import pytest
from sqlalchemy import text

from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, next_number
from services.matcher.store.reservations import lock_listings
from shared.storage import Busy, Database

pytestmark = pytest.mark.postgres
WAITS_SECONDS = 0.5


def test_an_approval_and_a_change_of_the_capability_never_deadlock(
    migrated_server: Database,
) -> None:
    """The change has its number and is about to write the row; the approval wants both."""
    with migrated_server.write() as connection:
        connection.execute(t.capabilities.delete())
        row = {"capability_id": "c1", "member_id": "m1", "status": "published"}
        connection.execute(
            t.capabilities.insert().values(**row, material_version=1, state={}, change=1)
        )
        next_number(connection, CHANGES)
    numbered, refused = threading.Event(), []

    def change() -> None:
        try:
            with migrated_server.write() as connection:
                next_number(connection, CHANGES)
                numbered.set()
                connection.execute(text("SELECT pg_sleep(:s)"), {"s": WAITS_SECONDS})
                connection.execute(t.capabilities.update().values(status="paused"))
        except Busy as error:
            refused.append(error)

    changing = threading.Thread(target=change)
    changing.start()
    assert numbered.wait(10)
    with migrated_server.write() as connection:
        lock_listings(connection, "n1", ["c1"], ["m1"])
        next_number(connection, CHANGES)
    changing.join(20)
    assert not refused
