"""Members, needs and contacts written to the registry over its HTTP API, some of it twice under one
key; then what is there is read by a process that knows nothing of the first.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from services.registry.keys import create_key
from services.registry.settings import RegistrySettings
from services.registry.store import tables
from services.registry.wiring import build_web, open_database, setup
from shared.clock import ManualClock
from shared.messaging.balance import books
from shared.settings import load_settings
from shared.storage import unit_of_work
from tests.faults.history import ERASE, PUT, Asked, Balanced, History, Kept, Seen, Told
from tests.small_size import small_size

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
GROUND = {"basis": "legitimate_interests", "date": "2026-11-01", "source": "coalition meeting"}
NEEDS = 6


class Writer:
    """A client that keeps what it asked for and what it was told."""

    def __init__(self, app: Flask, key: str, history: History) -> None:
        self._app, self._history = app, history
        self._headers = {"Authorization": f"Bearer {key}"}
        self._changes = 0

    def send(
        self, method: str, path: str, body: Any, *, what: str, id_: str, times: int = 1
    ) -> dict[str, Any]:
        """`times`: as after a broken connection, the very same request again."""
        self._changes += 1
        change = f"{self._changes}"
        asked = Asked(change, what, id_, ERASE if method == "DELETE" else PUT)
        headers = {**self._headers, "Idempotency-Key": change}
        if method != "POST":
            headers["If-Match"] = '"1"'
        for _ in range(times):
            if id_:
                self._history.note(asked)
            answer = self._app.test_client().open(
                path, method=method, json=None if method == "DELETE" else body, headers=headers
            )
            found: dict[str, Any] = answer.get_json(silent=True) or {}
            if not id_:  # the registry chooses it
                id_ = found["id"]
                self._history.note(Asked(change, what, id_))
            self._history.note(Told(change, answer.status_code, found.get("version", 1)))
        return found


def _a_need(number: int, words: str) -> dict[str, Any]:
    return {"member": "essex", "title": f"Reading before school {number}", "description": words}


def writes(folder: Path) -> History:
    settings = load_settings(RegistrySettings, small_size(folder))
    setup(settings)
    history = History()
    app = build_web(settings, clock=ManualClock(NOW))
    database = app.extensions["registry"].database
    with unit_of_work(database, source="/registry", clock=ManualClock(NOW)) as work:
        _, key = create_key(work, "admin", None, label="scenario")
    _write(Writer(app, key, history))
    database.close()
    _at_rest(settings, history)
    return history


def _write(client: Writer) -> None:
    member = {"id": "essex", "name": "Essex", "sector": "local_government", "places": ["E10000012"]}
    client.send("POST", "/v1/members", member, what="member", id_="essex")
    for number in range(NEEDS):
        body = {"id": f"need-{number}", **_a_need(number, "Too few words.")}
        client.send("POST", "/v1/needs", body, what="need", id_=body["id"], times=1 + number % 2)
    for number in range(NEEDS):
        body = _a_need(number, "Too few children have the words they need.")
        del body["member"]
        path = f"/v1/needs/need-{number}"
        client.send("PUT", path, body, what="need", id_=f"need-{number}")
    for name in ("amara", "tom"):
        body = {"name": name, "email": f"{name}@essex.example", "ground": GROUND}
        path = "/v1/members/essex/contacts"
        id_ = client.send("POST", path, body, what="contact", id_="")["id"]
        if name == "tom":
            client.send("DELETE", f"/v1/contacts/{id_}", None, what="contact", id_=id_)


def _at_rest(settings: RegistrySettings, history: History) -> None:
    database = open_database(settings)
    with database.read() as connection:
        for what, table in (
            ("member", tables.members),
            ("need", tables.LISTINGS["need"]),
            ("contact", tables.contacts),
        ):
            for row in connection.execute(select(table.c.id, table.c.version)):
                history.note(Kept(what, row.id, row.version))
        outbox = tables.standard.outbox
        for row in connection.execute(select(outbox).order_by(outbox.c.position)):
            headers = dict(row.headers)
            what = row.topic.removeprefix("convene.").removesuffix("s")
            if what == "need":
                value = json.loads(bytes(row.value))
                place = (what, headers["ce_subject"], int(headers["ce_sequence"]))
                history.note(Seen("outbox", row.event_id, *place, raw=json.dumps(value)))
        for name, book in books(connection).items():
            history.note(Balanced("registry", name, book.difference))
        assert connection.scalar(select(func.count()).select_from(outbox))
    database.close()
