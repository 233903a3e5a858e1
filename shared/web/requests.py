"""What a request may look like before any view sees it: size, type, depth, encodable text.

Refused here, in words, so that no parser, view or database answers 500 to it: NUL characters and
lone surrogates (PostgreSQL and UTF-8 refuse them), numbers beyond 2^53, NaN, duplicate names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request
from gunicorn.http.errors import ParseException
from werkzeug.datastructures import MultiDict

from shared.web.problems import Problem, field_error, problem

DEEPEST = 32
_LARGEST_INTEGER = 2**53 - 1
_LONGEST_NUMBER = 400
_OUTSIDE_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ATTRIBUTE = "convene_accepts"
_ViewT = TypeVar("_ViewT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Accepted:
    """What bodies a view takes: media types (none: the usual ones) and their largest size."""

    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    without_csrf: bool = False


def accepts(*media_types: str, max_bytes: int | None = None) -> Callable[[_ViewT], _ViewT]:
    """Lets a view take other media types than JSON (or forms on pages), or larger bodies."""

    def mark(view: _ViewT) -> _ViewT:
        setattr(view, _ATTRIBUTE, Accepted(media_types, max_bytes, _marked(view).without_csrf))
        return view

    return mark


def csrf_exempt(view: _ViewT) -> _ViewT:
    """For a page that others post to by themselves, such as one-click unsubscribe."""
    known = _marked(view)
    setattr(view, _ATTRIBUTE, Accepted(known.media_types, known.max_bytes, without_csrf=True))
    return view


def accepted_by_view() -> Accepted:
    """What the view of the present request takes."""
    if request.endpoint is None:
        return Accepted()
    view: Any = current_app.view_functions[request.endpoint]
    method = getattr(getattr(view, "view_class", None), request.method.lower(), None)
    return _marked(method) if hasattr(method, _ATTRIBUTE) else _marked(view)


def install_request_checks(app: Flask) -> None:
    app.before_request(_check)


def strict_json(content: bytes) -> Any:
    """The value of a JSON text that every part behind can store; raises Problem."""
    if depth_of(content) > DEEPEST:
        problem(400, "json_too_deep", f"The JSON is nested deeper than {DEEPEST}. Flatten it.")
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise Problem(
            400,
            "not_utf8",
            f"The body is not UTF-8: byte {error.start} cannot be read. Save it as UTF-8.",
        ) from error
    except json.JSONDecodeError as error:
        raise Problem(
            400,
            "not_json",
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from error


def depth_of(content: bytes) -> int:
    """How deep brackets nest outside strings, found without parsing."""
    depth = deepest = 0
    for token in _OUTSIDE_STRINGS.finditer(content):
        first = content[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _marked(view: Any) -> Accepted:
    found: Accepted = getattr(view, _ATTRIBUTE, Accepted())
    return found


def _check() -> None:
    if request.url_rule is None:
        return
    accepted = accepted_by_view()
    if accepted.max_bytes is not None:
        request.max_content_length = accepted.max_bytes
        request.max_form_memory_size = accepted.max_bytes
    _refuse_unstorable(request.args, "query")
    _refuse_text("path", "path", request.path)
    if request.method in _WITH_BODY:
        try:
            _check_length()
            _check_body(accepted)
        except (ParseException, OSError) as error:
            raise Problem(
                400, "body_unreadable", "The body broke off or is wrongly framed. Send it again."
            ) from error


def _check_length() -> None:
    """A body without a length is cut at the limit in silence, so it is measured or refused."""
    if request.content_length is not None or "Transfer-Encoding" not in request.headers:
        return
    if not request.is_json:
        problem(411, "length_required", "Send the body with its Content-Length.")
    limit = request.max_content_length
    if limit is not None and len(request.get_data(cache=True)) >= limit:
        problem(413, "too_large", f"The body has {limit} bytes or more. Send less at a time.")


def _check_body(accepted: Accepted) -> None:
    given = request.mimetype
    if accepted.media_types and given not in accepted.media_types:
        _refuse_type(accepted.media_types)
    if accepted.media_types and not request.is_json and given not in _FORM_TYPES:
        return  # a file, read by its view
    if request.path.startswith("/v1"):
        content = request.get_data(cache=True) if given not in _FORM_TYPES else b"form"
        if not content:
            return
        if not request.is_json and given not in accepted.media_types:
            _refuse_type(("application/json",))
        if request.is_json:
            _refuse_in_json(strict_json(content))
            return
    _refuse_unstorable(request.form, "form")


def _refuse_type(wanted: tuple[str, ...]) -> None:
    given = request.mimetype or "(none)"
    detail = f"The body's Content-Type is '{given[:100]}'. Send {' or '.join(wanted)}."
    problem(415, "unsupported_media_type", detail, headers={"Accept": ", ".join(wanted)})


def _refuse_unstorable(values: MultiDict[str, str], where: str) -> None:
    for name, value in values.items(multi=True):
        _refuse_text(where, name, name)
        _refuse_text(where, name, value)


def _refuse_in_json(value: Any) -> None:
    for path, text in _texts(value, ""):
        _refuse_text("json", path, text)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}.{index}" if path else str(index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield path, name
            yield from _texts(item, f"{path}.{name}" if path else name)


def _refuse_text(where: str, field: str, text: str) -> None:
    found = _UNSTORABLE.search(text)
    if found is None:
        return
    character = f"U+{ord(found[0]):04X}"
    field = _UNSTORABLE.sub("�", field)
    problem(
        400,
        "unusable_character",
        f"A text in the {where} holds the character {character}, which cannot be kept. Remove it.",
        [field_error(field, _UNSTORABLE.sub("�", text), f"Remove the character {character}.")],
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        twice = _UNSTORABLE.sub("�", twice)[:100]
        problem(400, "duplicate_name", f"'{twice}' stands twice in one object. Keep one of them.")
    return found


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > _LARGEST_INTEGER:
        problem(400, "number_too_large", f"{text[:20]}… is beyond ±(2^53 - 1). Send it as text.")
    return int(text)


def _float(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or not math.isfinite(float(text)):
        problem(400, "number_too_large", f"{text[:20]}… is too large a number. Send a smaller one.")
    return float(text)


def _constant(text: str) -> float:
    problem(400, "not_json", f"{text} is not JSON. Send a number or null.")
