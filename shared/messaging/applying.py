"""Records: decode, look whether they were seen, hand them to their handler, decide their fate."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, MetaData, bindparam, select

from shared.bus.records import Delivery
from shared.clock import Clock
from shared.contracts.codec import Malformed, UnknownType, decode
from shared.contracts.envelope import Event
from shared.contracts.topics import TOPICS
from shared.messaging.failures import TRIES_OF_A_BUG, Fate, Poison, is_transient
from shared.messaging.parking import Parking
from shared.observability import metrics, tracing
from shared.observability.logging import get_logger
from shared.storage.statements import savepoint, upsert
from shared.storage.tables import standard_tables
from shared.storage.work import Work

BEHIND = "behind an earlier parked record of the same key"

Handler = Callable[[Work, Event], None]
ManyHandler = Callable[[Work, Sequence[Event]], None]
"""Takes events of one topic that follow each other, in their order, each newer than what was
applied of its subject. It publishes nothing: its `Work` has no cause.
"""

_inbox = standard_tables(MetaData()).inbox
# Built once: it is asked of every record.
_LAST_APPLIED = select(_inbox.c.sequence).where(
    _inbox.c.topic == bindparam("topic"), _inbox.c.subject == bindparam("subject")
)
_LAST_APPLIED_OF = select(_inbox.c.subject, _inbox.c.sequence).where(
    _inbox.c.topic == bindparam("topic"),
    _inbox.c.subject.in_(bindparam("subjects", expanding=True)),
)
_log = get_logger()


def one_of(many: ManyHandler) -> Handler:
    """The same for a single event."""
    return lambda work, event: many(work, [event])


class Applier:
    """Applies deliveries inside the caller's transaction; whatever fails is undone alone.

    `together` names, by event type, who takes many at once; each type has its handler as well.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        parking: Parking,
        *,
        source: str,
        clock: Clock,
        together: Mapping[str, ManyHandler] | None = None,
    ) -> None:
        self._handlers = handlers
        self._many = together or {}
        self._parking = parking
        self._source = source
        self._clock = clock

    def apply_some(
        self, connection: Connection, deliveries: Sequence[Delivery], ends_at: float
    ) -> list[Fate]:
        """Of these as many as there is time for, at least one; their fates, in their order.

        Raises only what is transient, as `apply`.
        """
        fates: list[Fate] = []
        while len(fates) < len(deliveries):
            topic = deliveries[len(fates)].record.topic
            run = self._run_of(deliveries[len(fates) :])
            done = self._apply_together(connection, topic, run) if len(run) > 1 else None
            if done is None:
                # Whatever is wrong in a run is found by its records one by one, and undone alone.
                one_by_one = deliveries[len(fates) : len(fates) + max(1, len(run))]
                done = self._apply_each(connection, one_by_one, ends_at)
            fates += done
            if time.monotonic() > ends_at:
                break
        return fates

    def _apply_each(
        self, connection: Connection, deliveries: Sequence[Delivery], ends_at: float
    ) -> list[Fate]:
        fates = []
        for delivery in deliveries:
            fates.append(self.apply(connection, delivery))
            if time.monotonic() > ends_at:
                break
        return fates

    def apply(self, connection: Connection, delivery: Delivery) -> Fate:
        """Raises only what is transient; then the whole transaction must be rolled back."""
        record = delivery.record
        if self._parking.is_blocked(connection, record.topic, record.key):
            self._parking.park(connection, delivery, BEHIND, None)
            return Fate.BEHIND
        try:
            event = decode(record)
        except UnknownType:
            return Fate.SKIPPED
        except Malformed as error:
            self._parking.park(connection, delivery, str(error), None)
            return Fate.PARKED
        last = self._last_applied(connection, record.topic, event)
        if last is not None and event.sequence <= last:
            return Fate.DUPLICATE
        self._look_for_gap(record.topic, event, 1 if last is None else last + 1)
        handler = self._handlers.get(event.type)
        if handler is None:
            # Its number still counts: without it the next event would look like one after a gap.
            self._note(connection, record.topic, [event])
            return Fate.SKIPPED
        reason = self._handle(connection, handler, event, record.topic)
        if reason is not None:
            self._parking.park(connection, delivery, reason, event.type)
            return Fate.PARKED
        return Fate.HANDLED

    def _run_of(self, deliveries: Sequence[Delivery]) -> list[Event]:
        """The events at the beginning of these that one handler can take at once."""
        many, topic = self._many.get(_type_of(deliveries[0])), deliveries[0].record.topic
        run: list[Event] = []
        if many is None:
            return run
        for delivery in deliveries:
            record = delivery.record
            if record.topic != topic or self._many.get(_type_of(delivery)) is not many:
                break
            if self._parking.may_be_blocked(topic, record.key):
                break
            try:
                run.append(decode(record))
            except (UnknownType, Malformed):
                break
        return run

    def _apply_together(
        self, connection: Connection, topic: str, run: Sequence[Event]
    ) -> list[Fate] | None:
        """Their fates; None, with nothing done, where one of them cannot be handled."""
        last = self._last_applied_of(connection, topic, {event.subject for event in run})
        fresh: list[tuple[Event, int]] = []
        fates = []
        for event in run:
            before = last.get(event.subject, 0)
            fates.append(Fate.HANDLED if event.sequence > before else Fate.DUPLICATE)
            if event.sequence > before:
                fresh.append((event, before + 1))
                last[event.subject] = event.sequence
        events = [event for event, _ in fresh]
        if not events:
            return fates
        try:
            with savepoint(connection):
                self._many[run[0].type](Work(connection, self._clock.now(), self._source), events)
                self._note(connection, topic, events)
        except Exception as error:
            if is_transient(error):
                raise
            _log.info("taken_one_by_one", topic=topic, kind=type(error).__name__)
            return None
        for event, expected in fresh:
            self._look_for_gap(topic, event, expected)
            with self._span(event):
                pass  # for its trace: that it was taken in, with others
        return fates

    def _handle(
        self, connection: Connection, handler: Handler, event: Event, topic: str
    ) -> str | None:
        """None when handled, else why it has to be parked."""
        reason = ""
        for _ in range(TRIES_OF_A_BUG):
            work = Work(connection, self._clock.now(), self._source, cause=event)
            try:
                with self._span(event), savepoint(connection):
                    handler(work, event)
                    self._note(connection, topic, [event])
            except Poison as error:
                return str(error)
            except Exception as error:
                if is_transient(error):
                    raise
                _log.exception("handler_failed", type=event.type, event_id=event.id)
                reason = f"{type(error).__name__}: {error}"
            else:
                return None
        return reason

    @staticmethod
    def _span(event: Event) -> AbstractContextManager[str]:
        """What the handler causes goes on in the event's trace."""
        fields = {"type": event.type, "event_id": event.id}
        return tracing.span("handle_event", traceparent=event.traceparent, fields=fields)

    def _last_applied(self, connection: Connection, topic: str, event: Event) -> int | None:
        about = {"topic": topic, "subject": event.subject}
        last: int | None = connection.execute(_LAST_APPLIED, about).scalar()
        return last

    def _look_for_gap(self, topic: str, event: Event, expected: int) -> None:
        """Counted only where nothing is compacted away: there a missing number is a lost event."""
        if event.sequence == expected or TOPICS[topic].compacted:
            return
        metrics.sequence_gaps.labels(self._source.strip("/"), topic).inc()
        _log.error("sequence_gap", topic=topic, expected=expected, seen=event.sequence)

    @staticmethod
    def _last_applied_of(
        connection: Connection, topic: str, subjects: Collection[str]
    ) -> dict[str, int]:
        rows = connection.execute(_LAST_APPLIED_OF, {"topic": topic, "subjects": sorted(subjects)})
        return {row.subject: row.sequence for row in rows}

    def _note(self, connection: Connection, topic: str, events: Iterable[Event]) -> None:
        """With the effect and never without it: a parked event may come again."""
        now = self._clock.now()
        rows = {
            event.subject: {
                "topic": topic,
                "subject": event.subject,
                "sequence": event.sequence,
                "event_id": event.id,
                "applied_at": now,
            }
            for event in events
        }
        upsert(connection, _inbox, list(rows.values()), key=("topic", "subject"))


def _type_of(delivery: Delivery) -> str:
    """As its header has it, before anything is checked; empty where there is none."""
    found = (value for name, value in delivery.record.headers if name == "ce_type")
    return next(found, b"").decode("utf-8", "replace")
