"""What every response carries, what pages look like to machines, what probes say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
import structlog
from flask import Flask, flash, render_template_string, session

from shared.observability import logging as our_logging
from shared.observability import tracing
from shared.web.app import add_check, finish
from shared.web.policy import Principal, policy

Build = Callable[..., Flask]

PAGE = """{% extends "convene/base.html" %}{% block title %}Proposals{% endblock %}
{% block content %}<form method="post"><input name="csrf_token" value="{{ csrf_token() }}"></form>
{% endblock %}"""


@pytest.fixture
def pages(bare: Build) -> Flask:
    app = bare()

    @app.route("/page", methods=["GET", "POST"])
    @policy("public")
    def page() -> str:
        flash("Saved.", "success")
        return render_template_string(PAGE)

    return finish(app)


def test_every_response_is_guarded(pages: Flask) -> None:
    client = pages.test_client()
    for path in ("/page", "/nowhere", "/v1/nowhere", "/livez"):
        headers = client.get(path).headers
        policy_line = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy_line
        assert "frame-ancestors 'none'" in policy_line
        assert "unsafe-inline" not in policy_line
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_hsts_is_sent_when_set(bare: Build) -> None:
    app = finish(bare(settings={"hsts_seconds": 31_536_000}))
    header = app.test_client().get("/livez").headers["Strict-Transport-Security"]
    assert header == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("url", "name", "secure"),
    [
        ("http://127.0.0.1:8001", "convene-registry-session", False),
        ("https://registry.example", "__Host-convene-registry-session", True),
    ],
)
def test_cookies_carry_the_service(bare: Build, url: str, name: str, *, secure: bool) -> None:
    app = bare(settings={"registry_url": url})

    @app.get("/set")
    @policy("public")
    def set_cookie() -> str:
        session["x"] = 1
        return ""

    cookie = finish(app).test_client().get("/set", base_url=url).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert ("Secure" in cookie) is secure


class Assets(HTMLParser):
    """Collects what a page loads, its headings and its inline style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.headings = 0
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.headings += tag == "h1"
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        address = given.get("src") or (given.get("href") if tag == "link" else None)
        if address:
            self.loaded.append(address)


def test_a_page_loads_everything_from_here_and_nothing_inline(pages: Flask) -> None:
    client = pages.test_client()
    response = client.get("/page")
    found = Assets()
    found.feed(response.text)
    assert found.headings == 1
    assert found.inline == []
    assert '<html lang="en-GB">' in response.text
    assert "Saved." in response.text
    assert len(found.loaded) >= 3
    for address in found.loaded:
        assert address.startswith("/")
        with client.get(address) as asset:
            assert asset.status_code == 200
            assert "max-age" in asset.headers["Cache-Control"]


def test_a_form_with_its_token_is_taken(pages: Flask) -> None:
    client = pages.test_client()
    token = client.get("/page").text.partition('csrf_token" value="')[2].partition('"')[0]
    assert client.post("/page", data={"csrf_token": token}).status_code == 200
    assert client.post("/page", data={"csrf_token": token[:-1]}).status_code == 400
    assert pages.test_client().post("/page", data={"csrf_token": token}).status_code == 400


def test_a_write_to_the_api_by_cookie_needs_the_token_too(bare: Build) -> None:
    callers = {"cookie": Principal("coordinator", "1", ambient=True), "key": Principal("key", "1")}
    app = bare(authenticators=[lambda request: callers[request.headers["X-By"]]])
    view = policy("coordinator", "key")(lambda: "done")
    app.add_url_rule("/v1/thing", "thing", view, methods=["POST"])
    client = finish(app).test_client()
    assert client.post("/v1/thing", headers={"X-By": "key"}).status_code == 200
    refused = client.post("/v1/thing", headers={"X-By": "cookie"})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "form_expired")


def test_readiness_follows_the_checks(bare: Build) -> None:
    app = bare()
    reasons: list[str | None] = [None]
    add_check(app, "bus", lambda: reasons[0])
    client = finish(app).test_client()
    assert client.get("/readyz").status_code == 200
    reasons[0] = "no broker answers"
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["wrong"]) == (503, ["bus"])
    assert client.get("/livez").status_code == 200


def test_a_check_that_raises_is_not_ready(bare: Build) -> None:
    app = bare()

    def broken() -> str | None:
        raise OSError("gone")

    add_check(app, "disk", broken)
    assert finish(app).test_client().get("/readyz").status_code == 503


def test_figures_are_not_shown_through_a_proxy(bare: Build) -> None:
    client = finish(bare(settings={"trusted_proxies": 1})).test_client()
    assert "convene_http_requests_total" in client.get("/metrics").text
    through = {"X-Forwarded-For": "192.0.2.1"}
    assert client.get("/metrics", headers=through).status_code == 404


def test_forwarded_headers_are_believed_only_from_proxies(bare: Build) -> None:
    sent = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    for proxies, expected in ((0, "127.0.0.1 http"), (1, "192.0.2.1 https")):
        app = bare(settings={"trusted_proxies": proxies})

        @app.get("/v1/where")
        @policy("public")
        def where() -> str:
            from flask import request  # noqa: PLC0415

            return f"{request.remote_addr} {request.scheme}"

        assert finish(app).test_client().get("/v1/where", headers=sent).text == expected


def test_production_answers_only_to_its_own_name(bare: Build) -> None:
    app = finish(
        bare(settings={"environment": "production", "registry_url": "https://registry.example"})
    )
    client = app.test_client()
    assert client.get("/livez", base_url="https://registry.example").status_code == 200
    assert client.get("/livez", base_url="http://127.0.0.1:8001").status_code == 200
    assert client.get("/livez", base_url="https://evil.example").status_code == 400


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    our_logging.configure("registry", out=out)
    yield out
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_request_is_one_log_line_without_its_path(bare: Build, lines: io.StringIO) -> None:
    app = bare()

    @app.get("/a/<token>")
    @policy("public")
    def answer(token: str) -> str:
        return token[:0]

    client = finish(app).test_client()
    client.get("/a/very-secret", headers={"X-Request-Id": "abcdefgh-1"})
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert (line["event"], line["route"], line["status"]) == ("request", "/a/<token>", 200)
    assert line["request_id"] == "abcdefgh-1"
    assert len(line["trace_id"]) == 32
    assert "very-secret" not in lines.getvalue()


def test_a_request_leaves_nothing_behind_for_the_next_line(bare: Build, lines: io.StringIO) -> None:
    finish(bare()).test_client().get("/nowhere", headers={"X-Request-Id": "abcdefgh-1"})
    our_logging.get_logger().info("later")
    first, last = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert first["request_id"] == "abcdefgh-1"
    assert "request_id" not in last
    assert tracing.current_traceparent() is None
