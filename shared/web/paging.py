"""Lists in pages by cursor: stable while rows come and go, opaque to clients.

A cursor is the sort key of the last row shown, with the list it belongs to. It gives no access to
anything, so it is not signed; whatever does not decode to a key of this list is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import marshmallow as ma
from flask import request

from shared.web.openapi import Strict
from shared.web.problems import Problem, field_error

_ItemT = TypeVar("_ItemT")
_LARGEST_INTEGER = 2**53
_LONGEST = 2_000


class PageArgs(Strict):
    """Query of a list; subclass it to add filters."""

    limit = ma.fields.Integer(
        load_default=50,
        validate=ma.validate.Range(1, 200, error="Ask for 1 to 200 at a time."),
        metadata={"description": "How many at most."},
    )
    after = ma.fields.String(
        load_default=None, allow_none=True, metadata={"description": "`next` of the page before."}
    )


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`after` is the sort key of the last row seen, or None for the first page."""

    limit: int
    after: list[str | int] | None


def read_page(args: Mapping[str, Any], *, shape: Sequence[type] | None = None) -> PageRequest:
    """The page that `PageArgs` asked for; `shape` gives the types of the sort key, if not text."""
    after = args.get("after")
    key = None if after is None else _decode(after, _list_name())
    if key is not None and shape is not None and [type(part) for part in key] != list(shape):
        raise _refusal(str(after))
    return PageRequest(int(args["limit"]), key)


def page_body(
    items: Sequence[_ItemT],
    page: PageRequest,
    key: Callable[[_ItemT], Sequence[str | int]],
) -> dict[str, Any]:
    """`{"items": …, "next": …}`; give it up to `limit + 1` rows, which tells whether more follow."""
    shown = list(items[: page.limit])
    more = len(items) > page.limit
    return {"items": shown, "next": _encode(key(shown[-1]), _list_name()) if more else None}


def _list_name() -> str:
    return request.endpoint or ""


def _encode(key: Sequence[str | int], list_name: str) -> str:
    text = json.dumps([list_name, *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, list_name: str) -> list[str | int]:
    if len(cursor) > _LONGEST:
        raise _refusal(cursor)
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _refusal(cursor) from error
    if not isinstance(parts, list) or len(parts) < 2 or parts[0] != list_name:
        raise _refusal(cursor)
    if not all(_usable(part) for part in parts[1:]):
        raise _refusal(cursor)
    return parts[1:]


def _usable(part: Any) -> bool:
    if isinstance(part, str):
        return part.isprintable()
    return type(part) is int and abs(part) < _LARGEST_INTEGER


def _refusal(cursor: str) -> Problem:
    return Problem(
        400,
        "cursor_unreadable",
        "'after' is not the 'next' of a page of this list. Send 'next' unchanged, or leave "
        "'after' out to begin again.",
        [field_error("after", cursor, "Send the 'next' of the page before, unchanged.")],
    )
