"""A backup and its way back: hot, the same in both stores, and checked before anything is lost."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, delete, insert, select

from services.registry.wiring import MIGRATIONS
from shared import failpoints
from shared.ids import new_id
from shared.storage import Database, unit_of_work
from shared.storage.archive import (
    BackupUnusable,
    Manifest,
    TargetInUse,
    restore_archive,
    write_archive,
)
from shared.storage.migrations import UnknownRevision, migrate
from shared.storage.portable import NotPortable
from shared.storage.tables import standard_tables
from shared.storage.unfinished import RestoreUnfinished, check_finished, mark_finished
from shared.storage.users import InUse
from tests.servers.postgres import PostgresDatabases

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CLOCK_WORDS = {"words": "naïve “quotes”\n\t\\", "of": [1.0, 1e20, 0.1, None, True]}
MakeDatabase = Callable[[str], Database]
T = standard_tables(MetaData())


class Still:
    """A clock for the audit lines."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture
def make_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeDatabase]:
    """A database of the registry on the store that is named, not migrated yet."""
    made: list[Database] = []

    def make(store: str) -> Database:
        name = "a" + new_id().replace("-", "")
        url = f"sqlite:///{tmp_path / name}.db"
        if store == "postgresql":
            server: PostgresDatabases = request.getfixturevalue("postgres_server")
            url = server.create_database(name)
        made.append(Database(url, service="registry"))
        return made[-1]

    yield make
    for database in made:
        database.close()


def add_line(database: Database, subject: str) -> None:
    with unit_of_work(database, source="/registry", clock=Still()) as work:
        work.audit("tested", subject, CLOCK_WORDS)


def filled(database: Database) -> Database:
    """With a value of every kind, and words that are hard to carry."""
    migrate(database, MIGRATIONS)
    for number in range(3):
        add_line(database, f"s{number}")
    row = {
        "event_id": "e1",
        "topic": "t",
        "key": b"\x00\xff",
        "value": None,
        "headers": [["a", "b"]],
    }
    with database.write() as connection:
        connection.execute(insert(T.outbox).values(**row, created_at=NOW, published_at=NOW))
        connection.execute(insert(T.rate_limits).values(bucket="b", tokens=0.1, refilled_at=NOW))
    return database


def back_up(database: Database, folder: Path) -> Manifest:
    with database.read() as connection:
        return write_archive(connection, "registry", folder, NOW)


def digests(manifest: Manifest) -> dict[str, str]:
    return {name: one.digest for name, one in manifest.tables.items() if name != "counters"}


def rows(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(T.audit)).all())


@pytest.mark.postgres
def test_through_both_stores_and_back_nothing_changes(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    first = filled(make_database("sqlite"))
    given = back_up(first, tmp_path / "one")
    add_line(first, "after the backup")
    large, small = make_database("postgresql"), make_database("sqlite")
    restore_archive(large, MIGRATIONS, tmp_path / "one", replace=False)
    between = back_up(large, tmp_path / "two")
    restore_archive(small, MIGRATIONS, tmp_path / "two", replace=False)
    after = back_up(small, tmp_path / "three")
    assert digests(given) == digests(between) == digests(after)
    assert (given.rows, rows(small), rows(first)) == (after.rows - 1, 3, 4)  # the mark is a row
    add_line(large, "numbers go on above those that came")
    assert rows(large) == 4
    with pytest.raises(RestoreUnfinished, match="finish-restore"):
        check_finished(small)
    mark_finished(small)
    check_finished(small)


def test_a_backup_is_of_one_moment(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = filled(make_database("sqlite"))
    with database.read() as connection:
        before = connection.execute(select(T.audit.c.hash)).all()
        add_line(database, "while it is written")
        manifest = write_archive(connection, "registry", tmp_path / "backup", NOW)
    assert manifest.tables["audit"].rows == len(before) == 3


@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_nothing_is_replaced_unasked_or_under_a_process(
    make_database: MakeDatabase, tmp_path: Path, store: str
) -> None:
    source, target = filled(make_database("sqlite")), filled(make_database(store))
    back_up(source, tmp_path / "backup")
    add_line(target, "lost when asked")
    with pytest.raises(TargetInUse, match="--replace"):
        restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=False)
    assert rows(target) == 4
    other = Database(target.url, service="registry")
    assert rows(other) == 4
    with pytest.raises(InUse, match="stop its web process"):
        restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=True)
    other.close()
    restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=True)
    assert rows(target) == 3


def test_a_damaged_backup_is_refused_before_anything_is_lost(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = filled(make_database("sqlite"))
    folder = tmp_path / "backup"
    back_up(database, folder)
    with gzip.open(folder / "audit.jsonl.gz", "at") as file:
        file.write("[]\n")
    with pytest.raises(BackupUnusable, match=r"audit\.jsonl\.gz is missing or damaged"):
        restore_archive(database, MIGRATIONS, folder, replace=True)
    assert rows(database) == 3
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(BackupUnusable, match="format 9"):
        restore_archive(database, MIGRATIONS, folder, replace=True)
    manifest.unlink()
    with pytest.raises(BackupUnusable, match="no manifest"):
        restore_archive(database, MIGRATIONS, folder, replace=True)


def test_an_older_schema_is_migrated_and_a_newer_one_refused(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    old, target = make_database("sqlite"), make_database("sqlite")
    migrate(old, MIGRATIONS, "0001")
    add_line(old, "of last year")
    manifest = back_up(old, tmp_path / "old")
    assert manifest.schema == "0001"
    restore_archive(target, MIGRATIONS, tmp_path / "old", replace=False)
    assert back_up(target, tmp_path / "new").schema != "0001"
    assert rows(target) == 1
    path = tmp_path / "new" / "manifest.json"
    text = path.read_text()
    newest = text[text.index('"schema"') :].split('"')[3]
    path.write_text(text.replace(f'"schema": "{newest}"', '"schema": "9999"'))
    with pytest.raises(UnknownRevision, match="newer than this program"):
        restore_archive(target, MIGRATIONS, tmp_path / "new", replace=True)


@pytest.mark.postgres
def test_a_value_that_the_other_store_cannot_hold_is_named(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    source, target = filled(make_database("sqlite")), make_database("postgresql")
    with source.write() as connection:
        connection.execute(delete(T.rate_limits))
        connection.execute(insert(T.rate_limits).values(bucket="a\0b", tokens=1, refilled_at=NOW))
    back_up(source, tmp_path / "backup")
    with pytest.raises(NotPortable, match=r"rate_limits does not fit: PostgreSQL keeps no text"):
        restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=False)
    with target.read() as connection:
        assert connection.execute(select(T.audit)).all() == []


@pytest.mark.parametrize("place", ["clearing", "cleared", "loading", "loaded"])
def test_an_interrupted_restore_is_begun_again(
    make_database: MakeDatabase, tmp_path: Path, place: str
) -> None:
    source, target = filled(make_database("sqlite")), filled(make_database("sqlite"))
    given = back_up(source, tmp_path / "backup")
    add_line(target, "lost when asked")
    failpoints.arm(f"restore.{place}:raise")
    with pytest.raises(failpoints.Interrupted):
        restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=True)
    failpoints.disarm()
    if place == "loaded":
        with pytest.raises(RestoreUnfinished):
            check_finished(target)
    restore_archive(target, MIGRATIONS, tmp_path / "backup", replace=True)
    assert digests(back_up(target, tmp_path / "after")) == digests(given)
