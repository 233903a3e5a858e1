"""What only Kafka has to prove: that a broker which is away, comes back or sends rubbish stops nobody for
longer than it must. These tests have a broker of their own, to break it.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from shared.bus import (
    BusSettings,
    BusUnavailable,
    Consumer,
    ConsumerLost,
    Delivery,
    TopicPartition,
    TopicSpec,
    connect,
)
from shared.bus.kafka_consumer import KafkaGroupMember
from tests.contract.bus.support import TIMEOUT_SECONDS, a_record, receive, values, wait_until
from tests.servers.kafka import KafkaServer
from tests.servers.processes import free_port
from tests.servers.proxy import Proxy, replacing

pytestmark = [
    pytest.mark.kafka,
    # The client forgets to close a socket that could not connect; collected below, seen nowhere else.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
SETTINGS = BusSettings(
    connect_timeout_seconds=3.0, request_timeout_seconds=3.0, session_timeout_seconds=2.0
)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as between:
        yield between


@pytest.fixture(scope="module")
def broker(proxy: Proxy) -> Iterator[KafkaServer]:
    with KafkaServer(own=True, seen_at=proxy.port) as server:
        proxy.target = ("127.0.0.1", server.proxied_port)
        yield server


def test_where_no_broker_answers_we_are_told_soon() -> None:
    bus = connect(f"kafka://127.0.0.1:{free_port()}", BusSettings(connect_timeout_seconds=0.5))

    threads = threading.active_count()

    for make in (
        lambda: bus.publisher("sender"),
        lambda: bus.consumer("group", ["topic"], "one"),
        bus.admin,
    ):
        started = time.monotonic()
        with pytest.raises(BusUnavailable, match="cannot be reached at 127"):
            make()
        assert time.monotonic() - started < 5
    bus.close()
    assert threading.active_count() == threads


def test_a_broker_that_was_away_is_used_again(broker: KafkaServer) -> None:
    bus = connect(f"kafka://{broker.bootstrap_servers}", SETTINGS)
    bus.admin().ensure_topics([TopicSpec("away", 1, compacted=False)])
    publisher = bus.publisher("sender")
    publisher.publish([a_record("away", value="before")])
    consumer = bus.consumer("group", ["away"], "one")
    assert values(receive(consumer, 1)) == ["before"]

    broker.kill()
    started = time.monotonic()
    with pytest.raises(BusUnavailable):
        publisher.publish([a_record("away", value="meanwhile")])
    assert time.monotonic() - started < 15
    broker.start()
    _retry(lambda: publisher.publish([a_record("away", value="after")]))

    try:
        received = receive(consumer, 1)
    except ConsumerLost:
        received = receive(bus.consumer("group", ["away"], "one"), 1)
    assert values(received)[-1] == "after"
    bus.close()


def test_a_damaged_batch_loses_the_consumer_instead_of_spinning_for_ever(
    broker: KafkaServer,
) -> None:
    bus = connect(f"kafka://{broker.bootstrap_servers}", SETTINGS)
    bus.admin().ensure_topics([TopicSpec("damaged", 1, compacted=False)])
    bus.publisher("sender").publish([a_record("damaged", value="a value to be damaged")])
    _damage(next(broker.data_folder.glob("damaged-0/*.log")), b"to be", b"TO BE")
    consumer = bus.consumer("group", ["damaged"], "one")

    with pytest.raises(ConsumerLost):
        receive(consumer, 1)
    bus.close()


def test_partitions_given_up_before_we_were_told_of_it_are_let_go(broker: KafkaServer) -> None:
    """The client's own thread may give them up between two of our steps, as a rebalance does."""
    bus = connect(f"kafka://{broker.bootstrap_servers}", SETTINGS)
    bus.admin().ensure_topics([TopicSpec("given-up", 1, compacted=False)])
    bus.publisher("sender").publish([a_record("given-up")])
    told: list[TopicPartition] = []

    def _choose_too_late(partitions: frozenset[TopicPartition]) -> None:
        client = cast("KafkaGroupMember", consumer)._consumer
        client._subscription.assign_from_subscribed([])
        for partition in partitions:
            consumer.seek(partition, 0)
        consumer.pause(partitions)
        consumer.resume(partitions)
        told.extend(partitions)

    consumer = bus.consumer("late", ["given-up"], "one", on_assigned=_choose_too_late)

    wait_until(lambda: consumer.poll(0.2) == [] and told != [], "an assignment")
    assert told == [TopicPartition("given-up", 0)]
    assert consumer.poll(0.1) == []
    bus.close()


@pytest.mark.parametrize("fault", ["black_hole", "half_close", "drop", "corrupt"])
def test_what_happens_on_the_way_to_the_broker_loses_nothing(
    fault: str, proxy: Proxy, broker: KafkaServer
) -> None:
    topic = f"way-{fault}"
    near = connect(f"kafka://{broker.bootstrap_servers}", SETTINGS)
    near.admin().ensure_topics([TopicSpec(topic, 1, compacted=False)])
    bus = connect(f"kafka://127.0.0.1:{proxy.port}", SETTINGS)
    publisher = bus.publisher(f"sender-{fault}")
    publisher.publish([a_record(topic, value="before")])
    consumer = bus.consumer(f"group-{fault}", [topic], "one")
    assert values(receive(consumer, 1)) == ["before"]

    if fault == "corrupt":
        proxy.corrupt(replacing(b"meanwhile", b"MEANWHILE"))
    else:
        getattr(proxy, fault)()
    try:
        publisher.publish([a_record(topic, value="meanwhile")])
        told = ["meanwhile"]
    except BusUnavailable:
        told = []
    # Both stand until `heal`: of them nothing can be told before.
    assert told == [] or fault in ("drop", "half_close")
    proxy.heal()
    _retry(lambda: publisher.publish([a_record(topic, value="after")]))

    kept = values(_receive_until(near.consumer(f"near-{fault}", [topic], "one"), "after"))
    assert set(kept) <= {"before", "meanwhile", "after"}
    assert set(kept) >= {"before", *told, "after"}
    try:
        received = _receive_until(consumer, "after")
    except ConsumerLost:
        received = _receive_until(bus.consumer(f"group-{fault}", [topic], "one"), "after")
    assert set(values(received)) <= {"before", "meanwhile", "after"}
    bus.close()
    near.close()


def _receive_until(consumer: Consumer, last: str) -> list[Delivery]:
    received: list[Delivery] = []
    while last not in values(received):
        received += receive(consumer, 1)
    return received


def _damage(file: Path, old: bytes, new: bytes) -> None:
    """In place: the broker sends the bytes of its file as they are."""
    with file.open("r+b") as log:
        content = log.read()
        assert content.count(old) == 1
        log.seek(content.index(old))
        log.write(new)


def _retry(act: Callable[[], None]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            act()
        except BusUnavailable:
            assert time.monotonic() < deadline
        else:
            return
