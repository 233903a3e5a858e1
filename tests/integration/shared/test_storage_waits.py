"""Who waits for whom in a database, and who is woken."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.clock import ManualClock
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.messaging.failures import is_transient
from shared.storage import Busy, Database, unit_of_work
from tests.integration.shared.world import NOW

DATA = {"contact_id": "c1", "member_id": "m1", "choices": ["proposals"]}


def test_a_transaction_inside_another_is_refused_at_once(database: Database) -> None:
    def nest() -> None:
        with database.write() as connection:
            connection.execute(text("SELECT 1"))
            with database.write():
                pass

    started = time.monotonic()
    with pytest.raises(RuntimeError, match="inside"):
        nest()
    assert time.monotonic() - started < 2.0
    with database.write() as connection:  # and the next one is free to begin
        connection.execute(text("SELECT 1"))


def test_a_writer_gets_in_beside_a_process_that_writes_without_a_pause(tmp_path: Path) -> None:
    """A worker that catches up must not make the web answer 503."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    busy, other = Database(url, service="x"), Database(url, service="x")
    with busy.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    stop = threading.Event()

    def without_pause() -> None:
        while not stop.is_set():
            with busy.write() as connection:
                connection.execute(text("INSERT INTO t VALUES (1)"))
                time.sleep(0.02)

    thread = threading.Thread(target=without_pause)
    thread.start()
    waits = []
    try:
        for _ in range(5):
            started = time.monotonic()
            with other.write() as connection:
                connection.execute(text("INSERT INTO t VALUES (2)"))
            waits.append(time.monotonic() - started)
    finally:
        stop.set()
        thread.join()
    busy.close()
    other.close()
    assert sum(waits) < 5.0, waits


def test_every_thread_that_waits_is_woken(database: Database) -> None:
    """The relay and the imports wait for the same database; neither may take the other's call."""
    woken: dict[str, float] = {}
    ready, told = threading.Barrier(3), threading.Barrier(3)

    def wait(name: str) -> None:
        database.wait_for_change(0.0)
        while database.wait_for_change(0.2):  # what making the tables has left behind
            pass
        ready.wait()
        told.wait()
        started = time.monotonic()
        if database.wait_for_change(5.0):
            woken[name] = time.monotonic() - started

    threads = [threading.Thread(target=wait, args=(name,)) for name in ("relay", "imports")]
    for thread in threads:
        thread.start()
    ready.wait()
    with unit_of_work(database, source="/notifier", clock=ManualClock(NOW)) as work:
        work.publish(CONTACT_UNSUBSCRIBED, "c1", DATA)
    told.wait()
    for thread in threads:
        thread.join()
    assert sorted(woken) == ["imports", "relay"]
    assert max(woken.values()) < 1.0


def fail(connection: Connection, statement: str) -> OperationalError:
    with pytest.raises(OperationalError) as raised:
        connection.execute(text(statement))
    return raised.value


def test_a_wrong_statement_is_a_bug_and_not_a_passing_fault(tmp_path: Path) -> None:
    """Tried again for ever, it would hold its partition for ever."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", service="x")
    with database.read() as connection:
        assert not is_transient(fail(connection, "SELECT * FROM nowhere"))
        # What a handler meets when a full disk has undone its transaction under its savepoint.
        assert is_transient(fail(connection, "RELEASE SAVEPOINT sa_savepoint_1"))
    database.close()


def test_a_pool_without_a_free_connection_is_a_passing_fault(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", service="x")
    assert is_transient(PoolTimeout())

    def exhausted() -> None:
        with database.read():
            raise PoolTimeout("QueuePool limit reached")

    with pytest.raises(Busy):
        exhausted()
    database.close()
