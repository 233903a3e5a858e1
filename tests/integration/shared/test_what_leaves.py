"""What goes out beside the data: traces that hold together, errors that quote no stored value."""

import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import MetaData, insert, select
from sqlalchemy.exc import DBAPIError

from shared.bus.records import Delivery, Record
from shared.clock import ManualClock
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_BOUNCED, CONTACT_UNSUBSCRIBED
from shared.messaging.applying import Applier
from shared.messaging.failures import Fate
from shared.messaging.parking import Parking
from shared.messaging.worker import Worker
from shared.observability import tracing
from shared.storage import Conflict, Database, Work, standard_tables, unit_of_work
from shared.storage.errors import StorageUnavailable

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
TABLES = standard_tables(MetaData())
SECRET = "canary-of-a-stored-value"


def write(database: Database, cause: Event | None = None) -> Event:
    data = {"contact_id": "c1", "member_id": "m1", "choices": ["proposals"]}
    clock = ManualClock(NOW)
    with unit_of_work(database, source="/notifier", clock=clock, cause=cause) as work:
        return work.publish(CONTACT_UNSUBSCRIBED, "c1", data)


def outbox(database: Database) -> list[Record]:
    with database.read() as connection:
        rows = connection.execute(select(TABLES.outbox).order_by(TABLES.outbox.c.position)).all()
    return [
        Record(row.topic, row.key, row.value, tuple((n, v.encode()) for n, v in row.headers))
        for row in rows
    ]


def test_an_event_belongs_to_the_trace_it_was_written_in(database: Database) -> None:
    assert write(database).traceparent is None
    with tracing.span("request") as own:
        assert write(database).traceparent == own


def test_a_cause_outside_any_span_hands_on_its_trace(database: Database) -> None:
    with tracing.span("request") as own:
        first = write(database)
    assert write(database, cause=first).traceparent == own


def test_what_a_handler_causes_goes_on_in_the_trace_of_its_event(database: Database) -> None:
    seen: list[str | None] = []

    def handler(work: Work, event: Event) -> None:
        seen.append(tracing.current_traceparent())
        bounced = {"contact_id": "c1", "member_id": "m1", "code": "mailbox_unknown"}
        work.publish(CONTACT_BOUNCED, event.subject, bounced)

    with tracing.span("request") as own:
        write(database)
    (record,) = outbox(database)
    parking = Parking("registry", ManualClock(NOW))
    applier = Applier(
        {CONTACT_UNSUBSCRIBED: handler}, parking, source="/notifier", clock=ManualClock(NOW)
    )
    with database.write() as connection:
        assert applier.apply(connection, Delivery(record, 0, 0, NOW.timestamp())) is Fate.HANDLED
    assert tracing.current_traceparent() is None
    assert seen[0] is not None
    assert seen[0] != own
    assert tracing.trace_id(seen[0]) == tracing.trace_id(own)
    caused = dict(outbox(database)[1].headers)["traceparent"].decode()
    assert caused == seen[0]


def test_a_worker_sends_traces_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str | None]] = []
    monkeypatch.setattr(tracing, "configure", lambda *given: told.append(given))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    worker = Worker("registry", [], traces_url="http://127.0.0.1:4318/v1/traces")
    worker.stop()
    assert worker.run() == 0
    assert told == [("registry", "http://127.0.0.1:4318/v1/traces")]


def test_an_error_of_the_database_quotes_no_stored_value(database: Database) -> None:
    row = {"name": SECRET, "value": 1}
    with database.write() as connection:
        connection.execute(insert(TABLES.counters).values(**row))
    with pytest.raises(Conflict) as caught, database.write() as connection:
        connection.execute(insert(TABLES.counters).values(**row))
    assert SECRET not in str(caught.value)


def test_a_refused_statement_is_told_without_its_parameters(database: Database) -> None:
    mark = "%s" if database.dialect == "postgresql" else "?"
    refused = (StorageUnavailable, DBAPIError)
    with pytest.raises(refused) as caught, database.read() as connection:
        connection.exec_driver_sql(f"SELECT * FROM no_such_table WHERE name = {mark}", (SECRET,))
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"
