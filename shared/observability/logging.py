"""One JSON object a line on standard error, from our own code and from every library.

Event names are constants; what varies is in fields. Text of people never is (redaction.py).
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, TextIO

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.types import EventDict, Processor, WrappedLogger

from shared.observability.redaction import masked_text, without_private

__all__ = ["bind_contextvars", "clear_contextvars", "configure", "get_logger"]

# Chatty at info about what our own lines already say.
_QUIET = ("werkzeug", "kafka", "httpx", "httpcore", "alembic", "urllib3", "mail.log")
# Set up handlers of their own before the application is loaded.
_OWN_HANDLERS = ("gunicorn.error", "gunicorn.access")


def get_logger(**fields: Any) -> structlog.stdlib.BoundLogger:
    """A logger; its first positional argument is a constant event name, the rest are fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(**fields)
    return logger


def configure(service: str, level: str = "info", out: TextIO | None = None) -> None:
    """Sends every line of this process through one JSON formatter; call once, when it starts."""
    shared_steps: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _said_by(service),
        _exception_as_fields,
        _redact,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared_steps],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _OWN_HANDLERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _said_by(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def _exception_as_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Type, masked message and the frames; never local variables, which hold people's data."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error_type"] = type(error).__qualname__
        # The first line only: database drivers put the values of the row on the later ones.
        event["error"] = masked_text(str(error).partition("\n")[0])[:500]
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["error_frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
    return event


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # ProcessorFormatter's own entries begin with an underscore and are not rendered.
    own = {key: value for key, value in event.items() if key.startswith("_")}
    rest = {key: value for key, value in event.items() if not key.startswith("_")}
    return {**without_private(rest), **own}
