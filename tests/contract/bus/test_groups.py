"""How members of a group share the partitions, and who gets them when one leaves or dies."""

from threading import Event, Thread

from shared.bus import Bus, TopicPartition, connect
from tests.contract.bus.support import (
    PARTITIONS,
    SETTINGS,
    MemberProcess,
    a_record,
    after,
    polling,
    receive,
    settle,
    values,
    wait_until,
)

EVERYTHING = set(range(PARTITIONS))
KEYS = [f"key-{number}" for number in range(40)]


def test_two_members_share_the_partitions_and_the_records(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    with (
        MemberProcess(bus_url, group, topic, "a") as a,
        MemberProcess(bus_url, group, topic, "b") as b,
    ):
        wait_until(lambda: len(a.assigned) == len(b.assigned) == 2, "an even share")
        bus.publisher("sender").publish([a_record(topic, key, key) for key in KEYS])
        wait_until(lambda: len(a.values) + len(b.values) >= len(KEYS), "every record")

        assert a.assigned | b.assigned == EVERYTHING
        assert sorted(a.values + b.values) == sorted(KEYS)
        assert a.values
        assert b.values


def test_when_a_member_leaves_the_other_takes_over_where_it_stopped(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    publisher = bus.publisher("sender")
    with (
        MemberProcess(bus_url, group, topic, "a") as a,
        MemberProcess(bus_url, group, topic, "b") as b,
    ):
        wait_until(lambda: len(a.assigned) == len(b.assigned) == 2, "an even share")
        publisher.publish([a_record(topic, key, f"1-{key}") for key in KEYS])
        wait_until(lambda: len(a.values) + len(b.values) >= len(KEYS), "every record")
        b.stop()
        publisher.publish([a_record(topic, key, f"2-{key}") for key in KEYS])
        wait_until(lambda: a.assigned == EVERYTHING, "all partitions at one member")
        wait_until(lambda: len(a.values) + len(b.values) >= 2 * len(KEYS), "the later records")

        assert sorted(a.values + b.values) == sorted(f"{n}-{key}" for n in (1, 2) for key in KEYS)


def test_a_killed_members_partitions_move(bus: Bus, bus_url: str, topic: str, group: str) -> None:
    with (
        MemberProcess(bus_url, group, topic, "a") as a,
        MemberProcess(bus_url, group, topic, "b") as b,
    ):
        wait_until(lambda: len(a.assigned) == len(b.assigned) == 2, "an even share")
        b.kill()
        bus.publisher("sender").publish([a_record(topic, key, key) for key in KEYS])
        wait_until(lambda: a.assigned == EVERYTHING, "all partitions at one member")
        wait_until(lambda: len(a.values) >= len(KEYS), "every record")

        assert sorted(a.values) == sorted(KEYS)


def test_a_member_that_comes_back_under_its_name_goes_on_where_it_stopped(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    publisher = bus.publisher("sender")
    with MemberProcess(bus_url, group, topic, "a") as first:
        wait_until(lambda: first.assigned == EVERYTHING, "all partitions")
        publisher.publish([a_record(topic, key, f"1-{key}") for key in KEYS])
        wait_until(lambda: len(first.values) == len(KEYS), "every record")
        first.kill()
    publisher.publish([a_record(topic, key, f"2-{key}") for key in KEYS])
    with MemberProcess(bus_url, group, topic, "a") as second:
        wait_until(lambda: len(second.values) >= len(KEYS), "every later record")

        assert sorted(second.values) == sorted(f"2-{key}" for key in KEYS)


def test_both_callbacks_come_in_poll_and_say_what_goes_and_what_comes(
    bus: Bus, topic: str, group: str
) -> None:
    told: list[tuple[str, frozenset[TopicPartition]]] = []
    first = bus.consumer(
        group,
        [topic],
        "a",
        on_assigned=lambda partitions: told.append(("assigned", partitions)),
        on_revoked=lambda partitions: told.append(("revoked", partitions)),
    )
    assert told == []
    settle(first, PARTITIONS)
    second = bus.consumer(group, [topic], "b")
    with polling(first), polling(second):
        wait_until(lambda: len(second.assignment()) == 2, "an even share")
        wait_until(lambda: len(first.assignment()) == 2, "an even share")

    held: set[TopicPartition] = set()
    for kind, partitions in told:
        held = held | partitions if kind == "assigned" else held - partitions
    assert told[0] == (
        "assigned",
        frozenset(TopicPartition(topic, number) for number in EVERYTHING),
    )
    assert "revoked" in {kind for kind, _ in told}
    assert held == first.assignment()
    assert not held & second.assignment()


def test_a_busy_member_keeps_its_partitions_until_it_polls_again(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    """While one works, a newcomer waits: the record in work is not handed out a second time."""
    bus.publisher("sender").publish([a_record(topic, key, key) for key in KEYS])
    busy = bus.consumer(group, [topic], "busy")
    in_work = receive(busy, len(KEYS))
    second_bus = connect(bus_url, SETTINGS)
    newcomer = second_bus.consumer(group, [topic], "newcomer")
    done = Event()
    got: list[str] = []

    def _poll() -> None:
        while not done.is_set() or len(newcomer.assignment()) != 2:
            got.extend(values(newcomer.poll(0.1)))

    thread = Thread(target=_poll)
    thread.start()
    try:
        done.wait(0.5)
        busy.commit(after(in_work))
        with polling(busy) as later:
            wait_until(lambda: len(busy.assignment()) == 2, "an even share")
            done.set()
            thread.join(30)
    finally:
        done.set()
        thread.join(30)
        second_bus.close()

    assert got == []
    assert later == []
