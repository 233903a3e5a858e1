"""Events a second through the matcher's consumer, beside kafka-python alone on the same topic."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from benchmarks.chain.report import median, table
from services.matcher import consumer, wiring
from services.matcher.projection import TOGETHER
from services.matcher.settings import MatcherSettings
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.clock import SystemClock
from shared.contracts import golden
from shared.contracts.codec import decode, encode
from shared.contracts.envelope import Event
from shared.contracts.types import NEED_PUBLISHED
from shared.ids import new_id
from shared.messaging.runner import ManyHandler, Runner
from shared.settings import load_settings
from shared.storage import Work
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresDatabases

EVENTS = 5_000
RUNS = 3
TOPIC = "convene.needs"
WAYS = {"": True, "_one_by_one": False}
"""As the worker does it, and with each record in a savepoint and statements of its own."""


def measure(folder: Path, postgres: PostgresDatabases, kafka: KafkaServer) -> dict[str, Any]:
    folder.mkdir(parents=True)
    figures: dict[str, Any] = {"events": EVENTS}
    kafka_url = f"kafka://{kafka.bootstrap_servers}"
    database = _template(postgres)
    settings = _settings(folder, kafka_url, database)
    wiring.setup(settings)
    bus = connect(kafka_url)
    _publish(bus)
    alone = median([_alone(kafka.bootstrap_servers) for _ in range(RUNS)])
    figures["kafka_python_alone"] = EVENTS / alone
    for name, together in WAYS.items():
        runs = [
            _through(_settings(folder, kafka_url, _template(postgres)), bus, together=together)
            for _ in range(RUNS)
        ]
        figures[f"matcher_kafka_postgresql{name}"] = EVENTS / median(runs)
    bus.close()
    for name, together in WAYS.items():
        runs = [
            _embedded(folder / f"embedded{name}-{run}", together=together) for run in range(RUNS)
        ]
        figures[f"matcher_embedded_sqlite{name}"] = EVENTS / median(runs)
    limit = figures["kafka_python_alone"]
    rows = [
        (name, f"{value:,.0f}", f"{value / limit:.3f}")
        for name, value in figures.items()
        if name != "events"
    ]
    title = f"Events through the matcher's consumer ({EVENTS:,} events, median of {RUNS})"
    table(title, ("", "events/s", "of kafka-python alone"), rows)
    return figures


def _settings(folder: Path, bus_url: str, database_url: str) -> MatcherSettings:
    return load_settings(
        MatcherSettings,
        {
            "CONVENE_BUS_URL": bus_url,
            "CONVENE_DATABASE_URL": database_url,
            "CONVENE_KEYS_DIR": str(folder / "keys"),
        },
    )


def _template(postgres: PostgresDatabases) -> str:
    name = f"bench_{new_id()[-8:]}"
    url = postgres.create_database(f"{name}_matcher")
    return url.replace(f"{name}_matcher", f"{name}_{{service}}")


def _publish(bus: Bus) -> None:
    """One need.published each of many needs, like the golden example."""
    example = decode(golden.golden_record(NEED_PUBLISHED))
    assert example.data is not None
    records = []
    for number in range(EVENTS):
        need_id = f"need-{number}"
        data = {**example.data, "need_id": need_id}
        event = type(example)(
            id=new_id(),
            source=example.source,
            type=example.type,
            subject=need_id,
            time=example.time,
            sequence=1,
            correlation_id=new_id(),
            causation_id=None,
            data=data,
            traceparent=None,
        )
        records.append(encode(event))
    publisher = bus.publisher("registry")
    for start in range(0, EVENTS, 500):
        publisher.publish(records[start : start + 500])
    publisher.close()


def _alone(servers: str) -> float:
    client = KafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, isolation_level="read_committed"
    )
    places = [TopicPartition(TOPIC, p) for p in client.partitions_for_topic(TOPIC) or ()]
    client.assign(places)
    client.seek_to_beginning(*places)
    start = time.perf_counter()
    seen = 0
    while seen < EVENTS:
        seen += sum(len(batch) for batch in client.poll(timeout_ms=500).values())
    seconds = time.perf_counter() - start
    client.close()
    return seconds


def _through(settings: MatcherSettings, bus: Bus, *, together: bool) -> float:
    """Seconds until the projection has taken in every event, connection excluded."""
    wiring.setup(settings)
    database = wiring.open_database(settings)
    handled: list[None] = []
    runner = Runner(
        database,
        bus,
        group=f"bench-{new_id()}",
        topics=[TOPIC],
        handlers={
            kind: _counted(handler, handled)
            for kind, handler in consumer.handlers(settings).items()
        },
        together={kind: _counted_many(many, handled) for kind, many in TOGETHER.items()}
        if together
        else None,
        source="/matcher",
        clock=SystemClock(),
    )
    while not handled:
        runner.step(0.5)
    first, start = len(handled), time.perf_counter()
    while len(handled) < EVENTS:
        runner.step(0.5)
    seconds = time.perf_counter() - start
    runner.close()
    database.close()
    return seconds * EVENTS / (EVENTS - first)


def _counted(handler: Callable[..., None], handled: list[None]) -> Callable[..., None]:
    def wrapped(*arguments: Any) -> None:
        handler(*arguments)
        handled.append(None)

    return wrapped


def _counted_many(many: ManyHandler, handled: list[None]) -> ManyHandler:
    def wrapped(work: Work, events: Sequence[Event]) -> None:
        many(work, events)
        handled.extend([None] * len(events))

    return wrapped


def _embedded(folder: Path, *, together: bool) -> float:
    folder.mkdir()
    url = f"embedded:///{folder}/bus.db"
    settings = _settings(folder, url, f"sqlite:///{folder}/{{service}}.db")
    wiring.setup(settings)
    bus = connect(url)
    _publish(bus)
    seconds = _through(settings, bus, together=together)
    bus.close()
    return seconds
