"""What only the embedded log has to prove: that one file shared by processes is a bus."""

import fcntl
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import Bus, BusSettings, BusUnavailable, TopicSpec, connect
from shared.bus.bell import Bell
from shared.bus.embedded_consumer import pack_headers, unpack_headers
from shared.bus.embedded_group import shares
from tests.contract.bus.support import a_record, receive, values

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bus.db"


@pytest.fixture
def log(path: Path) -> Iterator[Bus]:
    bus = connect(f"embedded:///{path}", BusSettings(upkeep_every_seconds=0.05))
    bus.admin().ensure_topics([TopicSpec("topic", 4, compacted=False)])
    yield bus
    bus.close()


def test_a_relative_url_is_a_file_here_and_four_slashes_make_it_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url, file in (
        ("embedded:///var/bus.db", tmp_path / "var" / "bus.db"),
        (f"embedded:///{tmp_path}/other.db", tmp_path / "other.db"),
    ):
        bus = connect(url)
        bus.admin()
        bus.close()
        assert file.exists()


@pytest.mark.parametrize("url", ["embedded://bus.db", "kafka://", "redis://x", "var/bus.db", ""])
def test_a_url_that_means_nothing_is_refused_with_its_value(url: str) -> None:
    with pytest.raises(ValueError, match="must be embedded:///"):
        connect(url)


def test_the_large_size_is_not_loaded_in_the_small_one(path: Path) -> None:
    program = (
        "import sys\nfrom shared.bus import connect\n"
        f"connect('embedded:///{path}').admin()\nassert 'kafka' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_processes_that_publish_at_the_same_time_lose_nothing(log: Bus, path: Path) -> None:
    program = (
        "import sys\nfrom shared.bus import Record, connect\n"
        f"publisher = connect('embedded:///{path}').publisher(sys.argv[1])\n"
        "for n in range(50):\n"
        "    publisher.publish([Record('topic', b'%d' % n, sys.argv[1].encode())])"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, name], cwd=ROOT) for name in "abc"]
    for writer in writers:
        assert writer.wait(60) == 0

    received = receive(log.consumer("group", ["topic"], "one"), 150)

    assert sorted(values(received)) == ["a"] * 50 + ["b"] * 50 + ["c"] * 50
    for partition in range(4):
        offsets = [each.offset for each in received if each.partition == partition]
        assert offsets == list(range(len(offsets)))


def test_a_waiting_consumer_wakes_within_milliseconds(log: Bus) -> None:
    consumer = log.consumer("group", ["topic"], "one")
    consumer.poll(0)
    publisher = log.publisher("sender")
    waits: list[float] = []
    for _ in range(20):
        published_at: list[float] = []

        def _publish(at: list[float] = published_at) -> None:
            time.sleep(0.01)
            publisher.publish([a_record("topic")])
            at.append(time.monotonic())

        thread = Thread(target=_publish)
        thread.start()
        assert len(consumer.poll(5)) == 1
        woke_at = time.monotonic()
        thread.join()
        waits.append(woke_at - published_at[0])

    assert sorted(waits)[10] < 0.01


def test_without_inotify_a_change_is_seen_by_looking(tmp_path: Path) -> None:
    looked: list[int] = []

    def _third_time() -> bool:
        looked.append(1)
        return len(looked) == 3

    bell = Bell(tmp_path, _third_time, watch=False)
    started = time.monotonic()
    bell.wait(5)
    bell.close()

    assert len(looked) == 3
    assert time.monotonic() - started < 1


def test_every_commit_is_on_the_disk_before_publish_returns(log: Bus) -> None:
    publisher = log.publisher("sender")
    connection: sqlite3.Connection = publisher._writer._file.sql  # type: ignore[attr-defined]

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_the_write_ahead_log_does_not_grow_without_end(log: Bus, path: Path) -> None:
    publisher = log.publisher("sender")
    for _ in range(60):
        publisher.publish([a_record("topic", value="x" * 500_000)])

    assert Path(f"{path}-wal").stat().st_size < 16_000_000


def test_upkeep_runs_by_itself(log: Bus) -> None:
    log.admin().ensure_topics([TopicSpec("brief", 1, compacted=False, retention_seconds=0.01)])
    log.publisher("sender").publish([a_record("brief")])
    deadline = time.monotonic() + 10
    while True:
        consumer = log.consumer("group", ["brief"], "one")
        left = consumer.poll(0)
        consumer.close()
        if not left:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_stopped_writer_holds_up_the_others_only_for_so_long(path: Path) -> None:
    patient = connect(f"embedded:///{path}", BusSettings(request_timeout_seconds=0.2))
    patient.admin().ensure_topics([TopicSpec("topic", 1, compacted=False)])
    publisher = patient.publisher("sender")
    with (path.with_name("bus.db-sessions") / "writer").open("a") as held_by_another:
        fcntl.flock(held_by_another, fcntl.LOCK_EX)
        with pytest.raises(BusUnavailable, match=r"more than 0\.2 s"):
            publisher.publish([a_record("topic")])

    publisher.publish([a_record("topic")])
    assert len(receive(patient.consumer("group", ["topic"], "one"), 1)) == 1
    patient.close()


def test_a_file_of_another_format_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(BusUnavailable, match="format 99"):
        connect(f"embedded:///{path}").admin()


def test_only_the_owner_may_read_the_file(log: Bus, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_connections_are_given_back(log: Bus) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        consumer = log.consumer("group", ["topic"], "one")
        consumer.poll(0)
        consumer.close()

    assert (
        len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    )  # SQLite keeps one to use it again


@given(st.lists(st.tuples(st.text(), st.binary())))
def test_headers_survive_packing(headers: list[tuple[str, bytes]]) -> None:
    assert unpack_headers(pack_headers(headers)) == tuple(headers)


@given(st.integers(0, 30), st.sets(st.sampled_from("abcdef")), st.data())
def test_shares_are_even_and_move_little(
    count: int, members: set[str], data: st.DataObject
) -> None:
    logs = dict.fromkeys(range(count), "topic")
    able = dict.fromkeys(members, frozenset({"topic"}))
    holders = st.sampled_from([*sorted(members), "gone", None])
    current = {log: data.draw(holders) for log in logs}

    targets = shares(logs, able, current)

    loads = [list(targets.values()).count(member) for member in members]
    assert sum(loads) == (count if members else 0)
    assert not loads or max(loads) - min(loads) <= 1
    assert shares(logs, able, targets) == targets
    held = [current[log] for log in logs if current[log] in members]
    fair = -(-count // len(members)) if members else 0
    excess = sum(max(0, held.count(member) - fair) for member in members)
    moved = sum(targets[log] != current[log] for log in logs if current[log] in members)
    assert moved <= excess + len(members)


def test_a_member_gets_only_partitions_of_its_topics() -> None:
    targets = shares(
        {1: "a", 2: "b", 3: "a"}, {"x": frozenset({"a"}), "y": frozenset({"b"})}, {1: "y"}
    )

    assert targets == {1: "x", 2: "y", 3: "x"}
