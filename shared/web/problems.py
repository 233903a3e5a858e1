"""One way to refuse a request: RFC 9457 problem documents under /v1, pages elsewhere.

A refusal says what is wrong, with which value, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NoReturn

import marshmallow as ma
from flask import Flask, Response, current_app, g, json, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError

from shared.observability.logging import get_logger
from shared.storage.errors import Busy, Conflict, DiskFull, StorageUnavailable
from shared.storage.work import EventTooLarge
from shared.web.failures import ServiceUnavailable
from shared.web.wording import FIXES, field_error, field_errors

__all__ = ["Problem", "ProblemSchema", "field_error", "install_problems", "problem"]

CONTENT_TYPE = "application/problem+json"
_log = get_logger()

_WAIT = "Nothing of this request was kept. Try again in a few seconds."
_PASSING: dict[type[Exception], tuple[int, str, str]] = {
    Busy: (503, "busy", f"The database is busy. {_WAIT}"),
    DiskFull: (
        507,
        "storage_full",
        "The disk is full; nothing of this request was kept. Try again once there is room on it.",
    ),
    StorageUnavailable: (503, "unavailable", f"The database cannot be reached. {_WAIT}"),
    ServiceUnavailable: (503, "unavailable", f"Another service does not answer. {_WAIT}"),
    EventTooLarge: (413, "too_large", "The texts are too long to be passed on. Shorten them."),
    Conflict: (
        409,
        "conflict",
        "Someone else changed this at the same moment. Load it again and repeat your change.",
    ),
}


class Problem(Exception):
    """A refusal on its way to the client."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = [dict(error) for error in errors or ()]
        self.headers = dict(headers or {})


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> NoReturn:
    """Ends the request with this refusal; `code` is a constant for programs, `detail` for people."""
    raise Problem(status, code, detail, errors, headers)


class FieldErrorSchema(ma.Schema):
    field = ma.fields.String(metadata={"description": "Where, as a dotted path."})
    value = ma.fields.Raw(allow_none=True, metadata={"description": "What was given."})
    message = ma.fields.String(metadata={"description": "What is wrong and what to do."})


class ProblemSchema(ma.Schema):
    """A problem document (RFC 9457)."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "Constant, for programs."})
    request_id = ma.fields.String(metadata={"description": "Quote it when asking for help."})
    errors = ma.fields.List(ma.fields.Nested(FieldErrorSchema))


def install_problems(app: Flask) -> None:
    """Every error of the application is answered here and nowhere else."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(Exception, _answer_bug)


def for_programs() -> bool:
    """Whether the client of this request reads JSON; pages are for people."""
    return request.path == "/v1" or request.path.startswith("/v1/")


def answer(refusal: Problem) -> Response:
    if for_programs():
        response = current_app.response_class(
            json.dumps(_document(refusal)), refusal.status, mimetype=CONTENT_TYPE
        )
    else:
        page = render_template("convene/error.html", problem=refusal, title=_title(refusal.status))
        response = current_app.response_class(page, refusal.status, mimetype="text/html")
    response.headers.update(refusal.headers)
    return response


def _document(refusal: Problem) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": f"urn:convene:problem:{refusal.code}",
        "title": _title(refusal.status),
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": g.get("request_id", ""),
    }
    return {**document, "errors": refusal.errors} if refusal.errors else document


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _answer_http_exception(error: HTTPException) -> Response:
    if error.response is not None and error.code is None:
        return current_app.make_response(error.response)
    if isinstance(error, SecurityError):  # no page can be made: its links would use that Host
        document = {"code": "host_unknown", "detail": "This service does not answer to that Host."}
        return current_app.response_class(json.dumps(document), 400, mimetype=CONTENT_TYPE)
    status = error.code or 500
    if 300 <= status < 400:
        return current_app.make_response(error.get_response())
    return answer(_problem_of(error, status))


def _problem_of(error: HTTPException, status: int) -> Problem:
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("errors") or data.get("messages")
    code, fix = FIXES.get(status, ("refused", error.description or _title(status)))
    if messages:
        errors = field_errors(messages, getattr(getattr(error, "exc", None), "data", None))
        if status == 422:
            fix = f"{fix} First: {_first(errors)}" if errors else fix
        return Problem(status, code, fix, errors, headers=data.get("headers"))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        names = ", ".join(sorted(allowed))
        fix = f"{request.method} is not possible here. Use one of: {names}."
        return Problem(status, code, fix, headers={"Allow": names})
    detail = data.get("message") or fix
    return Problem(status, code, detail, headers=data.get("headers"))


def _first(errors: Sequence[Mapping[str, Any]]) -> str:
    where = errors[0]["field"]
    return f"{where}: {errors[0]['message']}" if where else str(errors[0]["message"])


def _answer_bug(error: Exception) -> Response:
    for kind, (status, code, detail) in _PASSING.items():
        if not isinstance(error, kind):
            continue
        _log.warning("request_not_now", reason=code, exc_info=error)
        return answer(Problem(status, code, detail, headers={"Retry-After": "2"}))
    _log.error("request_failed", route=str(request.url_rule), exc_info=error)
    return answer(
        Problem(
            500,
            "bug",
            "Something went wrong on our side; nothing of this request was kept. Try again, and if "
            f"it stays, tell the coalition's office this number: {g.get('request_id', '')}.",
        )
    )
