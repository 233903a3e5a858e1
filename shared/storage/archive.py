"""A service's database as a folder of files, and back; hot, and the same for both stores.

One file of JSON lines per table, all of one moment, and a manifest that says what must be in them.
It is written beside its name and renamed at the end: a folder with a manifest is whole.
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, select

from shared import failpoints
from shared.storage.database import Database
from shared.storage.errors import StorageError
from shared.storage.leases import Lease
from shared.storage.migrations import UnknownRevision, knows_revision, migrate, reached
from shared.storage.portable import (
    ROWS_AT_ONCE,
    Digest,
    Row,
    Shape,
    digest_of,
    drop_tables,
    empty_tables,
    raise_serials,
    read_rows,
    shapes_of,
    write_rows,
)
from shared.storage.tables import standard_tables
from shared.storage.unfinished import mark_unfinished
from shared.storage.users import check_unused

FORMAT = 1
MANIFEST = "manifest.json"
_standard = standard_tables(MetaData())


class BackupUnusable(StorageError):
    """The backup cannot be restored as it is."""


class TargetInUse(StorageError):
    """The database holds something: name an empty one, or say --replace."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """What one file must hold; `digest` is of its rows, `sha256` of its bytes."""

    rows: int
    digest: str
    sha256: str
    kinds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the folder holds. `positions` is how far the service had read, by topic/partition."""

    format: int
    service: str
    made_at: str
    store: str
    schema: str
    tables: Mapping[str, TableFile]
    positions: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def write_archive(connection: Connection, service: str, folder: Path, now: datetime) -> Manifest:
    """Everything `connection` sees, which must be one moment (`Database.read`)."""
    if folder.exists():
        raise BackupUnusable(f"{folder} exists already; name a folder that does not")
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    schema = reached(connection)
    if schema is None:
        raise BackupUnusable(f"the database of the {service} was never set up: nothing to keep")
    tables = {
        shape.name: _write_table(connection, shape, unfinished) for shape in shapes_of(connection)
    }
    manifest = Manifest(
        format=FORMAT,
        service=service,
        made_at=now.isoformat(),
        store=connection.dialect.name,
        schema=schema,
        tables=tables,
        positions=_positions(connection),
    )
    written = json.dumps(asdict(manifest), indent=1)
    (unfinished / MANIFEST).write_text(written, encoding="utf-8")
    unfinished.rename(folder)
    return manifest


def read_manifest(folder: Path, service: str) -> Manifest:
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        said["tables"] = {name: TableFile(**one) for name, one in said["tables"].items()}
        manifest = Manifest(**said)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupUnusable(
            f"{folder} has no manifest that can be read ({type(error).__name__}); is it a backup?"
        ) from error
    if manifest.format != FORMAT or manifest.service != service:
        raise BackupUnusable(
            f"{folder} is format {manifest.format} of the {manifest.service}; "
            f"wanted is format {FORMAT} of the {service}"
        )
    return manifest


def check_archive(folder: Path, manifest: Manifest) -> None:
    """Read every file; raises BackupUnusable naming the first that is not as it was written."""
    for name, expected in manifest.tables.items():
        path = _file(folder, name)
        if not path.exists() or _sha256(path) != expected.sha256:
            raise BackupUnusable(f"{path} is missing or damaged; take an older backup")


def restore_archive(
    database: Database, migrations: str, folder: Path, *, replace: bool
) -> Manifest:
    """Put the database where it stood; no process may use it.

    The schema comes up as it was then and is migrated afterwards, so an older backup fits a newer
    program. What was loaded is read back and compared before anything is committed.

    Raises BackupUnusable, TargetInUse, or InUse where a process is connected.
    """
    manifest = read_manifest(folder, database.service)
    check_archive(folder, manifest)
    if not knows_revision(migrations, manifest.schema):
        raise UnknownRevision(
            f"the backup's schema {manifest.schema} is newer than this program: "
            "restore with the version that made it"
        )
    check_unused(database)
    lease = Lease(database, "relay")
    if not lease.acquire():
        raise TargetInUse("a worker holds the relay's lease: stop the processes first")
    try:
        _clear(database, replace=replace)
        migrate(database, migrations, manifest.schema)
        with database.write() as connection:
            load_tables(connection, manifest.tables, lambda shape: _read_table(folder, shape))
            mark_unfinished(connection)
            failpoints.reach("restore.loading")
        failpoints.reach("restore.loaded")
        migrate(database, migrations)
    finally:
        lease.release()
    return manifest


def load_tables(
    connection: Connection,
    expected: Mapping[str, TableFile],
    rows_of: Callable[[Shape], Iterator[Sequence[Row]]],
) -> None:
    """Fill the tables of a freshly migrated database and prove that they hold what was given."""
    shapes = shapes_of(connection)
    here = {shape.name: set(shape.columns) for shape in shapes}
    there = {name: set(table.kinds) for name, table in expected.items()}
    if here != there:
        names = sorted(name for name in here | there if here.get(name) != there.get(name))
        raise BackupUnusable(f"these tables differ from the program's: {', '.join(names)}")
    empty_tables(connection, shapes)
    for shape in shapes:
        ordered = Shape(shape.name, {n: shape.kinds[n] for n in expected[shape.name].kinds})
        write_rows(connection, ordered, rows_of(ordered))
        found, wanted = digest_of(connection, ordered), expected[shape.name]
        if (found.rows, found.value()) != (wanted.rows, wanted.digest):
            raise BackupUnusable(
                f"{shape.name} came out with {found.rows} rows that differ from the "
                f"{wanted.rows} given; nothing was kept"
            )
    raise_serials(connection)


def describe_tables(connection: Connection) -> dict[str, TableFile]:
    """As a manifest has them, for a copy without files."""
    found = {}
    for shape in shapes_of(connection):
        digest = digest_of(connection, shape)
        found[shape.name] = TableFile(digest.rows, digest.value(), "", shape.kinds)
    return found


def ever_used(connection: Connection) -> bool:
    """Whether anything ever happened here; what `setup` writes does not count."""
    if reached(connection) is None:
        return bool(shapes_of(connection))
    return any(
        connection.execute(select(one).limit(1)).first() is not None
        for one in (_standard.audit, _standard.sequences, _standard.positions)
    )


def _clear(database: Database, *, replace: bool) -> None:
    with database.write() as connection:
        if ever_used(connection) and not replace:
            raise TargetInUse(
                f"the database of the {database.service} is not empty; restore into an empty one, "
                "or say --replace to lose what it holds"
            )
        drop_tables(connection)
        failpoints.reach("restore.clearing")
    failpoints.reach("restore.cleared")


def _positions(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(_standard.positions))
    return {f"{row.consumer_group} {row.topic}/{row.partition}": row.next_offset for row in rows}


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.jsonl.gz"


def _write_table(connection: Connection, shape: Shape, folder: Path) -> TableFile:
    digest, path = Digest(shape), _file(folder, shape.name)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for rows in read_rows(connection, shape):
            digest.add(rows)
            lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
            file.writelines(f"{line}\n" for line in lines)
    path.chmod(0o600)
    return TableFile(digest.rows, digest.value(), _sha256(path), shape.kinds)


def _read_table(folder: Path, shape: Shape) -> Iterator[list[Row]]:
    with gzip.open(_file(folder, shape.name), "rt", encoding="utf-8") as file:
        rows: list[Any] = []
        for line in file:
            rows.append(json.loads(line))
            if len(rows) == ROWS_AT_ONCE:
                yield rows
                rows = []
        yield rows


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
