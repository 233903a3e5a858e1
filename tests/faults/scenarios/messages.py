"""From a change to its effect elsewhere, by the parts that every service shares, with a death or a
failure at each boundary: outbox, relay, bus, runner, inbox, parking. One thread, no clock.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import delete

from shared.bus.records import Record
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from tests.faults.history import History
from tests.faults.scenarios.place import (
    STANDARD,
    TOPIC,
    Dying,
    Failing,
    Killed,
    Overtaken,
    Place,
    take,
)


def messages(place: Place) -> History:
    first, second, third, fourth = place.things
    for thing in (first, second, third, first, second):
        place.write(thing)
    place.write(first, refused=True)
    place.write(first)
    place.run(place.relay(Failing(place.bus)), until=place.sent)
    place.note_recovery("a relay whose publisher broke", done=place.sent())
    _die_before_the_mark(place, second)
    _be_overtaken(place, third)
    place.run(place.runner(take, Failing(place.bus)), until=place.all_known)
    place.note_recovery("a reader whose consumer was lost", done=place.all_known())
    _read_again_from_the_beginning(place)
    _die_while_reading(place)
    _meet_poison(place, fourth)
    place.at_rest()
    return place.history


def _close_last(place: Place) -> None:
    place.tasks.pop().close()


def _die_before_the_mark(place: Place, thing: str) -> None:
    """What was sent and not marked is sent again, as the same event."""
    _close_last(place)
    place.write(thing)
    dying: Any = place.relay()

    def die(_: list[int]) -> None:
        raise Killed

    dying._mark = die
    try:
        place.run(dying, until=place.sent)
    except Killed:
        _close_last(place)
    place.run(place.relay(), until=place.sent)


def _be_overtaken(place: Place, thing: str) -> None:
    """A relay that lost its lease, and its place, must not send its old rows after newer ones."""
    _close_last(place)
    other = place.relay()

    def meanwhile() -> None:
        late._lease.release()
        place.run(other, until=place.sent)
        place.write(thing)
        place.run(other, until=place.sent)

    late = place.relay(Overtaken(place.bus, meanwhile))
    place.write(thing)
    late.step()
    place.run(other, late, until=place.sent)
    _close_last(place)
    _close_last(place)


def _read_again_from_the_beginning(place: Place) -> None:
    """The positions are lost, as after a restore: everything is delivered once more."""
    _close_last(place)
    with place.database.write() as connection:
        connection.execute(delete(STANDARD.positions))
    runner = place.runner(take)
    for _ in range(3):
        place.run(runner, until=lambda: runner.connected and runner.lag() == 0)
    _close_last(place)


def _die_while_reading(place: Place) -> None:
    for thing in (0, 1, 0):
        place.write(place.things[thing])
    place.run(place.relay(), until=place.sent)
    _close_last(place)
    try:
        place.run(place.runner(Dying()), until=place.all_known)
    except Killed:
        _close_last(place)
    place.run(place.runner(take), until=place.all_known)


def _meet_poison(place: Place, thing: str) -> None:
    publisher = place.bus.publisher("somebody")
    headers = (("ce_type", CONTACT_UNSUBSCRIBED.encode()), ("ce_subject", thing.encode()))
    publisher.publish([Record(TOPIC, thing.encode(), b"{not json", headers)])
    publisher.close()
    place.write(place.things[0])
    runner, relay = place.tasks[-1], place.relay()
    place.run(relay, runner, until=lambda: place.sent() and place.all_known())
    for _ in range(3):
        runner.step(0.1)


def messages_small(folder: Path) -> History:
    place = Place(f"sqlite:///{folder / 'x.db'}", f"embedded:///{folder / 'bus.db'}")
    try:
        return messages(place)
    finally:
        place.close()
