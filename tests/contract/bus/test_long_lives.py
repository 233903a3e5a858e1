"""What a process meets that runs for months: callbacks that fail, parts made again and again."""

import gc
import weakref
from collections.abc import Callable

import pytest

from shared.bus import Bus, Consumer, ConsumerLost, TopicPartition
from tests.contract.bus.support import a_record, receive, wait_until


def test_a_failed_callback_closes_the_consumer_and_the_next_one_reads_everything(
    bus: Bus, topic: str, group: str
) -> None:
    """Else a partition whose beginning nobody chose is ours, and never read."""
    failures = iter([True])

    def begin(_partitions: frozenset[TopicPartition]) -> None:
        if next(failures, False):
            raise OSError("the database is away")

    bus.publisher("sender").publish([a_record(topic, f"key-{n}") for n in range(8)])
    consumer = bus.consumer(group, [topic], "only", on_assigned=begin)

    def fails() -> bool:
        try:
            consumer.poll(0.2)
        except OSError:
            return True
        return False

    wait_until(fails, "the callback's own error")
    with pytest.raises(ConsumerLost):
        consumer.poll(0.0)
    again = bus.consumer(group, [topic], "only", on_assigned=begin)
    assert len(receive(again, 8)) == 8


@pytest.mark.parametrize("kind", ["publisher", "consumer", "admin"])
def test_a_closed_part_is_let_go(bus: Bus, topic: str, group: str, kind: str) -> None:
    def consumer() -> Consumer:
        return bus.consumer(group, [topic], "only")

    makers: dict[str, Callable[[], object]] = {
        "publisher": lambda: bus.publisher("sender"),
        "consumer": consumer,
        "admin": bus.admin,
    }
    part = makers[kind]()
    seen = weakref.ref(part)
    part.close()  # type: ignore[attr-defined]
    del part
    makers[kind]()

    def gone() -> bool:
        gc.collect()
        return seen() is None

    wait_until(gone, "the closed one forgotten")
