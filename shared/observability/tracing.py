"""Which request or event a piece of work belongs to (W3C traceparent), with or without OpenTelemetry.

Without the extra `otel`, or without an address to send to, spans cost nothing and the traceparent
is still carried from request to event to request.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_current: ContextVar[str | None] = ContextVar("convene_traceparent", default=None)
_exporting: ContextVar[bool] = ContextVar("convene_exporting", default=False)
_tracer: list[Any] = []  # filled once by configure(); empty means: no traces are sent


def configure(service: str, traces_url: str | None) -> bool:
    """Starts sending traces to `traces_url`; False where there is none or the extra is missing.

    Once per process: a second call changes nothing.
    """
    if _tracer:
        return True
    if traces_url is None or importlib.util.find_spec("opentelemetry") is None:
        return False
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resources = importlib.import_module("opentelemetry.sdk.resources")
    provider = sdk.TracerProvider(
        resource=resources.Resource.create({"service.name": f"convene-{service}"})
    )
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(traces_url)))
    _tracer[:] = [provider.get_tracer("convene")]
    return True


def new_traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def readable(traceparent: str | None) -> str | None:
    """`traceparent` if it is one (version 00, neither id all zero), else None."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return traceparent


def trace_id(traceparent: str) -> str:
    return traceparent.split("-")[1]


def current_traceparent() -> str | None:
    """The traceparent to put on what this work causes; None outside any."""
    return _current.get()


@contextmanager
def span(
    name: str, *, traceparent: str | None = None, fields: Mapping[str, str | int] | None = None
) -> Iterator[str]:
    """One piece of work called by a constant `name`; gives the traceparent it runs under.

    Continues `traceparent`, else the current one, else starts a trace. Fields hold codes only.
    """
    parent = readable(traceparent) or _current.get()
    if _tracer:
        with _exported_span(name, parent, fields or {}) as own:
            yield own
        return
    own = f"00-{trace_id(parent)}-{secrets.token_hex(8)}-01" if parent else new_traceparent()
    token = _current.set(own)
    try:
        yield own
    finally:
        _current.reset(token)


@contextmanager
def _exported_span(name: str, parent: str | None, fields: Mapping[str, str | int]) -> Iterator[str]:
    propagation = importlib.import_module("opentelemetry.trace.propagation.tracecontext")
    propagator = propagation.TraceContextTextMapPropagator()
    context = propagator.extract({"traceparent": parent} if parent else {})
    with _tracer[0].start_as_current_span(
        name,
        context=context,
        attributes=dict(fields),
        record_exception=False,  # an error's words may quote what must not leave
        set_status_on_exception=False,
    ):
        carrier: dict[str, str] = {}
        propagator.inject(carrier)
        own = carrier.get("traceparent") or new_traceparent()
        token = _current.set(own)
        try:
            yield own
        finally:
            _current.reset(token)
