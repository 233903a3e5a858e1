"""What every response carries: the security headers, the request's id, the log line, the figures."""

from __future__ import annotations

import re
import secrets
import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, reset_contextvars

from shared.observability import metrics, tracing
from shared.observability.logging import get_logger
from shared.settings import Settings
from shared.web.policy import principal

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PROBES = frozenset({"probes.livez", "probes.readyz", "probes.metrics"})
_log = get_logger()

# Bootstrap's style sheet draws its small pictures from data: addresses.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def cookie_name(service: str, purpose: str, *, tls: bool) -> str:
    """A cookie's name. It carries the service, because ports of one host share cookies."""
    name = f"convene-{service}-{purpose}"
    return f"__Host-{name}" if tls else name


def install_headers(app: Flask, service: str, settings: Settings) -> None:
    """Registers what happens first and last in every request."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
        g.started = time.perf_counter()
        g.span = tracing.span(
            "http_request",
            traceparent=request.headers.get("traceparent"),
            fields={"http.method": request.method, "http.route": _route()},
        )
        traceparent = g.span.__enter__()
        # Unbound again at the end: a thread serves many requests, and in tests one within another.
        g.bound = bind_contextvars(request_id=g.request_id, trace_id=tracing.trace_id(traceparent))

    @app.after_request
    def finish(response: Response) -> Response:
        _secure(response, settings)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        _count(service, response)
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        reset_contextvars(**g.pop("bound", {}))
        span = g.pop("span", None)
        if span is not None:
            span.__exit__(None, None, None)


def _secure(response: Response, settings: Settings) -> None:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    # same-origin: links hold tokens that no other site may see, and CSRF checks need a referrer.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if settings.hsts_seconds:
        value = f"max-age={settings.hsts_seconds}; includeSubDomains"
        headers.setdefault("Strict-Transport-Security", value)
    if request.endpoint is None or not request.endpoint.endswith("static"):
        headers.setdefault("Cache-Control", "no-store")


def _route() -> str:
    """The rule, never the path: paths hold ids and the tokens of links."""
    return request.url_rule.rule if request.url_rule is not None else "(none)"


def _count(service: str, response: Response) -> None:
    if request.endpoint in _PROBES or "started" not in g:
        return
    seconds = time.perf_counter() - g.started
    method = request.method if request.method in _METHODS else "other"
    metrics.http_requests.labels(service, method, _route(), str(response.status_code)).inc()
    metrics.http_seconds.labels(service, method, _route()).observe(seconds)
    if request.endpoint is not None and request.endpoint.endswith("static"):
        return
    _log.info(
        "request",
        method=method,
        route=_route(),
        status=response.status_code,
        seconds=round(seconds, 4),
        caller=principal().kind,
    )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
