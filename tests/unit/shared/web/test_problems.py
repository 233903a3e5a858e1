"""Whatever a client sends is answered with what was wrong, which value, and what to do; never 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

JSON = {"Content-Type": "application/json"}


def post(app: Flask, body: Any, **headers: str) -> TestResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return app.test_client().post("/v1/things", data=content, headers={**JSON, **headers})


def test_a_good_request_passes(api: Flask) -> None:
    response = post(
        api, {"title": "Early-years literacy", "goals": [{"code": "strong_foundations"}]}
    )
    assert response.status_code == 201


def test_a_problem_document_is_whole(api: Flask) -> None:
    response = post(api, {"titel": "x", "count": "many", "goals": [{"kode": 1}]})
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    document = response.get_json()
    assert document["type"] == "urn:convene:problem:invalid"
    assert document["request_id"] == response.headers["X-Request-Id"]
    errors = {error["field"]: error for error in document["errors"]}
    assert set(errors) == {"titel", "title", "count", "goals.0.kode", "goals.0.code"}
    assert errors["count"]["value"] == "many"
    assert "Did you mean 'title'? Known here: title, count, goals." in errors["titel"]["message"]
    assert "Did you mean 'code'?" in errors["goals.0.kode"]["message"]
    assert errors["title"]["message"] == "This field is needed. Add it."


def test_long_values_are_cut_in_the_answer(api: Flask) -> None:
    (error,) = post(api, {"title": "x" * 15_000}).get_json()["errors"]
    assert len(error["value"]) < 150
    assert "(15000 long)" in error["value"]


BAD_BODIES = [
    (b"{", 400, "not_json"),
    (b"\xff\xfe", 400, "not_utf8"),
    (b'{"title": "a\x00b"}', 400, "not_json"),
    (b'{"title": "a\\u0000b"}', 400, "unusable_character"),
    (b'{"title": "\\ud800"}', 400, "unusable_character"),
    (b'{"\\u0000": 1}', 400, "unusable_character"),
    (b'{"title": "x", "count": NaN}', 400, "not_json"),
    (b'{"title": "x", "count": 1e999}', 400, "number_too_large"),
    (b'{"title": "x", "count": ' + b"9" * 5000 + b"}", 400, "number_too_large"),
    (b'{"title": "x", "count": 9007199254740992}', 400, "number_too_large"),
    (b'{"title": "x", "title": "y"}', 400, "duplicate_name"),
    (b"[" * 5000 + b"]" * 5000, 400, "json_too_deep"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, 400, "json_too_deep"),
    (b"[]", 422, "invalid"),
    (b'"text"', 422, "invalid"),
    (b"null", 422, "invalid"),
    (b"", 422, "invalid"),
    (b"x" * 30_000, 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES)
def test_bad_bodies(api: Flask, body: bytes, status: int, code: str) -> None:
    response = post(api, body)
    assert (response.status_code, response.get_json()["code"]) == (status, code)
    assert response.mimetype == "application/problem+json"


def test_brackets_inside_texts_are_not_depth(api: Flask) -> None:
    assert post(api, {"title": '[[[[{{{{"\\'}).status_code == 201
    deep = b'{"title": "' + b"[" * 20 + b'"}'
    assert post(api, deep).status_code == 201
    in_text = json.dumps({"title": "[" * 500}).encode()
    assert post(api, in_text).get_json()["code"] == "invalid"


@pytest.mark.parametrize("content_type", ["text/plain", "text/xml", "", "nonsense", "a/b;c=\xff"])
def test_other_media_types_are_415(api: Flask, content_type: str) -> None:
    response = post(api, {"title": "x"}, **{"Content-Type": content_type})
    assert response.status_code == 415
    assert "application/json" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/things", 405),
        ("GET", "/v1/things?place=a%00b", 400),
        ("GET", "/v1/things?colour=red", 422),
        ("GET", "/v1/things?limit=0", 422),
        ("GET", "/v1/things?limit=x", 422),
        ("GET", "/v1/things?after=%ff%fe", 400),
        ("GET", "/v1/things?after=bm9uc2Vuc2U", 400),
        ("GET", "/v1/things?after=" + "A" * 3000, 400),
        ("PUT", "/v1/things/99999999999999999999999", 422),
    ],
)
def test_other_refusals(api: Flask, method: str, path: str, status: int) -> None:
    response = api.test_client().open(path, method=method)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == status


def test_method_not_allowed_says_what_is(api: Flask) -> None:
    response = api.test_client().delete("/v1/things")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert "Use one of: GET, HEAD, OPTIONS, POST." in response.get_json()["detail"]


def test_a_bug_says_nothing_of_its_inside(api: Flask) -> None:
    response = api.test_client().get("/v1/things/bug")
    assert response.status_code == 500
    assert response.get_json()["code"] == "bug"
    assert "council" not in response.text
    assert "RuntimeError" not in response.text


def test_pages_answer_with_pages(api: Flask) -> None:
    client = api.test_client()
    for path, status in (("/nowhere", 404), ("/page/bug", 500)):
        response = client.get(path)
        assert response.status_code == status
        assert response.mimetype == "text/html"
        assert response.text.count("<h1>") == 1
        assert response.headers["X-Request-Id"] in response.text


def test_uploads_have_their_own_size_and_type(api: Flask) -> None:
    client = api.test_client()
    csv = {"Content-Type": "text/csv"}
    sent = client.post("/v1/things/import", data=b"x" * 90_000, headers=csv)
    assert sent.get_json() == {"bytes": 90_000}
    assert client.post("/v1/things/import", data=b"x" * 100_001, headers=csv).status_code == 413
    assert client.post("/v1/things/import", data=b"{}", headers=JSON).status_code == 415


def test_forms_need_their_token(api: Flask) -> None:
    response = api.test_client().post("/page/form", data={"answer": "yes"})
    assert response.status_code == 400
    assert "Go back, reload the page" in response.text


@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/csv", "x"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_make_a_500(api: Flask, body: bytes, content_type: str) -> None:
    client = api.test_client()
    for path in ("/v1/things", "/v1/things/import"):
        response = client.post(path, data=body, headers={"Content-Type": content_type})
        assert response.status_code < 500


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_json_makes_a_500(api: Flask, value: Any) -> None:
    assert post(api, {"title": value, "count": value, "goals": value}).status_code < 500


@given(st.text(max_size=50), st.text(max_size=50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_query_makes_a_500(api: Flask, after: str, place: str) -> None:
    after, place = (text.encode("utf-8", "replace").decode() for text in (after, place))
    query = {"after": after, "place": place}
    assert api.test_client().get("/v1/things", query_string=query).status_code < 500
