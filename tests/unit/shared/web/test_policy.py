"""Every endpoint says who may call it, and is called by nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, Request
from flask.views import MethodView

from shared.web.app import finish
from shared.web.policy import (
    PolicyMissing,
    Principal,
    declare,
    on_unauthenticated,
    policy,
    principal,
)

Build = Callable[..., Flask]


def by_header(request: Request) -> Principal | None:
    """`X-Test: kind/id/scope` for tests."""
    given = request.headers.get("X-Test")
    if given is None:
        return None
    kind, name, scope = given.split("/")
    return Principal(kind, name, scopes=frozenset(filter(None, [scope])))


def test_start_up_names_each_endpoint_without_policy(bare: Build) -> None:
    app = bare()
    app.add_url_rule("/v1/open", "open", lambda: "x", methods=["GET", "POST"])
    with pytest.raises(PolicyMissing, match=r"GET /v1/open \(open\); POST /v1/open \(open\)"):
        finish(app)


def test_start_up_names_the_method_of_a_class_that_was_forgotten(bare: Build) -> None:
    class Things(MethodView):
        @policy("member")
        def get(self) -> str:
            return "x"

        def post(self) -> str:
            return "x"

    app = bare()
    app.add_url_rule("/v1/things", view_func=Things.as_view("things"))
    with pytest.raises(PolicyMissing) as refused:
        finish(app)
    assert "POST /v1/things (things)" in str(refused.value)
    assert "GET /v1/things" not in str(refused.value)


def test_a_policy_that_nobody_can_satisfy_is_refused() -> None:
    with pytest.raises(PolicyMissing, match="coordinater"):
        policy("coordinater")
    with pytest.raises(PolicyMissing):
        policy()


def test_the_probes_and_assets_need_no_declaration(bare: Build) -> None:
    assert finish(bare()).test_client().get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("allowed", "caller", "status"),
    [
        (("coordinator",), "coordinator/1/", 200),
        (("coordinator",), "member/1/", 403),
        (("coordinator",), None, 401),
        (("service:notifier",), "service/notifier/", 200),
        (("service:notifier",), "service/matcher/", 403),
        (("key:admin",), "key/1/admin", 200),
        (("key:admin",), "key/1/read", 403),
        (("key:admin", "coordinator"), "coordinator/1/", 200),
        (("public",), None, 200),
        (("public",), "member/1/", 200),
    ],
)
def test_who_may_enter(
    bare: Build, allowed: tuple[str, ...], caller: str | None, status: int
) -> None:
    app = bare(authenticators=[by_header])

    @app.get("/v1/thing")
    @policy(*allowed)
    def thing() -> str:
        return principal().label

    finish(app)
    headers = {"X-Test": caller} if caller else {}
    response = app.test_client().get("/v1/thing", headers=headers)
    assert response.status_code == status
    if status == 200 and caller:
        assert response.text == ":".join(caller.split("/")[:2])


def test_an_undeclared_endpoint_lets_nobody_in_even_without_the_check(bare: Build) -> None:
    app = bare(authenticators=[by_header])
    app.add_url_rule("/v1/open", "open", lambda: "x")
    client = app.test_client()
    assert client.get("/v1/open").status_code == 401
    assert client.get("/v1/open", headers={"X-Test": "coordinator/1/"}).status_code == 403


def test_head_is_checked_as_get(bare: Build) -> None:
    app = bare()
    app.add_url_rule("/v1/open", "open", policy("member")(lambda: "x"))
    assert finish(app).test_client().head("/v1/open").status_code == 401


def test_an_unknown_credential_is_named(bare: Build) -> None:
    app = bare()
    app.add_url_rule("/v1/open", "open", policy("member")(lambda: "x"))
    response = app.test_client().get("/v1/open", headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 401
    assert response.get_json()["code"] == "credential_unknown"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_pages_send_the_unknown_to_sign_in_but_the_api_does_not(bare: Build) -> None:
    app = bare()
    app.add_url_rule("/queue", "queue", policy("coordinator")(lambda: "x"))
    app.add_url_rule("/v1/queue", "api_queue", policy("coordinator")(lambda: "x"))
    on_unauthenticated(app, lambda: ("", 303, {"Location": "/sign-in"}))
    client = finish(app).test_client()
    assert client.get("/queue").headers["Location"] == "/sign-in"
    assert client.get("/v1/queue").status_code == 401


def test_an_endpoint_of_a_library_is_declared_by_name(bare: Build) -> None:
    app = bare()
    app.add_url_rule("/v1/open", "open", lambda: "x")
    declare(app, "open", "public")
    assert finish(app).test_client().get("/v1/open").text == "x"
