"""Paging, preconditions and the OpenAPI document."""

from __future__ import annotations

import base64
import json

import pytest
from flask import Flask


def test_a_list_is_walked_by_its_cursors(api: Flask) -> None:
    client, seen, after = api.test_client(), [], ""
    for _ in range(10):
        page = client.get(f"/v1/things?limit=2{after}").get_json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "parts",
    [
        ["other.list", "1"],
        ["things.show_all"],
        {"a": 1},
        ["things.show_all", None],
        ["things.show_all", [1]],
        ["things.show_all", 2**60],
        ["things.show_all", "\x00"],
    ],
)
def test_a_changed_cursor_is_refused(api: Flask, parts: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    response = api.test_client().get("/v1/things", query_string={"after": cursor})
    assert (response.status_code, response.get_json()["code"]) == (400, "cursor_unreadable")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 428),
        ('"3"', 412),
        ('"4"', 204),
        ("*", 204),
        ('"1", "4"', 204),
        ('W/"4"', 412),
        ("4", 204),
        ("", 412),
        ('"4', 412),
        ("\\", 412),
    ],
)
def test_if_match(api: Flask, sent: str | None, status: int) -> None:
    headers = {} if sent is None else {"If-Match": sent}
    response = api.test_client().put("/v1/things/4", json={"title": "x"}, headers=headers)
    assert response.status_code == status
    if status == 204:
        assert response.headers["ETag"] == '"5"'
    if status == 412:
        assert response.headers["ETag"] == '"4"'
        assert 'the present version is "4"' in response.get_json()["detail"]


def test_the_openapi_document(api: Flask) -> None:
    response = api.test_client().get("/v1/openapi.json")
    assert response.status_code == 200
    document = response.get_json()
    assert document["openapi"] == "3.1.0"
    operation = document["paths"]["/v1/things"]["post"]
    assert operation["x-convene-policy"] == ["public"]
    assert operation["security"] == [{}]
    problem = document["components"]["responses"]["PROBLEM"]["content"]
    assert "application/problem+json" in problem
    assert "PROBLEM" in operation["responses"]["default"]["$ref"]
    assert "://" not in json.dumps(document).replace("http://json-schema.org", "")
