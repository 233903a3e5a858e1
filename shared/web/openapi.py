"""The HTTP API as OpenAPI 3.1, from the same marshmallow schemas that read the requests.

Served at /v1/openapi.json; no page that would load a viewer from another host.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Flask
from flask_smorest.utils import prepare_response
from webargs.flaskparser import FlaskParser

from shared.web.problems import CONTENT_TYPE, ProblemSchema

_ViewT = TypeVar("_ViewT", bound=Callable[..., Any])

__all__ = ["Blueprint", "Strict", "make_api"]


class _Decorator(Protocol):
    """What a decorator of views is to the type checker: the view as it was."""

    def __call__(self, view: _ViewT, /) -> _ViewT: ...


_BEARERS = ("service", "coordinator", "member", "key")


class Strict(ma.Schema):
    """Base of every request schema: a field nobody knows is refused, and the nearest is named."""

    class Meta:
        unknown = ma.RAISE

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:  # noqa: ARG002
        # A new dictionary: marshmallow shares the old one with every schema that has the field.
        field_obj.error_messages = {
            kind: _PLAIN_MESSAGES.get(str(message), message)
            for kind, message in field_obj.error_messages.items()
        }

    def handle_error(self, error: ma.ValidationError, data: Any, **_: Any) -> None:  # noqa: ARG002
        """Replaces marshmallow's bare "Unknown field." by what is known here."""
        if not isinstance(error.messages, dict):
            return
        many = all(isinstance(key, int) for key in error.messages) and bool(error.messages)
        for messages in error.messages.values() if many else [error.messages]:
            if isinstance(messages, dict):
                self._explain_unknown(messages)

    def _explain_unknown(self, messages: dict[str, Any]) -> None:
        known = [field.data_key or name for name, field in self.load_fields.items()]
        unknown = self.error_messages["unknown"]
        for name, found in messages.items():
            if found == [unknown]:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"Did you mean '{near[0]}'? " if near else ""
                messages[name] = [f"Unknown field. {hint}Known here: {', '.join(known)}."]


# Only marshmallow's bare words are replaced; a field's own message stays.
_PLAIN_MESSAGES = {
    "Missing data for required field.": "This field is needed. Add it.",
    "Field may not be null.": "This field cannot be null. Give a value, or leave the field out.",
    "Not a valid string.": "This is not a text. Give one, in quotes.",
    "Not a valid integer.": "This is not a whole number. Give one, such as 3.",
    "Not a valid number.": "This is not a number. Give one, such as 3.5.",
    "Not a valid boolean.": "This is neither true nor false. Give one of them.",
    "Not a valid list.": "This is not a list. Put the values in [ ].",
    "Not a valid UUID.": "This is not an id. Give one as it was given out.",
    "Not a valid date.": "This is not a date. Write it as 2022-12-31.",
}


class _Parser(FlaskParser):
    """webargs', which would pass over unknown names in a query; here the schema decides."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = dict.fromkeys(
        FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION
    )


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc,unused-ignore]
    """flask-smorest's, whose documentation also says who may call each operation."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_policy_doc)

    # The library's own methods, with types that let views keep theirs.

    def route(self, rule: str, **options: Any) -> _Decorator:
        decorate: _Decorator = super().route(rule, **options)
        return decorate

    def get(self, rule: str, **options: Any) -> _Decorator:
        return self.route(rule, methods=["GET"], **options)

    def post(self, rule: str, **options: Any) -> _Decorator:
        return self.route(rule, methods=["POST"], **options)

    def put(self, rule: str, **options: Any) -> _Decorator:
        return self.route(rule, methods=["PUT"], **options)

    def patch(self, rule: str, **options: Any) -> _Decorator:
        return self.route(rule, methods=["PATCH"], **options)

    def delete(self, rule: str, **options: Any) -> _Decorator:
        return self.route(rule, methods=["DELETE"], **options)

    def arguments(self, schema: Any, **options: Any) -> _Decorator:
        decorate: _Decorator = super().arguments(schema, **options)
        return decorate

    def response(self, status_code: Any, schema: Any = None, **options: Any) -> _Decorator:
        decorate: _Decorator = super().response(status_code, schema, **options)
        return decorate

    def alt_response(self, status_code: Any, **options: Any) -> _Decorator:
        decorate: _Decorator = super().alt_response(status_code, **options)
        return decorate

    def doc(self, **options: Any) -> _Decorator:
        decorate: _Decorator = super().doc(**options)
        return decorate


class _Api(flask_smorest.Api):  # type: ignore[misc,unused-ignore]
    """flask-smorest's, with problem documents as its errors."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Errors are answered in problems.py, for APIs and pages alike."""

    def _register_responses(self) -> None:
        """Instead of the library's own, which describe errors as plain JSON."""
        named = {
            status.name: status.phrase for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST
        }
        for name, description in {**named, "DEFAULT_ERROR": "Refused, and why."}.items():
            self._register_problem(name, description, lazy=True)
        self._register_problem("PROBLEM", "Refused, and why.", lazy=False)

    def _register_problem(self, name: str, description: str, *, lazy: bool) -> None:
        response = {"description": description, "schema": ProblemSchema}
        prepare_response(response, self.spec, CONTENT_TYPE)
        self.spec.components.response(name, response, lazy=lazy)


def make_api(app: Flask, title: str) -> flask_smorest.Api:
    """The API of an application; register `Blueprint`s with it, each under /v1."""
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = _Api(app)
    api.spec.components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "description": "An API key or a service token."},
    )
    return api


def _policy_doc(doc: dict[str, Any], info: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    allowed = info.get("policy")
    if not allowed:
        return doc
    doc["x-convene-policy"] = list(allowed)
    bearer = any(entry.partition(":")[0] in _BEARERS for entry in allowed)
    doc["security"] = ([{"bearer": []}] if bearer else []) + ([{}] if "public" in allowed else [])
    doc.setdefault("responses", {})["default"] = "PROBLEM"
    return doc
