"""Every metric Convene has, under one name each, labelled with the service that speaks.

Metrics of this process live in prometheus_client's own registry (decision 0052). Labels are
bounded: topics, fates, routes and states; never an id, an address or a path.
"""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

_LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

records_handled = Counter(
    "convene_records_handled_total",
    "Records taken from the bus, by what became of them (fates of ARCHITECTURE).",
    ["service", "topic", "fate"],
)
record_seconds = Histogram(
    "convene_record_seconds",
    "Time to handle one record, its transaction included.",
    ["service", "topic"],
    buckets=_LATENCY_SECONDS,
)
consumer_lag = Gauge(
    "convene_consumer_lag_records",
    "Records on the bus that this service's group has not handled.",
    ["service", "topic", "partition"],
    multiprocess_mode="mostrecent",
)
outbox_depth = Gauge(
    "convene_outbox_depth",
    "Events written but not yet on the bus.",
    ["service"],
    multiprocess_mode="mostrecent",
)
outbox_age_seconds = Gauge(
    "convene_outbox_oldest_seconds",
    "Age of the oldest event not yet on the bus.",
    ["service"],
    multiprocess_mode="mostrecent",
)
events_published = Counter(
    "convene_events_published_total", "Events put on the bus by the relay.", ["service", "topic"]
)
parked = Gauge(
    "convene_parked_records",
    "Records parked and not yet released or discarded.",
    ["service"],
    multiprocess_mode="mostrecent",
)
in_flight = Gauge(
    "convene_in_flight_records",
    "Accepted and neither done nor parked yet.",
    ["service"],
    multiprocess_mode="mostrecent",
)
balance = Gauge(
    "convene_balance_records",
    "No silent loss: accepted, done, parked and in_flight, as counted from the database.",
    ["service", "part"],
    multiprocess_mode="mostrecent",
)
balance_difference = Gauge(
    "convene_balance_difference",
    "accepted - (done + parked + in flight). Anything but 0 is a loss or a double.",
    ["service"],
    multiprocess_mode="mostrecent",
)
sequence_gaps = Counter(
    "convene_sequence_gaps_total",
    "Events whose number did not follow the last one of their subject.",
    ["service", "topic"],
)
tasks_failed = Counter(
    "convene_task_failures_total", "Steps of a background task that raised.", ["service", "task"]
)
storage_faults = Counter(
    "convene_storage_faults_total",
    "Transactions the database did not take: Busy, StorageUnavailable, DiskFull.",
    ["service", "kind"],
)
task_step_seconds = Gauge(
    "convene_task_step_seconds",
    "How long a background task has been in its step; above CONVENE_STALLED_SECONDS it ends.",
    ["service", "task"],
    multiprocess_mode="mostrecent",
)
http_requests = Counter(
    "convene_http_requests_total",
    "HTTP requests answered.",
    ["service", "method", "route", "status"],
)
http_seconds = Histogram(
    "convene_http_request_seconds",
    "Time to answer an HTTP request.",
    ["service", "method", "route"],
    buckets=_LATENCY_SECONDS,
)
mail_messages = Gauge(
    "convene_mail_messages",
    "Messages by the state of the mail ledger.",
    ["service", "state"],
    multiprocess_mode="mostrecent",
)
mail_transitions = Counter(
    "convene_mail_transitions_total", "Messages that entered a state.", ["service", "state"]
)


def record_balance(
    service: str, *, accepted: int, done: int, parked_records: int, in_flight_records: int
) -> int:
    """Sets the balance of promise P6 and gives the difference, which must be 0."""
    parts = {"accepted": accepted, "done": done, "parked": parked_records}
    for part, value in {**parts, "in_flight": in_flight_records}.items():
        balance.labels(service, part).set(value)
    parked.labels(service).set(parked_records)
    in_flight.labels(service).set(in_flight_records)
    difference = accepted - (done + parked_records + in_flight_records)
    balance_difference.labels(service).set(difference)
    return difference


def exposition(registry: CollectorRegistry | None = None) -> tuple[bytes, str]:
    """The metrics in Prometheus' text format, and its content type.

    Where PROMETHEUS_MULTIPROC_DIR is set, of all worker processes that share that folder.
    """
    if registry is None and "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call,unused-ignore]
    return generate_latest(registry or REGISTRY), CONTENT_TYPE_LATEST
