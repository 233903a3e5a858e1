"""Writes that a client may repeat: the same Idempotency-Key gives the same answer, once done.

The answer is stored in the transaction of the write itself, so there is no moment at which one
exists without the other (promises P1 and P2):

    with unit_of_work(database, source=…, clock=…) as work:
        if (again := idempotent(work)) is not None:
            return again
        need = publish_need(work, data)
        return remember(work, dump(need), 201, {"Location": …, "ETag": …})

A second request with the key waits for the first one's transaction, then gets its answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy import MetaData, and_, select, update

from shared.storage.statements import insert_ignore
from shared.storage.tables import standard_tables
from shared.storage.work import Work
from shared.web.policy import principal
from shared.web.problems import problem

_TABLE = standard_tables(MetaData()).idempotency_keys
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def idempotent(work: Work, *, required: bool = False) -> Response | None:
    """The stored answer if this request was done before, else None: do it, then `remember`.

    Another body or address under the same key is refused (422). Without the header nothing is
    stored, unless `required`.
    """
    key = _key(required=required)
    if key is None:
        return None
    caller, wanted = principal().label, _request_hash()
    claim = {
        "principal": caller,
        "key": key,
        "request_hash": wanted,
        "created_at": work.now,
    }
    if insert_ignore(work.connection, _TABLE, claim):
        g.idempotency = (caller, key)
        return None
    columns = (_TABLE.c.request_hash, _TABLE.c.status, _TABLE.c.body, _TABLE.c.headers)
    row = work.connection.execute(select(*columns).where(_one(caller, key))).one_or_none()
    if row is None or row.status is None:
        problem(
            409,
            "still_running",
            f"The request with Idempotency-Key '{key}' is not finished. Repeat it in a second.",
            headers={"Retry-After": "1"},
        )
    if row.request_hash != wanted:
        problem(
            422,
            "idempotency_key_reused",
            f"Idempotency-Key '{key}' was used for another request. Take a new key for a new "
            "request, or repeat the first one unchanged.",
        )
    response = _response(row.body or b"null", row.status, row.headers or {})
    response.headers["Idempotency-Replayed"] = "true"
    return response


def remember(
    work: Work,
    body: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    keep_body: bool = True,
) -> Response:
    """The answer to this request, stored under its key if it came with one.

    `keep_body=False` for answers that hold contacts: a repetition then gets status and headers.
    """
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    claim: tuple[str, str] | None = g.pop("idempotency", None)
    if claim is not None:
        stored = {
            "status": status,
            "body": content if keep_body else None,
            "headers": dict(headers or {}),
        }
        work.connection.execute(update(_TABLE).where(_one(*claim)).values(**stored))
    return _response(content, status, headers or {})


def _key(*, required: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None and required:
        problem(
            400,
            "idempotency_key_required",
            "This request needs an Idempotency-Key, so that it can be repeated safely. Send one, "
            "for example a UUID, and the same one when you repeat it.",
        )
    if key is not None and not _KEY.fullmatch(key):
        problem(
            400,
            "idempotency_key_unreadable",
            "Idempotency-Key must be 1 to 200 visible ASCII characters, for example a UUID.",
        )
    return key


def _request_hash() -> str:
    parts = [request.method, request.full_path, request.headers.get("If-Match", "")]
    head = "\x1f".join([*parts, request.mimetype]).encode()
    return hashlib.sha256(head + b"\x1f" + request.get_data(cache=True)).hexdigest()


def _one(caller: str, key: str) -> Any:
    return and_(_TABLE.c.principal == caller, _TABLE.c.key == key)


def _response(content: bytes, status: int, headers: Mapping[str, str]) -> Response:
    response = current_app.response_class(content, status, mimetype="application/json")
    response.headers.update(headers)
    return response
