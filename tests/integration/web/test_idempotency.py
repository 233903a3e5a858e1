"""A repeated write is answered again, not done again; and answer and write are one transaction."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Column, MetaData, String, Table, func, select
from werkzeug.test import TestResponse

from shared.clock import ManualClock
from shared.storage.database import Database
from shared.storage.retention import STANDARD
from shared.storage.tables import standard_tables
from shared.storage.work import unit_of_work
from shared.web.app import finish
from shared.web.idempotency import idempotent, remember
from shared.web.openapi import Blueprint, Strict, make_api
from shared.web.policy import Principal, policy
from shared.web.problems import problem

_METADATA = MetaData()
_TABLES = standard_tables(_METADATA)
_THINGS = Table("things", _METADATA, Column("title", String, nullable=False))


class Thing(Strict):
    title = ma.fields.String(required=True)


@pytest.fixture
def database(empty_database: Database) -> Database:
    with empty_database.write() as connection:
        _METADATA.create_all(connection)
    return empty_database


@pytest.fixture
def app(bare: Callable[..., Flask], database: Database, clock: ManualClock) -> Flask:
    app = bare(
        database=database,
        authenticators=[lambda r: Principal("key", r.headers.get("X-Key", "1"))],
    )
    things = Blueprint("things", "shared.web", url_prefix="/v1/things")

    @things.post("")
    @policy("key")
    @things.arguments(Thing)
    def create(data: dict[str, Any]) -> ResponseReturnValue:
        with unit_of_work(database, source="/registry", clock=clock) as work:
            if (again := idempotent(work, required="required" in request.args)) is not None:
                return again
            work.connection.execute(_THINGS.insert().values(**data))
            if data["title"] == "refused":
                problem(422, "no", "No. Say something else.")
            keep = data["title"] != "private"
            return remember(work, data, 201, {"Location": "/v1/things/1"}, keep_body=keep)

    make_api(app, "Things").register_blueprint(things)
    return finish(app)


def create(app: Flask, title: str, key: str | None = "k1", **more: str) -> TestResponse:
    headers = {**more, **({"Idempotency-Key": key} if key is not None else {})}
    return app.test_client().post("/v1/things", json={"title": title}, headers=headers)


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(_THINGS)).scalar_one())


def test_a_repeated_write_is_done_once_and_answered_twice(app: Flask, database: Database) -> None:
    first, second = create(app, "x"), create(app, "x")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second.headers["Location"] == "/v1/things/1"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert count(database) == 1


def test_another_body_under_the_same_key_is_refused(app: Flask, database: Database) -> None:
    create(app, "x")
    response = create(app, "y")
    assert response.status_code == 422
    assert response.get_json()["code"] == "idempotency_key_reused"
    assert count(database) == 1


def test_keys_belong_to_their_caller(app: Flask, database: Database) -> None:
    create(app, "x", **{"X-Key": "1"})
    assert create(app, "y", **{"X-Key": "2"}).status_code == 201
    assert count(database) == 2


def test_a_refused_write_leaves_the_key_free(app: Flask, database: Database) -> None:
    assert create(app, "refused").status_code == 422
    assert count(database) == 0
    assert create(app, "x").status_code == 201


def test_without_a_key_every_write_counts(app: Flask, database: Database) -> None:
    create(app, "x", None)
    create(app, "x", None)
    assert count(database) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 201])
def test_an_unreadable_key_is_refused(app: Flask, key: str) -> None:
    assert create(app, "x", key).get_json()["code"] == "idempotency_key_unreadable"


def test_a_required_key_is_asked_for(app: Flask) -> None:
    response = app.test_client().post("/v1/things?required", json={"title": "x"})
    assert response.get_json()["code"] == "idempotency_key_required"


def test_private_answers_are_not_kept(app: Flask, database: Database) -> None:
    assert create(app, "private").get_json() == {"title": "private"}
    again = create(app, "private")
    assert (again.status_code, again.get_json()) == (201, None)
    with database.read() as connection:
        assert connection.execute(select(_TABLES.idempotency_keys.c.body)).scalar_one() is None


def test_racing_repetitions_write_once(app: Flask, database: Database) -> None:
    together = Barrier(8)
    answers: list[int] = []

    def race() -> None:
        together.wait()
        answers.append(create(app, "x").status_code)

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 8
    assert count(database) == 1


def test_old_keys_are_forgotten(app: Flask, database: Database, clock: ManualClock) -> None:
    create(app, "x")
    clock.advance(days=1)
    create(app, "y", "k2")
    clock.advance(days=1.5)
    (forgetting, *_) = STANDARD
    assert forgetting.apply(database, clock.now()) == 1
    assert create(app, "y", "k2").headers["Idempotency-Replayed"] == "true"
    assert create(app, "x").status_code == 201
    assert count(database) == 3
    clock.advance(days=1.5)
    assert forgetting.apply(database, clock.now()) == 1
    assert create(app, "y", "k2").status_code == 201
    assert count(database) == 4
