"""Mail stopped by a restore: what left is not sent again, what may have left is held, the rest goes."""

from pathlib import Path

import pytest

from services.notifier.domain.messages import Kind, State
from services.notifier.erased_people import ErasedPeople
from services.notifier.post import sent_mail
from services.notifier.resume import Comparison, compare, finish_restore, resume_mail, sent_on_bus
from services.notifier.sent_mail import ACCEPTED, DOT, SentMail
from services.notifier.store.stops import lift_stop, stop_mail
from services.notifier.store.wishes import suppressed
from shared.contracts import types
from tests.integration.notifier.world import BBC, ECC, START, World


@pytest.fixture
def stopped(sqlite_world: World) -> World:
    """A house that was just restored; two approaches are planned, and due."""
    world = sqlite_world
    finish(world)
    world.match(types.MATCH_APPROVED)
    world.run()
    assert [message.state for message in world.ledger()] == [State.PLANNED] * 2
    return world


def finish(world: World) -> list[str]:
    parts = world.parts
    return finish_restore(parts.database, world.bus, world.clock, parts.vault, parts.erased)


def resume(world: World) -> Comparison:
    on_bus = sent_on_bus(world.bus)
    with world.parts.work("test") as work:
        return resume_mail(work, sent_mail(world.settings), on_bus)


def note(world: World, member: str, *fates: str) -> None:
    [message] = [m for m in world.ledger() if m.member_id == member]
    for fate in fates:
        sent_mail(world.settings).note(message.message_id, fate, world.clock.now())


def states(world: World) -> dict[str, State]:
    return {message.member_id: message.state for message in world.ledger(Kind.APPROACH)}


def test_each_goes_its_way(stopped: World) -> None:
    note(stopped, ECC, DOT, ACCEPTED)
    note(stopped, BBC, DOT)
    with stopped.parts.database.read() as connection:
        looked = compare(connection, sent_mail(stopped.settings), sent_on_bus(stopped.bus))
    found = resume(stopped)
    assert looked == found
    assert (found.sent, found.doubtful, found.waiting) == (1, 1, 2)
    stopped.run()
    assert states(stopped) == {ECC: State.ACCEPTED, BBC: State.HELD}
    assert stopped.double.envelopes == []
    told = [event.type for event in stopped.heard()]
    assert sorted(told) == [types.MESSAGE_FAILED, types.MESSAGE_SENT]


def test_what_was_refused_or_never_tried_is_sent(stopped: World) -> None:
    note(stopped, ECC, DOT, "refused")
    found = resume(stopped)
    assert (found.sent, found.doubtful) == (0, 0)
    stopped.run()
    assert states(stopped) == {ECC: State.ACCEPTED, BBC: State.ACCEPTED}
    assert len(stopped.double.envelopes) == 2
    assert resume(stopped).stopped_at is None


def test_without_the_list_what_was_due_is_held(stopped: World) -> None:
    assert not sent_mail(stopped.settings).exists
    stopped.clock.advance(seconds=60)
    with stopped.parts.work("test") as work:
        lift_stop(work.connection, work.now)
        stop_mail(work.connection, work.now)  # as if the accident came a minute after they were due
    found = resume(stopped)
    assert (found.list_is_there, found.sent, found.doubtful) == (False, 0, 2)
    assert "Ask the mail server's log." in found.sentences()[-1]
    stopped.run()
    assert states(stopped) == {ECC: State.HELD, BBC: State.HELD}
    assert stopped.double.envelopes == []


def test_a_torn_line_leaves_its_message_where_it_was(tmp_path: Path) -> None:
    listed = SentMail(tmp_path / "lists" / "sent.jsonl")
    assert listed.fates() == {}
    listed.note("m1", DOT, START)
    listed.note("m2", DOT, START)
    listed.note("m2", ACCEPTED, START)
    with listed.path.open("a") as file:
        file.write('{"message": "m1", "fa')
    assert listed.fates() == {"m1": DOT, "m2": ACCEPTED}
    assert listed.path.stat().st_mode & 0o077 == 0


def test_the_erased_stay_erased_and_suppressed(sqlite_world: World) -> None:
    world = sqlite_world
    world.match(types.MATCH_APPROVED)
    listed: ErasedPeople = world.parts.erased
    listed.add(f"c-{BBC}", "hash-of-address", world.clock.now())
    assert f"c-{BBC}" not in listed.path.read_text()
    assert finish(world)[0] == "1 person(s) erased after the backup were erased again."
    assert finish(world)[0].startswith("0 person(s)")
    with world.parts.database.read() as connection:
        assert suppressed(connection, "hash-of-address", None) == "erasure"
