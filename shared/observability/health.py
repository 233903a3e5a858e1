"""A small HTTP server for workers, which have no web of their own: /livez, /readyz, /metrics."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from prometheus_client import CollectorRegistry

from shared.observability import metrics
from shared.observability.logging import get_logger

Check = Callable[[], str | None]
"""Says what is wrong in words for an operator, or None when all is well. May raise."""

_log = get_logger()


def run_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """What is wrong, by the name of the check; empty when all is well."""
    wrong: dict[str, str] = {}
    for name, check in checks.items():
        try:
            reason = check()
        except Exception as error:  # noqa: BLE001 - a check that raises has failed, with a reason
            _log.warning("check_raised", check=name, exc_info=error)
            reason = f"the check raised {type(error).__name__}"
        if reason is not None:
            wrong[name] = reason
    return wrong


class HealthServer:
    """Answers in threads of its own until closed."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that was bound; a free one where 0 was asked for."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stops answering and frees the port; closing twice is harmless."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_health(
    port: int,
    checks: Mapping[str, Check],
    registry: CollectorRegistry | None = None,
    *,
    host: str = "127.0.0.1",
    alive: Mapping[str, Check] | None = None,
) -> HealthServer:
    """Serves /livez (`alive` checks), /readyz (`checks`) and /metrics until `close()`."""

    class Handler(_HealthHandler):
        answers: ClassVar = {
            "/livez": lambda: _health(run_checks(alive or {})),
            "/readyz": lambda: _health(run_checks({**(alive or {}), **checks})),
            "/metrics": lambda: (200, *metrics.exposition(registry)),
        }

    return HealthServer(ThreadingHTTPServer((host, port), Handler))


class _HealthHandler(BaseHTTPRequestHandler):
    """One request; its paths are filled in by serve_health."""

    answers: ClassVar[Mapping[str, Callable[[], tuple[int, bytes, str]]]] = {}
    timeout = 5.0  # an idle connection must not keep a thread

    def do_GET(self) -> None:
        answer = self.answers.get(self.path.partition("?")[0])
        if answer is None:
            paths = ", ".join(self.answers)
            self._send(404, f"Only {paths} are here.\n".encode(), "text/plain; charset=utf-8")
            return
        self._send(*answer())

    do_HEAD = do_GET  # noqa: N815

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Probes come every few seconds: they are not worth a line."""


def _health(wrong: Mapping[str, str]) -> tuple[int, bytes, str]:
    body = {"status": "not_ready" if wrong else "ok", "wrong": dict(wrong)}
    return (503 if wrong else 200), json.dumps(body).encode() + b"\n", "application/json"
