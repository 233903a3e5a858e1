"""A bare application, built as a service builds one, and a small API on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask, request

from shared.clock import ManualClock
from shared.settings import Settings
from shared.web.app import create_app, finish
from shared.web.openapi import Blueprint, Strict, make_api
from shared.web.paging import PageArgs, page_body, read_page
from shared.web.policy import policy
from shared.web.preconditions import etag, if_match
from shared.web.requests import accepts

NOW = datetime(2022, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def bare(tmp_path: Path, clock: ManualClock) -> Callable[..., Flask]:
    """An unfinished application; settings and create_app's arguments by keyword."""

    def build(*, settings: dict[str, Any] | None = None, **arguments: Any) -> Flask:
        chosen = Settings(keys_dir=tmp_path / "keys", **(settings or {}))
        return create_app(
            "registry", settings=chosen, clock=clock, **{"database": None, **arguments}
        )

    return build


class Goal(Strict):
    code = ma.fields.String(required=True)


class Thing(Strict):
    title = ma.fields.String(required=True, validate=ma.validate.Length(max=20))
    count = ma.fields.Integer()
    goals = ma.fields.List(ma.fields.Nested(Goal))


class ThingArgs(PageArgs):
    place = ma.fields.String()


@pytest.fixture
def api(bare: Callable[..., Flask]) -> Flask:
    """Things to create, list, replace, upload and break."""
    app = bare(settings={"max_body_bytes": 20_000})
    things = Blueprint("things", "shared.web", url_prefix="/v1/things")
    _add_things(things)
    _add_oddities(app, things)
    make_api(app, "Things").register_blueprint(things)
    return finish(app)


def _add_things(things: Blueprint) -> None:
    @things.post("")
    @policy("public")
    @things.arguments(Thing)
    @things.response(201, Thing)
    def create(data: dict[str, Any]) -> dict[str, Any]:
        return data

    @things.get("")
    @policy("public")
    @things.arguments(ThingArgs, location="query")
    def show_all(args: dict[str, Any]) -> dict[str, Any]:
        page = read_page(args)
        start = int(page.after[0]) + 1 if page.after else 0
        rows = [{"id": str(number)} for number in range(start, 5)][: page.limit + 1]
        return page_body(rows, page, key=lambda row: [row["id"]])

    @things.put("/<int:number>")
    @policy("public")
    @things.arguments(Thing)
    def replace(_data: dict[str, Any], number: int) -> tuple[str, int, dict[str, str]]:
        if_match(number)
        return "", 204, {"ETag": etag(number + 1)}


def _add_oddities(app: Flask, things: Blueprint) -> None:
    @things.post("/import")
    @policy("public")
    @accepts("application/jsonl", "text/csv", max_bytes=100_000)
    def upload() -> dict[str, int]:
        return {"bytes": len(request.get_data())}

    @things.get("/bug")
    @policy("public")
    def bug() -> None:
        raise RuntimeError("secret address jo@council.example")

    @app.get("/page/bug")
    @policy("public")
    def page_bug() -> str:
        raise RuntimeError

    @app.post("/page/form")
    @policy("public")
    def form() -> str:
        return request.form.get("answer", "")
