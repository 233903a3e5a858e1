"""How long a restarted worker takes until it can propose: `python -m benchmarks.speed.restart [N]`.

N entities (100,000 unless told), half of them needs, are written to a SQLite file as the projection
keeps them, with their sentence vectors and an epoch of word weights. Then a fresh process, as the
worker's, starts: it reads, represents and indexes everything. Drawn vectors stand for those of the
sentence model, which a restart finds in the database and never computes.
"""

import hashlib
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.pages.coalition import SEED, Rng, Words, listing_state, member_state
from services.matcher.models.epochs import record_epoch
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.as_scored import capability_of, need_of
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.index import load_model
from services.matcher.scoring.text.suggest import text_of
from services.matcher.scoring.text.word_weights import count_words
from services.matcher.store.known import put_capabilities, put_members, put_needs
from services.matcher.store.vectors import StoredVectors
from services.matcher.wiring import MIGRATIONS
from shared.clock import SystemClock
from shared.contracts.envelope import wire_time
from shared.storage import Database, unit_of_work
from shared.storage.migrations import migrate

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "restart.json"
ENTITIES = 100_000
AT_ONCE = 5_000
State = dict[str, Any]


def measure(entities: int) -> dict[str, Any]:
    """Seconds from starting the process to a worker that knows everything, and where they go."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "matcher.db"
        _fill(path, entities)
        command = [sys.executable, "-m", "benchmarks.speed.restart", "--start", str(path)]
        started = time.perf_counter()
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        whole = time.perf_counter() - started
        return {"entities": entities, "seconds": round(whole, 1), **json.loads(told.stdout)}


def start(path: Path) -> dict[str, Any]:
    """What a worker does when it starts, in this process; CPU seconds beside those of the clock,
    which say what a machine of its own would need.
    """
    began, spent = time.perf_counter(), time.process_time()
    database = Database(f"sqlite:///{path}", service="matcher")
    now = SystemClock().now()
    shipped = load_model(cache=StoredVectors(database))
    knowledge = Knowledge(ModelsInUse(database, shipped).now(), now.date(), keeps_rows=True)
    loaded = time.perf_counter()
    knowledge.catch_up(database, now.date())
    with database.read() as connection:
        knowledge.refresh_standing(connection, now)
    ready = time.perf_counter()
    needs, capabilities = knowledge.index.need_ids(), knowledge.index.capability_ids()
    knowledge.rate(needs[:1], 10)
    asked = time.perf_counter()
    return {
        "processor seconds": round(time.process_time() - spent, 1),
        "loading the model": round(loaded - began, 1),
        "reading and indexing": round(ready - loaded, 1),
        "first list": round(asked - ready, 1),
        "indexed": len(needs) + len(capabilities),
        "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def _fill(path: Path, entities: int) -> None:
    database = Database(f"sqlite:///{path}", service="matcher")
    migrate(database, MIGRATIONS)
    rng = np.random.default_rng(SEED)
    words, clock = Words(rng), SystemClock()
    vectors, encoder = StoredVectors(database), load_model().representer.encoder
    members = [f"member-{number}" for number in range(max(10, entities // 10))]
    put = {"capability": put_capabilities, "need": put_needs}
    with unit_of_work(database, source="/benchmark", clock=clock) as work:
        told = [(member_state(rng, id_, number), id_) for number, id_ in enumerate(members)]
        put_members(work.connection, told)
    texts: list[str] = []
    drawn_listings = _listings(words, rng, members, entities)
    while some := list(islice(drawn_listings, AT_ONCE)):
        with unit_of_work(database, source="/benchmark", clock=clock) as work:
            for kind, write in put.items():
                write(work.connection, [(one, "") for this, one in some if this == kind])
        read = [text_of(need_of(one) if kind == "need" else capability_of(one))
                for kind, one in some]  # fmt: skip
        texts += read
        if encoder is not None:
            keys = [_key(encoder.version, text) for text in read]
            drawn = rng.normal(size=(len(keys), encoder.dimensions))
            drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
            rows = drawn.astype("<f4")
            vectors.put_many({key: row.tobytes() for key, row in zip(keys, rows, strict=True)})
    with unit_of_work(database, source="/benchmark", clock=clock) as work:
        record_epoch(work, count_words(texts), len(texts))
    database.close()


def _listings(
    words: Words, rng: Rng, members: Sequence[str], entities: int
) -> Iterator[tuple[str, State]]:
    now = wire_time(SystemClock().now())
    for number in range(entities // 2):
        for kind in ("capability", "need"):
            owner = members[int(rng.integers(len(members)))]
            state = listing_state(words, kind, f"{kind}-{number}", owner)
            yield kind, {**state, "published_at": now, "confirmed_at": now, "partners": 1}


def _key(version: str, text: str) -> str:
    """As the sentence model names what it keeps: were it another, vectors would be computed."""
    return hashlib.sha256(f"{version}\0{' '.join(text.split())}".encode()).hexdigest()


def main() -> int:
    if sys.argv[1:2] == ["--start"]:
        print(json.dumps(start(Path(sys.argv[2]))))
        return 0
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        **measure(int(sys.argv[1]) if sys.argv[1:] else ENTITIES),
    }
    print(json.dumps(found, indent=1))
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    tables.write("restart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
