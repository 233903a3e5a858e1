"""`python -m benchmarks.pages`: how long the console's server takes for a page of a large coalition.

5,000 needs, 5,000 capabilities and their proposals (about 20,000), on SQLite and on PostgreSQL; a
signed-in coordinator opens every page of the menu, a match, its comparison, a need and a place,
each with other parameters each time. Milliseconds in the application, without the network, by the
clock and of the processor: the second says more where others use the machine. The coalition is proposed for once, on SQLite, and its rows are copied. Writes docs/benchmarks/pages.json.

`KEEP=FOLDER` keeps the filled SQLite file there and goes on with it the next time, likewise the copy
on the server of `CONVENE_TEST_POSTGRES_URL` where that is set. `PAGE=WORD` opens only pages with the
word in their title, and writes nothing.
"""

import json
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError

from benchmarks.chain.report import median, percentile, table
from benchmarks.pages.coalition import fill
from benchmarks.pages.copying import copy_rows
from services.matcher.console.menu import SECTIONS
from services.matcher.store.learning import put_first_codes
from services.matcher.store.tables import matches, needs
from services.matcher.wiring import MIGRATIONS
from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Office
from tests.servers.postgres import PostgresServer

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "pages.json"
SIZE = int(os.environ.get("SIZE", "5000"))
KEEP = os.environ.get("KEEP", "")
PAGE = os.environ.get("PAGE", "")
TIMES = int(os.environ.get("TIMES", "20"))
ASKED_MS = 150
HEAD = ("page", "p50 ms", "p95 ms", "cpu p95 ms", "statements", "kB", "first ms")


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "asked p95 ms": ASKED_MS,
        "size": SIZE,
    }
    with PostgresServer() as server, tempfile.TemporaryDirectory() as scratch:
        folder = Path(KEEP or scratch)
        with opened(filled(folder), folder) as world:
            results["SQLite"] = measure("SQLite", world)
            with opened(copied(server, world.database), folder) as other:
                results["PostgreSQL"] = measure("PostgreSQL", other)
    if not PAGE:
        OUT.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    return 0


def filled(folder: Path) -> str:
    """The URL of a file with the coalition in it, which is made where it is not there yet."""
    kept = folder / f"pages-{SIZE}.db"
    if not kept.exists():
        filling = kept.with_suffix(".filling")
        filling.unlink(missing_ok=True)
        with opened(f"sqlite:///{filling}", folder) as world:
            began = time.perf_counter()
            fill(world, SIZE)
            world.database.checkpoint()
            print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)
        filling.rename(kept)
    return f"sqlite:///{kept}"


def copied(server: PostgresServer, source: Database) -> str:
    """The URL of a PostgreSQL database with the same rows."""
    name = f"bench_pages_{SIZE}"
    kept = str(make_url(server.url).set(database=name).render_as_string(hide_password=False))
    if KEEP and is_there(kept):
        return kept
    url = server.create_database(name)
    target = Database(url, service="matcher")
    migrate(target, MIGRATIONS)
    copy_rows(source, target)
    target.close()
    return url


def is_there(url: str) -> bool:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return bool(connection.execute(select(func.count()).select_from(matches)).scalar_one())
    except OperationalError:
        return False
    finally:
        engine.dispose()


@contextmanager
def opened(url: str, folder: Path) -> Iterator[World]:
    database = Database(url, service="matcher")
    migrate(database, MIGRATIONS)
    with database.write() as connection:
        put_first_codes(connection)
    given = {"proposals_per_need": 4, "proposals_per_member": 10_000, "least_score": 0.05}
    keys = folder / f"keys-{database.dialect}"
    world = World(database, database_url=url, keys_dir=keys, semantic=False, **given)
    try:
        yield world
    finally:
        world.close()
        database.close()


def measure(name: str, world: World) -> dict[str, Any]:
    office = Office(world)
    client = office.desk(f"{name}-{new_id()} Osei", "administrator").client
    with world.database.read() as connection:
        count = connection.execute(select(func.count()).select_from(matches)).scalar_one()
    rows = [
        _timed(office.app, client, title, paths)
        for title, paths in pages(office, world.database)
        if PAGE.lower() in title.lower()
    ]
    table(f"{name}: {SIZE:,} needs, {count:,} matches", HEAD, rows)
    office.close()
    return {"matches": count, "pages": [dict(zip(HEAD, row, strict=True)) for row in rows]}


def pages(office: Office, database: Database) -> Iterator[tuple[str, list[str]]]:
    """Each page with the paths it is asked by; of the menu one path, of the others one a time."""
    with office.app.test_request_context():
        for section in SECTIONS:
            for item in section.items:
                yield f"{section.title}: {item.title}", [item.url]
    with database.read() as connection:
        some = connection.execute(select(matches.c.match_id, matches.c.need_id).limit(TIMES)).all()
        states = connection.execute(select(needs.c.state).limit(TIMES)).scalars().all()
    places = [state["places"][0] for state in states]
    yield "Queue of a place", [f"/lists/proposals?place={one}" for one in places]
    yield "Queue of a goal", [f"/lists/proposals?goal={n % 14 + 1}" for n in range(TIMES)]
    yield "Report of a place", [f"/reports/activity?place={one}" for one in places]
    yield "A match", [f"/matches/{one.match_id}" for one in some]
    yield "Its comparison", [f"/matches/{one.match_id}/compare" for one in some]
    yield "A need", [f"/needs/{one.need_id}" for one in some]
    yield "A place", [f"/places/{one}" for one in places]


def _timed(app: Flask, client: FlaskClient, title: str, paths: list[str]) -> tuple[Any, ...]:
    first = _once(client, paths[0])[0]
    engine: Engine = app.extensions["convene_database"].engine
    with _counted(engine) as statements:
        took = [_once(client, paths[number % len(paths)]) for number in range(TIMES)]
    milliseconds, of_processor = ([one[at] for one in took] for at in (0, 1))
    return (
        title,
        round(median(milliseconds), 1),
        round(percentile(milliseconds, 0.95), 1),
        round(percentile(of_processor, 0.95), 1),
        round(len(statements) / TIMES),
        round(max(one[2] for one in took) / 1000),
        round(first),
    )


def _once(client: FlaskClient, path: str) -> tuple[float, float, int]:
    """Milliseconds by the clock and of this thread's processor time, and bytes."""
    began, busy = time.perf_counter(), time.thread_time()
    answer = client.get(path)
    took, worked = (
        (now - then) * 1000
        for now, then in ((time.perf_counter(), began), (time.thread_time(), busy))
    )
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}: {answer.text[:300]}")
    return took, worked, len(answer.data)


@contextmanager
def _counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    sys.exit(main())
