"""Reads and writes in the one shape all of them have."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, current_app, json

from services.registry.api.access import transaction
from shared.reference.places import Places
from shared.storage import Work
from shared.web.idempotency import idempotent, remember
from shared.web.preconditions import etag, if_none_match

_EntityT = TypeVar("_EntityT")


def show(body: Mapping[str, Any], version: int | None = None) -> Response:
    """200 with the body, or 304 when the caller has this version."""
    headers = {} if version is None else {"ETag": etag(version)}
    if version is not None and if_none_match(version):
        return current_app.response_class(status=304, headers=headers)
    return current_app.response_class(
        json.dumps(body), mimetype="application/json", headers=headers
    )


def write(
    change: Callable[[Work], _EntityT],
    view: Callable[[_EntityT], Mapping[str, Any]],
    *,
    status: int = 200,
    location: str | None = None,
) -> Response:
    """One change in one transaction, done once however often its Idempotency-Key comes."""
    with transaction() as work:
        again = idempotent(work)
        if again is not None:
            return again
        body = dict(view(change(work)))
        headers = {"ETag": etag(body["version"])} if "version" in body else {}
        if location is not None:
            headers["Location"] = location.format(id=body.get("id", ""))
        return remember(work, body, status, headers)


def inside(places: Places, code: str | None) -> list[str] | None:
    """The code and those of every place inside it; None for no code."""
    if code is None:
        return None
    return [code, *(place.code for place in places.all() if code in place.parents)]
