"""What refusals say: per status the code and the fix, and validation messages as flat lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.observability.redaction import PRIVATE_KEYS

_LOCATIONS = frozenset({"json", "query", "querystring", "form", "headers", "path", "files"})
_LONGEST_VALUE = 100
_MOST_ERRORS = 100
_SECRET_FIELDS = PRIVATE_KEYS & {"password", "token", "secret", "authorization", "cookie"}

FIXES: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read. Check it against /v1/openapi.json."),
    401: ("unauthenticated", "Sign in, or send a valid credential in the Authorization header."),
    403: ("forbidden", "You are known but not allowed to do this. Ask the coalition's office."),
    404: ("not_found", "Nothing is at this address. Check it, or start again from the first page."),
    405: ("method_not_allowed", "This method is not possible here."),
    406: ("not_acceptable", "Accept application/json."),
    408: ("timeout", "The request took too long to arrive. Send it again."),
    409: ("conflict", "Someone else changed this meanwhile. Load it again and repeat."),
    410: ("gone", "This is no longer here."),
    412: ("changed_meanwhile", "It changed since you loaded it. Load it again and repeat."),
    413: ("too_large", "The request is too large. Send less at a time."),
    414: ("address_too_long", "The address is too long. Shorten the query."),
    415: ("unsupported_media_type", "Send the body as application/json."),
    422: ("invalid", "Some fields cannot be used; nothing was kept. Correct them and send again."),
    428: ("precondition_required", "Send If-Match with the ETag you loaded."),
    429: ("too_many_requests", "Too many requests. Wait, then try again."),
    431: ("headers_too_large", "The request's headers are too large."),
    500: ("bug", "Something went wrong on our side."),
    502: ("unavailable", "Another service does not answer. Try again in a few seconds."),
    503: ("unavailable", "Not available at the moment. Try again in a few seconds."),
    507: ("storage_full", "There is no space left to keep this. Tell the coalition's office."),
}


def field_error(field: str, value: Any, message: str) -> dict[str, Any]:
    """One entry of a problem's `errors`; long values are cut, secrets not repeated."""
    if field.rpartition(".")[2] in _SECRET_FIELDS:
        return {"field": field, "message": message}
    return {"field": field, "value": _short(value), "message": message}


def field_errors(messages: Any, data: Any) -> list[dict[str, Any]]:
    """Marshmallow's nested messages as a flat list, each with the value that was given."""
    found = [
        field_error(".".join(str(part) for part in path), _value_at(data, path), message)
        for path, message in _walk(messages, ())
    ]
    if len(found) > _MOST_ERRORS:
        more = len(found) - _MOST_ERRORS
        found = [*found[:_MOST_ERRORS], field_error("", None, f"… and {more} more of these.")]
    return found


def _walk(messages: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            hidden = key == "_schema" or (not path and key in _LOCATIONS)
            yield from _walk(inner, path if hidden else (*path, key))
    elif isinstance(messages, Sequence) and not isinstance(messages, str):
        for inner in messages:
            yield from _walk(inner, path)
    else:
        yield path, str(messages)


def _value_at(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data):
            data = data[part]
        else:
            return None
    return data


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping | list | tuple):
        kind = "object" if isinstance(value, Mapping) else "list"
        return f"(a {kind} with {len(value)} entries)"
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} long)"
