"""How long a restarted worker takes until it can propose: `python -m benchmarks.speed.restart [N]`.

N entities (100,000 unless told), half of them needs, are written to a SQLite file as the projection
keeps them, with their sentence vectors and an epoch of word weights. Then a fresh process, as the
worker's, starts (`restarted`), twice: as after an upgrade, when every text is read, and as ever
after. Drawn vectors stand for those of the sentence model, which are in the database either way.
"""

import hashlib
import json
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.pages.coalition import SEED, Rng, Words, listing_state, member_state
from services.matcher.models.epochs import record_epoch
from services.matcher.proposing.as_scored import capability_of, need_of
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
STARTS = ("first start, every text is read", "restart")
State = dict[str, Any]


def measure(entities: int) -> dict[str, dict[str, float]]:
    """By start, seconds of the processor for the whole process, imports too, and where they went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "matcher.db"
        _fill(path, entities)
        return {name: _started(path, entities) for name in STARTS}


def _started(path: Path, entities: int) -> dict[str, float]:
    before = _spent()
    command = [sys.executable, "-m", "benchmarks.speed.restarted", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    if found.pop("indexed") != entities:
        raise RuntimeError(f"{entities} entities were written and not all came back: {found}")
    return {"processor seconds": round(_spent() - before, 1), **found}


def _spent() -> float:
    """Of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    entities = int(sys.argv[1]) if sys.argv[1:] else ENTITIES
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "entities": entities,
        "starts": measure(entities),
    }
    print(json.dumps(found, indent=1))
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    tables.write("restart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
