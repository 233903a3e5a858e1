"""How often one caller may ask: token buckets in the service's database.

In the database because a count in memory would be per process, and a limit on guessing passwords
must hold however many processes there are. It costs a write: put it on routes that are worth it.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app, request
from sqlalchemy import Connection, MetaData, select, update

from shared.clock import Clock
from shared.storage.database import Database
from shared.storage.statements import insert_ignore
from shared.storage.tables import standard_tables
from shared.web.policy import principal
from shared.web.problems import problem

_TABLE = standard_tables(MetaData()).rate_limits
_ViewT = TypeVar("_ViewT", bound=Callable[..., Any])
_THOUSANDTHS = 1_000  # buckets hold thousandths of a request, so that refills are never lost


def rate_limit(
    name: str, *, per_minute: int, burst: int | None = None, by: Callable[[], str] | None = None
) -> Callable[[_ViewT], _ViewT]:
    """Allows `per_minute` calls, `burst` of them at once (default: all), else 429.

    Counted per caller, for the unknown per address, or per whatever `by` gives. Keys are hashed
    before they are stored.
    """

    def limit(view: _ViewT) -> _ViewT:
        @functools.wraps(view)
        def limited(*args: Any, **kwargs: Any) -> Any:
            database: Database = current_app.extensions["convene_database"]
            clock: Clock = current_app.extensions["convene_clock"]
            bucket = _bucket(name, by)
            with database.write() as connection:
                wait_seconds = take(
                    connection,
                    bucket,
                    clock.now(),
                    per_minute=per_minute,
                    burst=burst or per_minute,
                )
            if wait_seconds > 0:
                _refuse(per_minute, wait_seconds)
            return view(*args, **kwargs)

        return limited  # type: ignore[return-value]

    return limit


def take(
    connection: Connection, bucket: str, now: datetime, *, per_minute: int, burst: int
) -> float:
    """Takes one request from the bucket; seconds to wait, or 0.0 when it was there."""
    full = burst * _THOUSANDTHS
    insert_ignore(connection, _TABLE, {"bucket": bucket, "tokens": full, "refilled_at": now})
    columns = select(_TABLE.c.tokens, _TABLE.c.refilled_at).where(_TABLE.c.bucket == bucket)
    row = connection.execute(columns.with_for_update()).one_or_none()
    if row is None:  # forgotten just now, as one that nobody used
        return take(connection, bucket, now, per_minute=per_minute, burst=burst)
    per_second = per_minute * _THOUSANDTHS / 60
    passed_seconds = max(0.0, (now - row.refilled_at).total_seconds())
    tokens = min(full, row.tokens + int(passed_seconds * per_second))
    if tokens < _THOUSANDTHS:
        return float((_THOUSANDTHS - tokens) / per_second)
    values = {"tokens": tokens - _THOUSANDTHS, "refilled_at": now}
    connection.execute(update(_TABLE).where(_TABLE.c.bucket == bucket).values(**values))
    return 0.0


def _bucket(name: str, by: Callable[[], str] | None) -> str:
    caller = principal()
    if by is not None:
        subject = by()
    else:
        subject = caller.label if caller.kind != "public" else f"at:{request.remote_addr}"
    return f"{name}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _refuse(per_minute: int, wait_seconds: float) -> None:
    seconds = math.ceil(wait_seconds)
    problem(
        429,
        "too_many_requests",
        f"No more than {per_minute} of these a minute are taken. Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )
