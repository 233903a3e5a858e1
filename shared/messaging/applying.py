"""One record: decode, look whether it was seen, hand it to its handler, decide its fate."""

from collections.abc import Callable, Mapping
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

_inbox = standard_tables(MetaData()).inbox
# Built once: it is asked of every record.
_LAST_APPLIED = select(_inbox.c.sequence).where(
    _inbox.c.topic == bindparam("topic"), _inbox.c.subject == bindparam("subject")
)
_log = get_logger()


class Applier:
    """Applies one delivery inside the caller's transaction; whatever fails is undone alone."""

    def __init__(
        self, handlers: Mapping[str, Handler], parking: Parking, *, source: str, clock: Clock
    ) -> None:
        self._handlers = handlers
        self._parking = parking
        self._source = source
        self._clock = clock

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
            self._note(connection, record.topic, event)
            return Fate.SKIPPED
        reason = self._handle(connection, handler, event, record.topic)
        if reason is not None:
            self._parking.park(connection, delivery, reason, event.type)
            return Fate.PARKED
        return Fate.HANDLED

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
                    self._note(connection, topic, event)
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

    def _note(self, connection: Connection, topic: str, event: Event) -> None:
        """With the effect and never without it: a parked event may come again."""
        row = {
            "topic": topic,
            "subject": event.subject,
            "sequence": event.sequence,
            "event_id": event.id,
            "applied_at": self._clock.now(),
        }
        upsert(connection, _inbox, row, key=("topic", "subject"))
