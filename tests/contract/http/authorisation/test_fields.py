"""What goes in and out field by field: nothing unknown is taken, nothing undescribed is told."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.contract.http.authorisation.callers import CALLERS, SERVICES, Callers
from tests.contract.http.authorisation.coalition import Coalition
from tests.contract.http.authorisation.expected import Operation, expected_row, operations
from tests.contract.http.authorisation.requests import BODIES, QUERIES, path_of
from tests.contract.http.pages import document_of

WITHOUT_TOKEN = frozenset({"notifier POST /u/<token>"})
"""Mail programs post here by themselves (RFC 8058)."""


_document = cache(document_of)  # reading one takes longer than all the requests


def _described(operation: Operation) -> dict[str, Any]:
    """What the service's document says of the operation; empty for one that is not in it."""
    path = operation.rule.rule.replace("<string:", "{").replace("<", "{").replace(">", "}")
    paths = _document(operation.service)["paths"]
    found: dict[str, Any] = paths.get(path, {}).get(operation.method.lower(), {})
    return found


def _let_in(operation: Operation) -> list[str]:
    row = expected_row(operation)
    return [caller for caller, cell in zip(CALLERS, row, strict=True) if cell == "in"]


def test_a_field_that_nobody_knows_is_refused_by_name(
    coalition: Coalition, callers: Callers
) -> None:
    tried = 0
    for operation in operations(coalition.apps):
        body = _described(operation).get("requestBody", {}).get("content", {})
        if "application/json" not in body:
            continue
        given = {**BODIES.get(operation.name, {}), "nobody_knows": 1}
        path = path_of(coalition, operation, there=True)
        headers = {**callers.credential(_let_in(operation)[0], operation.service)}
        client = callers.client(_let_in(operation)[0], operation.service)
        answer = client.open(path, method=operation.method, json=given, headers=headers)
        assert answer.status_code == 422, (operation.name, answer.text)
        named = {error["field"] for error in answer.get_json()["errors"]}
        assert "nobody_knows" in named, (operation.name, answer.text)
        tried += 1
    assert tried > 30


def test_nobody_is_told_a_field_that_is_not_described(
    coalition: Coalition, callers: Callers
) -> None:
    seen = 0
    for operation in operations(coalition.apps):
        if operation.method != "GET" or not _described(operation):
            continue
        path = path_of(coalition, operation, there=True)
        for caller in _let_in(operation):
            answer = callers.client(caller, operation.service).get(
                path,
                headers=callers.credential(caller, operation.service),
                query_string=QUERIES.get(operation.name),
            )
            if answer.status_code == 200 and answer.is_json:
                faults = list(_undescribed(operation, answer.get_json()))
                assert not faults, (operation.name, caller, faults)
                seen += 1
    assert seen > 60


def _undescribed(operation: Operation, told: Any) -> Iterator[str]:
    answer = _described(operation)["responses"].get("200", {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema is not None:
        yield from _beyond(_document(operation.service)["components"], schema, told, "")


def _beyond(components: Any, schema: Any, told: Any, where: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(told, list):
        for one in told:
            yield from _beyond(components, schema.get("items", {}), one, where)
    known = schema.get("properties")
    if isinstance(told, dict) and known is not None:
        for name, value in told.items():
            if name not in known:
                yield f"{where}.{name}"
            else:
                yield from _beyond(components, known[name], value, f"{where}.{name}")


@pytest.mark.parametrize("service", SERVICES)
def test_every_form_is_refused_without_its_token(
    coalition: Coalition, callers: Callers, service: str
) -> None:
    app = coalition.apps[service]
    forms = [
        one
        for one in operations({service: app})
        if one.method != "GET" and not one.is_api and one.name not in WITHOUT_TOKEN
    ]
    caller = "link" if service == "notifier" else "administrator"
    app.config["WTF_CSRF_METHODS"] = {"POST", "PUT", "PATCH", "DELETE"}
    try:
        for operation in forms:
            client = callers.client(caller, service)
            answer = client.post(path_of(coalition, operation, there=True), data={})
            assert answer.status_code in (400, 415), (operation.name, answer.status_code)
    finally:
        app.config["WTF_CSRF_METHODS"] = set()
    assert bool(forms) == (service != "registry")
