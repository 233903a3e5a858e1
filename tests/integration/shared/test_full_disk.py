"""A disk that fills up, a log torn off at its end: nothing damaged, nothing lost that was told."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.bus import Record, TopicSpec, connect
from shared.sqlite import module
from shared.storage import Database

pytestmark = pytest.mark.timeout(900)

_ROOT = Path(__file__).parents[3]
# A mount of one's own, which goes with the process; who is not root becomes it in a namespace.
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
ROWS = 5
WAL_HEADER_BYTES, FRAME_BYTES = 32, 24 + 4_096


def test_a_full_disk_refuses_writes_clearly_and_goes_on_reading(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    program = [sys.executable, "-m", "tests.integration.shared.full_disk_process", str(disk)]
    ended = subprocess.run([*UNSHARE, *program], cwd=_ROOT, capture_output=True, check=False)
    errors = ended.stderr.decode()[-4_000:]
    assert ended.returncode == 0, (
        "This test mounts a file system of its own (tmpfs): run it as root, or allow user "
        f"namespaces (`sysctl kernel.unprivileged_userns_clone=1`).\n{errors}"
    )
    seen = json.loads(ended.stdout.splitlines()[-1])
    for status, problem, headers in seen["refusals"]:
        assert (status, problem["code"]) == (507, "storage_full"), problem
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Retry-After"]) > 0
    assert set(seen["reads"]) == {200}
    assert seen["ready"] == 200
    assert seen["counted"] >= len(seen["refusals"])
    assert seen["first_write_afterwards"] == 201
    assert (seen["missing"], seen["not_on_the_bus"]) == ([], [])
    assert seen["integrity"] == ["ok", "ok"]


def write_database(path: Path, until_durable: Callable[[], None]) -> None:
    database = Database(f"sqlite:///{path}", service="x")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE rows (n INTEGER)"))
    for number in range(ROWS):
        with database.write() as connection:
            connection.execute(text("INSERT INTO rows VALUES (:n)"), {"n": number})
    until_durable()
    database.close()


def write_log(path: Path, until_durable: Callable[[], None]) -> None:
    bus = connect(f"embedded:///{path}")
    bus.admin().ensure_topics([TopicSpec("topic", 1, compacted=False)])
    publisher = bus.publisher("sender")
    for number in range(ROWS):
        publisher.publish([Record("topic", b"key", b"%d" % number)])
    until_durable()
    bus.close()


@pytest.mark.parametrize(
    ("write", "query", "step"),
    [
        (write_database, "SELECT count(*) FROM rows", 1),
        (write_log, "SELECT count(*) FROM records", 8),  # a larger file; the same code below it
    ],
    ids=["database", "log"],
)
def test_torn_off_at_any_byte_of_its_end_it_opens_without_the_last_change_only(
    write: Callable[[Path, Callable[[], None]], None], query: str, step: int, tmp_path: Path
) -> None:
    path, kept = tmp_path / "x.db", tmp_path / "kept"
    kept.mkdir()

    def copy() -> None:
        """As the power cut leaves it, before anything is tidied."""
        for name in ("x.db", "x.db-wal"):
            shutil.copy(tmp_path / name, kept / name)

    write(path, copy)
    database, wal = (kept / "x.db").read_bytes(), (kept / "x.db-wal").read_bytes()
    assert (len(wal) - WAL_HEADER_BYTES) % FRAME_BYTES == 0
    torn = tmp_path / "torn.db"
    for length in range(len(wal) - FRAME_BYTES, len(wal) + 1, step):
        expected = ROWS if length == len(wal) else ROWS - 1
        assert opened(torn, database, wal[:length], query) == ("ok", expected), length


def opened(path: Path, database: bytes, wal: bytes, query: str) -> tuple[str, int]:
    """What SQLite makes of these two files: whether they are whole, and how many rows there are."""
    path.write_bytes(database)
    path.with_name(f"{path.name}-wal").write_bytes(wal)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    connection = module().connect(str(path))
    try:
        connection.execute("PRAGMA synchronous=OFF")  # it is thrown away at once
        (count,) = connection.execute(query).fetchone()
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
    finally:
        connection.close()
    return str(whole), int(count)
