"""A worker's health server, over a real socket; and spans through the real OpenTelemetry SDK."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from shared.observability.health import HealthServer, serve_health

REASONS: dict[str, str | None] = {}


@pytest.fixture
def server() -> Iterator[HealthServer]:
    REASONS.clear()
    server = serve_health(
        0,
        {"bus": lambda: REASONS.get("bus")},
        alive={"loop": lambda: REASONS.get("loop")},
    )
    yield server
    server.close()


def get(server: HealthServer, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False)


def test_health_follows_the_checks(server: HealthServer) -> None:
    assert get(server, "/livez").status_code == get(server, "/readyz").status_code == 200
    REASONS["bus"] = "no broker answers"
    assert get(server, "/livez").status_code == 200
    answer = get(server, "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "wrong": {"bus": "no broker answers"}}
    REASONS["loop"] = "stalled"
    assert get(server, "/livez").status_code == 503


def test_figures_and_nothing_else(server: HealthServer) -> None:
    assert "convene_outbox_depth" in get(server, "/metrics").text
    assert get(server, "/").status_code == 404
    assert httpx.head(f"http://127.0.0.1:{server.port}/livez", trust_env=False).status_code == 200


def test_closing_frees_the_port(server: HealthServer) -> None:
    again = serve_health(0, {})
    port = again.port
    again.close()
    again.close()
    serve_health(port, {}).close()


EXPORT = """
from opentelemetry.sdk.trace.export import SpanExporter
import opentelemetry.exporter.otlp.proto.http.trace_exporter as otlp
from shared.observability import tracing

sent = []

class Kept(SpanExporter):
    def __init__(self, address): assert address == "http://127.0.0.1:4318/v1/traces"
    def export(self, spans): sent.extend(spans)
    def shutdown(self): pass

otlp.OTLPSpanExporter = Kept
assert tracing.configure("matcher", "http://127.0.0.1:4318/v1/traces")
parent = f"00-{'a' * 32}-{'b' * 16}-01"
with tracing.span("outer", traceparent=parent, fields={"http.method": "GET"}) as outer:
    with tracing.span("inner") as inner:
        assert tracing.trace_id(inner) == tracing.trace_id(outer) == "a" * 32
tracing._tracer[0].span_processor.force_flush()
print([(span.name, f"{span.context.trace_id:032x}") for span in sent])
"""


def test_spans_reach_the_sdk() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXPORT], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([("inner", "a" * 32), ("outer", "a" * 32)])
