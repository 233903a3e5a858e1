"""Publishing to Kafka: each chunk is one transaction under the service's name.

The transactional id is what fences an older relay of the same service. After any error the client is
discarded, because it would answer every later send with the old one; the next call builds a new one,
which also ends the unfinished transaction.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NoReturn

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError, UnknownTopicOrPartitionError

from shared import failpoints
from shared.bus.errors import BusUnavailable, Closed, Fenced, PublishRefused, RecordTooLarge
from shared.bus.kafka_clients import build
from shared.bus.kafka_errors import describe, is_fencing, is_refusal
from shared.bus.records import MAX_RECORD_BYTES, Record, record_size_bytes
from shared.bus.settings import BusSettings

MAX_IN_FLIGHT_RECORDS = 1_000
MAX_IN_FLIGHT_BYTES = 4 * 1_048_576


class KafkaPublisher:
    def __init__(self, name: str, connection: Mapping[str, Any], settings: BusSettings) -> None:
        self._name = name
        self._connection = connection
        self._settings = settings
        self._lock = threading.Lock()
        self._fenced = False
        self._closed = False
        self._producer: Any = self._build()

    def publish(self, records: Sequence[Record]) -> None:
        _refuse_too_large(records)
        with self._lock:
            durable = 0
            for chunk in _chunks(records):
                self._check_usable()
                try:
                    self._publish_chunk(chunk)
                except (BusUnavailable, PublishRefused) as error:
                    error.durable = durable
                    raise
                durable += len(chunk)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._discard()

    def _check_usable(self) -> None:
        if self._closed:
            raise Closed(f"The publisher {self._name!r} is closed; make a new one.")
        if self._fenced:
            raise Fenced(f"Another publisher has taken the name {self._name!r}; stop this one.")
        if self._producer is None:
            self._producer = self._build()

    def _publish_chunk(self, chunk: Sequence[Record]) -> None:
        sending, all_sent = chunk[0], False
        try:
            self._producer.begin_transaction()
            sent = []
            for sending in chunk:
                failpoints.reach("kafka.sending")
                future = self._send(sending)
                sent.append((sending, future))
            all_sent = True
            failpoints.reach("kafka.sent")
            deadline = time.monotonic() + self._settings.request_timeout_seconds
            for sending, future in sent:  # noqa: B007 - the error is about this one
                future.get(timeout=max(0.001, deadline - time.monotonic()))
            failpoints.reach("kafka.committing")
            self._commit(deadline)
            failpoints.reach("kafka.committed")
        except KafkaError as error:
            self._give_up(sending, error, topic_known=all_sent)

    def _send(self, record: Record) -> Any:
        return self._producer.send(
            record.topic, value=record.value, key=record.key, headers=list(record.headers)
        )

    def _commit(self, deadline: float) -> None:
        """As `commit_transaction()`, which would wait for an absent broker for ever."""
        # The client offers no timeout; these two names are covered by the contract suite.
        result = self._producer._transaction_manager.begin_commit()  # noqa: SLF001
        self._producer._sender.wakeup()  # noqa: SLF001
        if not result.wait(timeout_ms=max(1.0, (deadline - time.monotonic()) * 1000)):
            raise KafkaTimeoutError("The transaction was not confirmed in time.")

    def _give_up(self, record: Record, error: KafkaError, *, topic_known: bool) -> NoReturn:
        cause = self._last_error() or error
        self._discard()
        if is_fencing(error) or is_fencing(cause):
            self._fenced = True
            raise Fenced(
                f"Another publisher has taken the name {self._name!r}; stop this one."
            ) from error
        unknown = not topic_known and self._topic_is_unknown(record.topic)
        if unknown or is_refusal(error) or is_refusal(cause):
            raise PublishRefused(
                f"Kafka refused a record for {record.topic} with key {record.key!r} "
                f"({describe(error)}). Is the topic made (`setup`), and may we write it?",
                topic=record.topic,
                key=record.key,
            ) from error
        raise BusUnavailable(f"Kafka did not take the records ({describe(error)}).") from error

    def _last_error(self) -> BaseException | None:
        """Why the client stopped working, which a later error only hints at."""
        error = self._producer._transaction_manager.last_error  # noqa: SLF001
        return error if isinstance(error, BaseException) else None

    def _topic_is_unknown(self, topic: str) -> bool:
        """An unknown topic looks like a timeout to the sender, so ask; no answer is not a no."""
        try:
            with closing(build(KafkaAdminClient, self._connection)) as admin:
                found = admin.describe_topics([topic])
        except (BusUnavailable, KafkaError):
            return False
        return all(entry["error_code"] == UnknownTopicOrPartitionError.errno for entry in found)

    def _build(self) -> Any:
        timeout_ms = int(self._settings.request_timeout_seconds * 1000)
        producer = build(
            KafkaProducer,
            self._connection,
            transactional_id=self._name,
            transaction_timeout_ms=max(10_000, timeout_ms * 2),
            acks="all",
            allow_auto_create_topics=False,
            batch_size=262_144,
            max_block_ms=timeout_ms,
            delivery_timeout_ms=timeout_ms,
            request_timeout_ms=timeout_ms,
            retry_backoff_ms=20,
            reconnect_backoff_max_ms=1_000,
            metrics_enabled=False,
        )
        try:
            producer.init_transactions()
        except KafkaError as error:
            _close_at_once(producer)
            raise BusUnavailable(
                f"Kafka did not hand out the name {self._name!r} ({describe(error)})."
            ) from error
        return producer

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            _close_at_once(producer)


def _close_at_once(producer: Any) -> None:
    """`close()` flushes first and gives up on closing when that fails, so end the sender before."""
    producer._sender.force_close()  # noqa: SLF001
    producer._sender.join(1.0)  # noqa: SLF001
    producer.close(timeout=1.0)


def _refuse_too_large(records: Sequence[Record]) -> None:
    for record in records:
        size = record_size_bytes(record)
        if size > MAX_RECORD_BYTES:
            raise RecordTooLarge(
                size_bytes=size, limit_bytes=MAX_RECORD_BYTES, topic=record.topic, key=record.key
            )


def _chunks(records: Sequence[Record]) -> Iterator[list[Record]]:
    """The client has no cap on its memory, so hand it no more than this at a time."""
    chunk: list[Record] = []
    chunk_bytes = 0
    for record in records:
        size = record_size_bytes(record)
        full = len(chunk) >= MAX_IN_FLIGHT_RECORDS or chunk_bytes + size > MAX_IN_FLIGHT_BYTES
        if chunk and full:
            yield chunk
            chunk, chunk_bytes = [], 0
        chunk.append(record)
        chunk_bytes += size
    if chunk:
        yield chunk
