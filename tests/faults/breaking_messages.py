"""How the parts that every service shares are broken: outbox, relay, runner, inbox, parking."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from shared.bus.records import Delivery, Record
from shared.contracts import codec
from shared.contracts.envelope import Event
from shared.ids import new_id
from shared.messaging import relay as relaying
from shared.messaging.applying import Applier
from shared.messaging.parking import Parking
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner, _next_offsets
from shared.storage import Database, Work


def acknowledge_without_commit(patch: pytest.MonkeyPatch) -> None:
    whole = Database._transaction
    turns = itertools.count(1)

    @contextmanager
    def forgetful(self: Database) -> Iterator[Connection]:
        with whole(self) as connection:
            nested = connection.begin_nested()
            yield connection
            if next(turns) % 4 == 0:
                nested.rollback()

    patch.setattr(Database, "_transaction", forgetful)


def publish_without_outbox(patch: pytest.MonkeyPatch) -> None:
    """In the use case, straight to the bus; a change that is rolled back was told all the same."""
    sent: list[Record] = []
    append, mark = Work._append, Relay._mark

    def at_once(self: Work, event: Event) -> None:
        append(self, event)
        sent.append(codec.encode(event))

    def beside(self: Relay, positions: list[int]) -> None:
        if self._publisher is not None and sent:
            self._publisher.publish(sent)
            sent.clear()
        mark(self, positions)

    patch.setattr(Work, "_append", at_once)
    patch.setattr(Relay, "_mark", beside)


def new_id_at_each_sending(patch: pytest.MonkeyPatch) -> None:
    record = relaying._record

    def renamed(row: Any) -> Record:
        made = record(row)
        headers = {**dict(made.headers), "ce_id": new_id().encode()}
        return Record(made.topic, made.key, made.value, tuple(headers.items()))

    patch.setattr(relaying, "_record", renamed)


def mark_before_sending(patch: pytest.MonkeyPatch) -> None:
    unpublished = Relay._unpublished

    def marked(self: Relay) -> Sequence[Any]:
        rows = unpublished(self)
        self._mark([row.position for row in rows])
        return rows

    patch.setattr(Relay, "_unpublished", marked)


def send_old_rows_without_lease(patch: pytest.MonkeyPatch) -> None:
    def stale(self: Relay) -> int:
        rows = self._unpublished()
        if not rows:
            return 0
        self._publisher = self._publisher or self._bus.publisher(self._service)
        self._publisher.publish([relaying._record(row) for row in rows])
        self._mark([row.position for row in rows])
        return len(rows)

    patch.setattr(Relay, "_publish_next", stale)


def inbox_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Applier, "_last_applied", lambda *_: None)
    patch.setattr(Applier, "_last_applied_of", lambda *_: {})


def position_first(patch: pytest.MonkeyPatch) -> None:
    apply = Runner._apply

    def committed(self: Runner, batch: Sequence[Delivery]) -> Sequence[Delivery]:
        with self._database.write() as connection:
            self._positions.advance(connection, _next_offsets(batch))
        return apply(self, batch)

    patch.setattr(Runner, "_apply", committed)


def parked_thrown_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Parking, "park", lambda *_: None)


def broken_publisher_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Relay, "_drop_publisher", lambda *_: None)


def lost_consumer_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Runner, "_failed", lambda self, *_, **__: self._backoff.failed())
