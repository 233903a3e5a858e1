"""What machines ask: alive, ready, figures. Not behind the proxy, where anyone could ask."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from sqlalchemy import MetaData, func, select, text

from shared.observability import metrics
from shared.observability.health import Check, run_checks
from shared.settings import Settings
from shared.storage.database import Database
from shared.storage.tables import standard_tables
from shared.web.policy import policy
from shared.web.problems import problem

_probes = Blueprint("probes", __name__)
_PARKED = standard_tables(MetaData()).parked


def install_probes(app: Flask, settings: Settings, database: Database | None) -> None:
    app.extensions["convene_checks"] = {}
    app.extensions["convene_proxies"] = settings.trusted_proxies
    app.register_blueprint(_probes)
    if database is not None:
        add_check(app, "database", lambda: _database_answers(database))


def add_check(app: Flask, name: str, check: Check) -> None:
    """Makes /readyz red while `check` says what is wrong (or raises)."""
    app.extensions["convene_checks"][name] = check


def _database_answers(database: Database) -> str | None:
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    return None


@_probes.get("/livez")
@policy("public")
def livez() -> Response:
    return jsonify({"status": "ok"})


@_probes.get("/readyz")
@policy("public")
def readyz() -> Response:
    wrong = run_checks(current_app.extensions["convene_checks"])
    response = jsonify({"status": "not_ready" if wrong else "ok", "wrong": sorted(wrong)})
    response.status_code = 503 if wrong else 200
    return response


@_probes.get("/metrics", endpoint="metrics")
@policy("public")
def show_metrics() -> Response:
    if current_app.extensions["convene_proxies"] and "X-Forwarded-For" in request.headers:
        problem(404, "not_found", "Figures are read from the service itself, not through a proxy.")
    content, content_type = metrics.exposition()
    return Response(content, content_type=content_type)


@_probes.get("/parked")
@policy("service")
def parked() -> Response:
    """How many records were set aside and wait for an operator: the other services may know."""
    database: Database = current_app.extensions["convene_database"]
    with database.read() as connection:
        waiting = select(func.count()).select_from(_PARKED).where(_PARKED.c.state == "open")
        return jsonify({"open": connection.scalar(waiting) or 0})
