"""The database of a service behaves alike on both stores."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData, insert, select, text

from shared.clock import ManualClock
from shared.contracts.types import CONTACT_BOUNCED, CONTACT_UNSUBSCRIBED
from shared.storage import Conflict, Database, Lease, insert_ignore, standard_tables, upsert
from shared.storage import unit_of_work as open_work

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
TABLES = standard_tables(MetaData())
DATA = {"contact_id": "c1", "member_id": "m1", "choices": ["proposals"]}


def test_a_failed_block_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(TABLES.counters).values(name="a", value=1))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as connection:
        assert connection.execute(select(TABLES.counters)).all() == []


def test_times_come_back_aware_and_equal(database: Database) -> None:
    row = {"bucket": "b", "tokens": 1.5, "refilled_at": NOW + timedelta(microseconds=7)}
    with database.write() as connection:
        connection.execute(insert(TABLES.rate_limits).values(**row))
        stored = connection.execute(select(TABLES.rate_limits)).one()
    assert stored.refilled_at == row["refilled_at"]
    assert stored.refilled_at.tzinfo is not None


def test_a_duplicate_key_is_a_conflict(database: Database) -> None:
    def write(value: int) -> None:
        with database.write() as connection:
            connection.execute(insert(TABLES.counters).values(name="a", value=value))

    write(1)
    with pytest.raises(Conflict):
        write(2)


def test_upsert_and_insert_ignore(database: Database) -> None:
    with database.write() as connection:
        assert insert_ignore(connection, TABLES.counters, {"name": "a", "value": 1}) == 1
        assert insert_ignore(connection, TABLES.counters, {"name": "a", "value": 2}) == 0
        upsert(connection, TABLES.counters, {"name": "a", "value": 3}, key=("name",))
        assert connection.execute(select(TABLES.counters.c.value)).scalar_one() == 3


def test_sequences_rise_by_one_under_concurrent_writers(database: Database) -> None:
    clock = ManualClock(NOW)

    def write() -> None:
        for _ in range(20):
            with open_work(database, source="/notifier", clock=clock) as work:
                work.publish(CONTACT_UNSUBSCRIBED, "c1", DATA)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        rows = connection.execute(select(TABLES.outbox).order_by(TABLES.outbox.c.position)).all()
    sequences = [int(dict(row.headers)["ce_sequence"]) for row in rows]
    assert sequences == list(range(1, 81))


def test_an_event_carries_its_cause(database: Database) -> None:
    clock = ManualClock(NOW)
    with open_work(database, source="/notifier", clock=clock) as work:
        first = work.publish(CONTACT_UNSUBSCRIBED, "c1", DATA)
    with open_work(database, source="/notifier", clock=clock, cause=first) as work:
        bounced = {"contact_id": "c1", "member_id": "m1", "code": "mailbox_unknown"}
        second = work.publish(CONTACT_BOUNCED, "c1", bounced)
    assert first.correlation_id == first.id
    assert second.causation_id == first.id
    assert second.correlation_id == first.correlation_id
    assert second.sequence == 2


def test_a_lease_has_one_holder(database: Database) -> None:
    other = Database(database.url, service="registry")
    ours, theirs = Lease(database, "relay"), Lease(other, "relay")
    assert ours.acquire()
    assert ours.acquire()
    assert not theirs.acquire()
    ours.release()
    assert theirs.acquire()
    theirs.release()
    other.close()


def test_waiting_ends_when_another_connection_commits(database: Database) -> None:
    other = Database(database.url, service="registry")
    assert not database.wait_for_change(0.0)
    woken: list[bool] = []
    thread = threading.Thread(target=lambda: woken.append(database.wait_for_change(10.0)))
    thread.start()
    deadline = threading.Event()
    while not woken and not deadline.wait(0.02):
        with open_work(other, source="/notifier", clock=ManualClock(NOW)) as work:
            work.publish(CONTACT_UNSUBSCRIBED, "c1", DATA)
        if not thread.is_alive():
            break
    thread.join()
    other.close()
    assert woken == [True]


def test_sqlite_is_durable_and_free_of_the_checkpoint_bug(database: Database) -> None:
    if database.dialect == "postgresql":
        with database.read() as connection:
            assert connection.execute(text("show timezone")).scalar_one() == "UTC"
        return
    with database.read() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1
        version = connection.execute(text("select sqlite_version()")).scalar_one()
    assert tuple(int(part) for part in version.split(".")) >= (3, 51, 3)


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.write() as connection:
        upsert(connection, TABLES.counters, {"name": "a", "value": 1}, key=("name",))
    query = select(TABLES.counters.c.value)
    with database.read() as reading:
        assert reading.execute(query).scalar_one() == 1
        with database.write() as writing:
            upsert(writing, TABLES.counters, {"name": "a", "value": 2}, key=("name",))
        assert reading.execute(query).scalar_one() == 1
    with database.read() as reading:
        assert reading.execute(query).scalar_one() == 2
