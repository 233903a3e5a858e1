"""A database that is busy or away is answered with 503 and when to come back, never with a bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.observability import metrics
from shared.storage import Database, database
from shared.web.app import finish
from shared.web.policy import policy
from tests.servers.processes import free_port

PATIENCE = "100ms"
Make = Callable[[Database], Flask]


@pytest.fixture(autouse=True)
def logged_without_drawing() -> Iterator[None]:
    """Stacks drawn for a developer's terminal take seconds each."""
    with capture_logs():
        yield


@pytest.fixture
def serve(bare: Callable[..., Flask]) -> Make:
    """One route that writes a row, at each of two addresses: for programs and for people."""

    def make(store: Database) -> Flask:
        app = bare(database=store)

        def write() -> str:
            with store.write() as connection:
                if store.dialect == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
                connection.execute(text("UPDATE t SET n = n + 1"))
            return "written"

        app.add_url_rule("/v1/rows", "program", policy("public")(write), methods=["POST"])
        app.add_url_rule("/rows", "person", policy("public")(write))
        return finish(app)

    return make


@pytest.fixture
def store(empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MILLISECONDS", 100)
    with empty_database.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (0)"))
    return empty_database


def test_while_another_process_writes_without_end(serve: Make, store: Database) -> None:
    app, other = serve(store), Database(store.url, service="other")
    counted = metrics.storage_faults.labels("registry", "Busy")
    before = counted._value.get()
    with other.write() as holding:
        holding.execute(text("UPDATE t SET n = n + 1"))
        program, person = app.test_client().post("/v1/rows"), app.test_client().get("/rows")
    other.close()
    assert (program.status_code, program.get_json()["code"]) == (503, "busy")
    assert program.mimetype == "application/problem+json"
    assert (person.status_code, person.mimetype) == (503, "text/html")
    assert program.headers["Retry-After"] == person.headers["Retry-After"] == "2"
    assert counted._value.get() == before + 2
    assert app.test_client().post("/v1/rows").status_code == 200
    with store.read() as connection:
        assert connection.execute(text("SELECT n FROM t")).scalar_one() == 2


def test_while_the_database_is_away(serve: Make) -> None:
    nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
    away = Database(nowhere, service="registry")
    answer = serve(away).test_client().post("/v1/rows")
    away.close()
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
