"""A trace goes through, with nothing installed to receive it."""

from __future__ import annotations

import pytest

from shared.observability import tracing


def test_spans_nest_in_one_trace() -> None:
    assert tracing.current_traceparent() is None
    with tracing.span("outer") as outer:
        assert tracing.current_traceparent() == outer
        with tracing.span("inner") as inner:
            assert tracing.trace_id(inner) == tracing.trace_id(outer)
            assert inner != outer
        assert tracing.current_traceparent() == outer
    assert tracing.current_traceparent() is None


def test_a_given_trace_is_continued() -> None:
    given = f"00-{'a' * 32}-{'b' * 16}-01"
    with tracing.span("work", traceparent=given) as own:
        assert tracing.trace_id(own) == "a" * 32


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "x",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"01-{'a' * 32}-{'b' * 16}-01",
        "00-" + "a" * 5000,
    ],
)
def test_nonsense_starts_a_new_trace(given: str | None) -> None:
    with tracing.span("work", traceparent=given) as own:
        assert tracing.readable(own) == own


def test_without_an_address_nothing_is_sent() -> None:
    assert tracing.configure("matcher", None) is False
