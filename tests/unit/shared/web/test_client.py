"""Calls between services: signed, repeated only where that is harmless, refusals handed back."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from shared.clock import ManualClock
from shared.observability import tracing
from shared.web.app import finish
from shared.web.client import ServiceClient, ServiceUnavailable
from shared.web.policy import policy, principal
from shared.web.tokens import ServiceTokens, service_authenticator

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.client.time.sleep", lambda _seconds: None)


def client_over(clock: ManualClock, transport: httpx.BaseTransport) -> ServiceClient:
    tokens = ServiceTokens(KEY, clock)
    return ServiceClient("http://registry.example", tokens, "notifier", "registry", transport)


def test_the_other_side_knows_who_calls_and_for_whom(
    bare: Callable[..., Flask], clock: ManualClock
) -> None:
    app = bare(authenticators=[service_authenticator(ServiceTokens(KEY, clock), "registry")])

    @app.get("/v1/me")
    @policy("service:notifier")
    def me() -> dict[str, str | None]:
        return {"caller": principal().label, "for": principal().acting_for}

    client = client_over(clock, httpx.WSGITransport(app=finish(app)))
    answer = client.request("GET", "/v1/me", acting_for="coordinator:7")
    assert answer.json() == {"caller": "service:notifier", "for": "coordinator:7"}
    client.close()


def test_a_token_of_other_keys_is_refused_with_the_fix(
    bare: Callable[..., Flask], clock: ManualClock
) -> None:
    app = bare(authenticators=[service_authenticator(ServiceTokens(b"x" * 32, clock), "registry")])
    app.add_url_rule("/v1/me", "me", policy("service:notifier")(lambda: "x"))
    answer = client_over(clock, httpx.WSGITransport(app=finish(app))).request("GET", "/v1/me")
    assert answer.status_code == 401
    assert "CONVENE_SERVICE_KEY" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "headers", "failure", "tries"),
    [
        ("GET", {}, httpx.ReadTimeout("slow"), 3),
        ("PUT", {}, httpx.ReadError("cut"), 3),
        ("POST", {}, httpx.ReadTimeout("slow"), 1),
        ("POST", {}, httpx.ConnectError("refused"), 3),
        ("POST", {"Idempotency-Key": "1"}, httpx.ReadTimeout("slow"), 3),
    ],
)
def test_repeats_only_what_is_harmless(
    clock: ManualClock, method: str, headers: dict[str, str], failure: Exception, tries: int
) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        raise failure

    with pytest.raises(ServiceUnavailable, match=r"check that http://registry\.example"):
        client_over(clock, httpx.MockTransport(answer)).request(method, "/v1/x", headers=headers)
    assert len(seen) == tries
    assert len(set(seen)) == tries  # each try carries a token of its own


def test_not_ready_is_tried_again_and_a_refusal_is_handed_back(clock: ManualClock) -> None:
    statuses = iter([503, 502, 404])
    transport = httpx.MockTransport(lambda _request: httpx.Response(next(statuses)))
    assert client_over(clock, transport).request("GET", "/v1/x").status_code == 404


def test_the_trace_goes_along(clock: ManualClock) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["traceparent"])
        return httpx.Response(200)

    with tracing.span("outer") as traceparent:
        client_over(clock, httpx.MockTransport(answer)).request("GET", "/v1/x")
    assert tracing.trace_id(seen[0]) == tracing.trace_id(traceparent)
    assert seen[0] != traceparent
