"""What a test client cannot send: broken framing, bodies without a length, half a request."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIMIT = 20_000
GUNICORN = (sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4")
APPLICATION = """
from pathlib import Path
import marshmallow as ma
from flask import request
from shared.clock import SystemClock
from shared.observability.logging import configure
from shared.settings import Settings
from shared.web.app import create_app, finish
from shared.web.openapi import Blueprint, Strict, make_api
from shared.web.policy import policy
from shared.web.requests import accepts

class Thing(Strict):
    title = ma.fields.String(required=True)

configure("registry")
settings = Settings(keys_dir=Path("keys"), max_body_bytes=20_000)
app = create_app("registry", settings=settings, database=None, clock=SystemClock())
things = Blueprint("things", "shared.web", url_prefix="/v1/things")

@things.post("")
@policy("public")
@things.arguments(Thing)
def create(data):
    return data

@things.post("/import")
@policy("public")
@accepts("text/csv", max_bytes=40_000)
def upload():
    return {"bytes": len(request.get_data())}

@things.get("/<name>")
@policy("public")
def show(name):
    return {"name": name}

make_api(app, "Things").register_blueprint(things)
finish(app)
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A gunicorn on a socket that is bound before it starts, so there is nothing to wait for."""
    folder: Path = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(APPLICATION)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [*GUNICORN, "--bind", f"fd://{listening.fileno()}", "served:app"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            pass_fds=[listening.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            yield int(listening.getsockname()[1])
        finally:
            process.terminate()
            process.wait(20)


def send(port: int, raw: bytes) -> tuple[int, dict[str, object]]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body) if b"json" in head else {}
    return int(head.split()[1]), document


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(body: bytes) -> bytes:
    return b"".join((f"{len(body):x}\r\n".encode(), body, b"\r\n0\r\n\r\n"))


JSON, CSV = "Content-Type: application/json", "Content-Type: text/csv"
CHUNKS = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (request("POST /v1/things", JSON, CHUNKS, body=chunked(b'{"title": "x"}')), 200, None),
        (
            request("POST /v1/things", JSON, CHUNKS, body=chunked(b'"' + b"x" * LIMIT)),
            413,
            "too_large",
        ),
        (request("POST /v1/things", JSON, CHUNKS, body=b"zz\r\n"), 400, "body_unreadable"),
        (request("POST /v1/things", JSON, CHUNKS, body=b"5\r\n{"), 400, None),
        (request("POST /v1/things", JSON, "Content-Length: 10", body=b"{"), 400, None),
        (request("POST /v1/things", JSON, f"Content-Length: {LIMIT + 1}"), 413, "too_large"),
        (request("POST /v1/things/import", CSV, CHUNKS, body=chunked(b"x" * 50_000)), 411, None),
        (request("POST /v1/things/import", CSV, "Content-Length: 2", body=b"ab"), 200, None),
        (request("GET /v1/things/%00"), 400, "unusable_character"),
        (request("GET /v1/things/%ff%fe"), 200, None),
        (request("GET /v1/things/x", "Cookie: \xff=\xff", "X-Request-Id: \xff"), 200, None),
        (request("GET /v1/things/x", "Authorization: Bearer \xff\xfe"), 200, None),
        (request("FOO /v1/things"), 405, "method_not_allowed"),
    ],
)
def test_what_comes_over_the_wire(port: int, raw: bytes, status: int, code: str | None) -> None:
    answered, document = send(port, raw)
    assert answered == status, document
    if code is not None:
        assert document["code"] == code


def test_figures_are_served(port: int) -> None:
    assert send(port, request("GET /metrics"))[0] == 200
    assert send(port, request("GET /readyz")) == (200, {"status": "ok", "wrong": []})
