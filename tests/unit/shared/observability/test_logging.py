"""One JSON object a line, whoever logs, and nothing about people in it."""

from __future__ import annotations

import io
import json
import logging as standard
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.observability import logging as our_logging
from shared.observability.redaction import without_private


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = standard.getLogger()
    handlers, level = root.handlers[:], root.level
    our_logging.clear_contextvars()
    our_logging.configure("matcher", out=stream)
    yield stream
    root.handlers, root.level = handlers, level
    standard.captureWarnings(capture=False)
    structlog.reset_defaults()
    our_logging.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_its_context(out: io.StringIO) -> None:
    our_logging.bind_contextvars(request_id="r1")
    our_logging.get_logger().info("match_proposed", match_id="0190", rounds=[1, 2])
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "match_proposed",
        "level": "info",
        "service": "matcher",
        "request_id": "r1",
        "match_id": "0190",
        "rounds": [1, 2],
    }


def test_libraries_speak_the_same_way(out: io.StringIO) -> None:
    standard.getLogger("some.library").warning("it took %s s", 3)
    (line,) = lines(out)
    assert (line["event"], line["logger"], line["level"]) == (
        "it took 3 s",
        "some.library",
        "warning",
    )


def test_gunicorn_speaks_the_same_way(out: io.StringIO) -> None:
    gunicorn = standard.getLogger("gunicorn.error")
    gunicorn.handlers, gunicorn.propagate = [standard.StreamHandler(io.StringIO())], False
    our_logging.configure("matcher", out=out)
    gunicorn.warning("Worker exiting")
    assert lines(out)[0]["event"] == "Worker exiting"


def test_private_fields_are_dropped_at_any_depth(out: io.StringIO) -> None:
    our_logging.get_logger().info(
        "sent",
        email="jo@council.example",
        Name="Jo",
        contact={"phone": "1", "id": "c1", "more": [{"note": "x", "code": "y"}]},
        detail="could not reach jo@council.example today",
    )
    (line,) = lines(out)
    assert "jo@" not in out.getvalue()
    assert "Jo" not in out.getvalue()
    assert line["redacted"] == ["Name", "email"]
    assert line["contact"]["redacted"] == ["phone"]
    assert line["contact"]["more"] == [{"code": "y", "redacted": ["note"]}]
    assert line["detail"] == "could not reach (address removed) today"


def test_an_exception_shows_frames_but_no_values(out: io.StringIO) -> None:
    secret_of_the_frame = "jo@council.example"
    try:
        raise ValueError(f"no such row {secret_of_the_frame}\nDETAIL: Key (name)=(Jo)")  # noqa: TRY301
    except ValueError:
        our_logging.get_logger().exception("failed")
    (line,) = lines(out)
    assert line["error_type"] == "ValueError"
    assert line["error"] == "no such row (address removed)"
    assert "test_logging.py" in line["error_frames"][-1]
    assert "Jo" not in out.getvalue()
    assert "jo@" not in out.getvalue()


def test_what_cannot_be_written_as_json_still_makes_a_line(out: io.StringIO) -> None:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    our_logging.get_logger().info("odd", thing=object(), loop=loop, raw=b"\xff")
    assert lines(out)[0]["event"] == "odd"


def test_passwords_in_addresses_are_masked() -> None:
    assert without_private("postgresql://u:secret@h/db") == "postgresql://u:…@h/db"
