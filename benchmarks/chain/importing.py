"""Lines of a coalition file imported a second, on both stores, beside parsing the same file alone."""

import json
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chain.report import median, table
from shared.contracts.coalition import read_lines
from shared.ids import new_id
from tests.servers.postgres import PostgresDatabases

LINES = 10_000
RUNS = 3
WORDS = re.findall(
    r"\w+",
    "reading apprenticeships engineering families digital skills mentors health housing energy "
    "credit savings advice jobs training schools nursery carers volunteers transport retrofit",
)
SECTORS = ("local_government", "health", "business", "charity", "higher_education")
PLACES = ("E07000076", "E08000035", "E06000009", "E09000004", "S12000036", "W06000015")


@dataclass(frozen=True)
class Stores:
    """The servers of the large size."""

    postgres: PostgresDatabases
    kafka_url: str


def coalition_lines(count: int, seed: int = 20261201) -> list[str]:
    """A synthetic coalition: of four lines a member, its contact, a capability and a need."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    lines = []
    for number in range(count // 4):
        member = f"member-{number}"
        place = rng.choice(PLACES)
        lines += [
            _line(
                "member",
                member,
                name=f"Member {number}",
                sector=rng.choice(SECTORS),
                places=[place],
            ),
            _line("contact", f"contact-{number}", member=member, email=f"c{number}@m.example"),
            _line("capability", f"capability-{number}", member=member, **_texts(rng)),
            _line("need", f"need-{number}", member=member, places=[place], **_texts(rng)),
        ]
    return lines


def _line(kind: str, entity_id: str, **fields: Any) -> str:
    return json.dumps({"kind": kind, "id": entity_id, **fields})


def _texts(rng: random.Random) -> dict[str, Any]:
    words = rng.choices(WORDS, k=60)
    return {
        "title": " ".join(words[:6]),
        "description": " ".join(words[6:]),
        "goals": [rng.randint(1, 14)],
    }


def measure(folder: Path, stores: Stores) -> dict[str, Any]:
    folder.mkdir(parents=True)
    file = folder / "coalition.jsonl"
    file.write_text("\n".join(coalition_lines(LINES)) + "\n")
    parsing = median([_parse_seconds(file) for _ in range(RUNS)])
    figures: dict[str, Any] = {"lines": LINES, "parse_only_lines_per_second": LINES / parsing}
    for store in ("sqlite", "postgresql"):
        seconds = [
            _import_seconds(folder / f"{store}-{run}", store, stores, file) for run in range(RUNS)
        ]
        figures[f"{store}_lines_per_second"] = LINES / median([first for first, _ in seconds])
        figures[f"{store}_again_lines_per_second"] = LINES / median([again for _, again in seconds])
    limit = figures["parse_only_lines_per_second"]
    rows = [
        (name, f"{value:,.0f}", f"{value / limit:.2f}")
        for name, value in figures.items()
        if name != "lines"
    ]
    table(f"Import of {LINES:,} lines (median of {RUNS})", ("", "lines/s", "of parsing"), rows)
    return figures


def _parse_seconds(file: Path) -> float:
    start = time.perf_counter()
    with file.open("rb") as stream:
        assert sum(1 for _ in read_lines(stream)) == LINES
    return time.perf_counter() - start


def _import_seconds(place: Path, store: str, stores: Stores, file: Path) -> tuple[float, float]:
    """Seconds of a first import and of the same file again, start of the command included."""
    place.mkdir()
    environment = {**os.environ, **_settings(place, store, stores)}
    _command(environment, "setup")
    timings = []
    for _ in range(2):
        start = time.perf_counter()
        _command(environment, "import", str(file))
        timings.append(time.perf_counter() - start)
    return timings[0], timings[1]


def _settings(place: Path, store: str, stores: Stores) -> dict[str, str]:
    if store == "sqlite":
        database, bus = f"sqlite:///{place}/{{service}}.db", f"embedded:///{place}/bus.db"
    else:
        name = f"bench_{new_id()[-8:]}"
        url = stores.postgres.create_database(f"{name}_registry")
        database = url.replace(f"{name}_registry", f"{name}_{{service}}")
        bus = stores.kafka_url
    return {
        "CONVENE_DATABASE_URL": database,
        "CONVENE_BUS_URL": bus,
        "CONVENE_KEYS_DIR": str(place / "keys"),
        "CONVENE_VAR": str(place),
    }


def _command(environment: dict[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "services.registry", *words],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
