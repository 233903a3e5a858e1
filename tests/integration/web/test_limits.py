"""Token buckets: a burst, then a steady rate, counted per caller."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import MetaData, select

from shared.clock import ManualClock
from shared.storage.database import Database
from shared.storage.retention import STANDARD
from shared.storage.tables import standard_tables
from shared.web.app import finish
from shared.web.limits import rate_limit, take
from shared.web.policy import policy

_METADATA = MetaData()
_TABLES = standard_tables(_METADATA)


@pytest.fixture
def database(empty_database: Database) -> Database:
    with empty_database.write() as connection:
        _METADATA.create_all(connection)
    return empty_database


def test_a_burst_then_the_rate(database: Database, clock: ManualClock) -> None:
    def ask() -> float:
        with database.write() as connection:
            return take(connection, "b", clock.now(), per_minute=60, burst=3)

    assert [ask() for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    clock.advance(seconds=0.5)
    assert ask() == 0.5
    clock.advance(seconds=0.5)
    assert ask() == 0.0
    clock.advance(days=1)
    assert [ask() for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]


def test_a_bucket_nobody_uses_is_forgotten_a_day_later(
    database: Database, clock: ManualClock
) -> None:
    def ask(bucket: str) -> float:
        with database.write() as connection:
            return take(connection, bucket, clock.now(), per_minute=1, burst=1)

    def forget() -> int:
        return STANDARD[1].apply(database, clock.now())

    assert ask("idle") == 0.0
    clock.advance(days=0.9)
    assert ask("used") == 0.0
    clock.advance(days=0.2)
    assert forget() == 1
    assert forget() == 0
    assert ask("idle") == 0.0
    assert ask("idle") > 59.0


def test_a_clock_that_goes_back_gives_nothing(database: Database, clock: ManualClock) -> None:
    with database.write() as connection:
        assert take(connection, "b", clock.now(), per_minute=60, burst=1) == 0.0
        clock.advance(seconds=-3600)
        assert take(connection, "b", clock.now(), per_minute=60, burst=1) == 1.0


def test_a_route_refuses_with_when_to_come_back(
    bare: Callable[..., Flask], database: Database, clock: ManualClock
) -> None:
    app = bare(database=database)

    @app.get("/v1/guess")
    @policy("public")
    @rate_limit("guess", per_minute=2)
    def guess() -> str:
        return "ok"

    client = finish(app).test_client()
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    answers = [client.get("/v1/guess", environ_overrides=here) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "30"
    assert client.get("/v1/guess", environ_overrides=there).status_code == 200
    clock.advance(seconds=30)
    assert client.get("/v1/guess", environ_overrides=here).status_code == 200
    with database.read() as connection:
        buckets = connection.execute(select(_TABLES.rate_limits.c.bucket)).scalars().all()
    assert len(buckets) == 2
    assert "192.0.2" not in "".join(buckets)


def test_racing_callers_share_one_bucket(database: Database, clock: ManualClock) -> None:
    waits: list[float] = []

    def ask() -> None:
        with database.write() as connection:
            waits.append(take(connection, "b", clock.now(), per_minute=60, burst=5))

    threads = [Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0.0) == 5
    assert len(waits) == 12
