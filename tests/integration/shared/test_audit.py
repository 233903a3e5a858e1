"""The audit chain: whole under concurrent writers, and whoever touches a line is found out."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from shared.clock import ManualClock
from shared.storage import Conflict, Database, standard_tables, unit_of_work
from shared.storage.audit import HEAD_LOST, Head, Verdict, lines, verify
from shared.storage.audit_command import audit_command
from shared.storage.migrations import make_audit_append_only

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
TABLES = standard_tables(MetaData())
LINES, HEAD = TABLES.audit, TABLES.audit_head
COUNT = 12


def write_lines(database: Database, count: int = COUNT, actor: str = "k1") -> None:
    clock = ManualClock(NOW)
    for number in range(count):
        with unit_of_work(database, source="/registry", clock=clock, actor=actor) as work:
            details = {"fields": ["name"], "of": number, "text": "é \x1f", "none": None}
            work.audit("member.changed", f"m{number}\x1f", details)


def verdict(database: Database, noted: Head | None = None) -> Verdict:
    with database.read() as connection:
        return verify(connection, noted)


class _Undone(Exception):
    pass


@contextmanager
def tampered(database: Database) -> Iterator[Connection]:
    """A connection whose changes are taken back at the end."""
    with suppress(_Undone), database.write() as connection:
        yield connection
        raise _Undone


def test_writers_at_once_keep_one_chain(database: Database) -> None:
    others = [Database(database.url, service="registry") for _ in range(4)]
    threads = [
        threading.Thread(target=write_lines, args=(one, 15, f"k{number}"))
        for number, one in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verdict(database)
    assert (found.faults, found.head.lines) == ((), 60)
    for one in others:
        one.close()


def _change(number: int, name: str, value: object) -> Callable[[Connection], None]:
    def touch(connection: Connection) -> None:
        connection.execute(update(LINES).where(LINES.c.position == number).values({name: value}))

    return touch


def _swap(one: int, other: int) -> Callable[[Connection], None]:
    """The two lines in each other's place, everything else as it was."""

    def touch(connection: Connection) -> None:
        for before, after in ((one, -1), (other, one), (-1, other)):
            where = LINES.c.position == before
            connection.execute(update(LINES).where(where).values(position=after))

    return touch


def _remove(numbers: set[int]) -> Callable[[Connection], None]:
    def touch(connection: Connection) -> None:
        connection.execute(delete(LINES).where(LINES.c.position.in_(numbers)))

    return touch


def _repeat(number: int) -> Callable[[Connection], None]:
    def touch(connection: Connection) -> None:
        row = dict(
            connection.execute(select(LINES).where(LINES.c.position == number)).mappings().one()
        )
        connection.execute(insert(LINES).values({**row, "position": COUNT + 1}))

    return touch


positions = st.integers(1, COUNT)
texts = st.text("abcmk0123\x1f ", min_size=0, max_size=6)
changes = st.one_of(
    st.tuples(st.sampled_from(["actor", "action", "subject"]), texts),
    st.tuples(st.just("at"), st.integers(1, 10**6).map(lambda n: NOW + timedelta(microseconds=n))),
    st.tuples(st.just("details"), st.dictionaries(texts, st.integers() | st.none() | texts)),
    st.tuples(st.sampled_from(["hash", "previous_hash"]), st.text("0123456789abcdef", max_size=64)),
)
touches = st.one_of(
    st.builds(lambda number, change: _change(number, *change), positions, changes),
    st.builds(_swap, positions, positions),
    st.sets(positions, min_size=1).map(_remove),
    positions.map(_repeat),
)


@dataclass(frozen=True, slots=True)
class _Picture:
    rows: list[Any]


def _picture(connection: Connection) -> _Picture:
    return _Picture(list(connection.execute(select(LINES).order_by(LINES.c.position))))


def test_a_line_that_was_touched_moved_or_taken_is_found(database: Database) -> None:
    write_lines(database)
    assert verdict(database).faults == ()

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(touches)
    def check(touch: Callable[[Connection], None]) -> None:
        with tampered(database) as connection:
            before = _picture(connection)
            touch(connection)
            same = _picture(connection) == before
            assert (verify(connection).faults == ()) is same

    check()


def test_a_chain_made_anew_is_known_by_a_head_that_was_noted(database: Database) -> None:
    write_lines(database)
    noted = verdict(database).head
    write_lines(database, 3)
    assert verdict(database, noted).faults == ()
    with database.write() as connection:
        connection.execute(delete(LINES))
        connection.execute(delete(HEAD))
    write_lines(database, COUNT + 3, actor="somebody else")
    assert verdict(database).faults == ()
    assert verdict(database, noted).faults != ()


def test_a_head_that_was_taken_away_is_told_by_the_chain_itself(database: Database) -> None:
    write_lines(database, 2)
    with database.write() as connection:
        connection.execute(delete(HEAD))
    assert verdict(database).faults == ("the head is missing",)
    write_lines(database, 1)
    with database.read() as connection:
        assert [row["action"] for row in lines(connection, action=HEAD_LOST)] == [HEAD_LOST]
    assert len(verdict(database).faults) == 1


class _Op:
    """What a migration is handed, as far as this one asks."""

    def __init__(self, connection: Connection) -> None:
        self.get_bind = lambda: connection


def test_the_database_itself_refuses_to_change_or_delete_a_line(database: Database) -> None:
    write_lines(database, 2)
    with database.write() as connection:
        connection.execute(delete(HEAD))  # as a database from before there was a head
        make_audit_append_only(_Op(connection))
    write_lines(database, 1)
    assert verdict(database).faults == ()
    for statement in (update(LINES).values(actor="x"), delete(LINES)):
        with pytest.raises((DBAPIError, Conflict)), database.write() as connection:
            connection.execute(statement)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(LINES)).scalar() == 3


def test_the_command_lists_and_verifies(database: Database) -> None:
    write_lines(database, 2)
    command = audit_command("registry", lambda: Database(database.url, service="registry"))
    run = CliRunner().invoke
    listed = run(command, ["list", "--subject", "m1�", "--actor", "k1"])
    assert listed.output.count("\n") == 1
    assert "member.changed" in listed.output
    said = run(command, ["verify"])
    assert said.exit_code == 0
    head = said.output.split()[-1]
    assert run(command, ["verify", "--noted", head]).exit_code == 0
    assert run(command, ["verify", "--noted", f"2:{'0' * 64}"]).exit_code == 1
    assert run(command, ["verify", "--noted", "2"]).exit_code == 2
    with database.write() as connection:
        connection.execute(update(LINES).where(LINES.c.position == 1).values(actor="x"))
    broken = run(command, ["verify"])
    assert broken.exit_code == 1
    assert "line 1 is not as it was written" in broken.output
