"""The sender dies at every boundary; nothing is lost, and what may double is counted and bounded."""

from collections.abc import Callable
from typing import Any

import pytest

from services.notifier.domain.messages import Kind, Message, State
from services.notifier.mail import smtp
from services.notifier.mail.smtp import Delivery
from shared.contracts import types
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.smtp_double import DROP
from tests.integration.notifier.world import ECC, World

REAL_SEND = smtp.send


class Killed(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


def die_before_connecting(*_: Any) -> Delivery:
    raise Killed


def die_with_the_dot_unwritten(
    server: Any, sender: str, recipient: str, raw: bytes, before_dot: Callable[[], None]
) -> Delivery:
    def note_and_die() -> None:
        before_dot()
        raise Killed

    return REAL_SEND(server, sender, recipient, raw, note_and_die)


def die_after_it_was_accepted(*arguments: Any) -> Delivery:
    REAL_SEND(*arguments)
    raise Killed


def crash(world: World, monkeypatch: pytest.MonkeyPatch, how: Callable[..., Delivery]) -> None:
    """Approve a match, die in the first email, and start a new worker."""
    world.registry.people["bbc"] = []
    with monkeypatch.context() as patched:
        patched.setattr(smtp, "send", how)
        with pytest.raises(Killed):
            world.match(types.MATCH_APPROVED)
    world.start()
    world.run()


def the_message(world: World) -> Message:
    return next(m for m in world.ledger(Kind.APPROACH) if m.member_id == ECC)


def test_killed_before_connecting_sends_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    crash(world, monkeypatch, die_before_connecting)
    assert len(world.double.received) == 1
    assert the_message(world).state is State.ACCEPTED
    assert the_message(world).ambiguous_count == 0


@pytest.mark.parametrize(
    ("how", "arrived"), [(die_with_the_dot_unwritten, 1), (die_after_it_was_accepted, 2)]
)
def test_killed_around_the_dot_is_retried_once_with_the_same_bytes(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[..., Delivery],
    arrived: int,
) -> None:
    world = make_world()
    crash(world, monkeypatch, how)
    assert the_message(world).state is State.AMBIGUOUS
    world.later(seconds=899)
    assert the_message(world).state is State.AMBIGUOUS
    world.later(seconds=2)
    assert the_message(world).state is State.ACCEPTED
    assert the_message(world).ambiguous_count == 1
    assert len(world.double.received) == arrived
    assert len(set(world.double.received)) == 1
    world.later(days=1)
    assert len(world.double.received) == arrived


def test_killed_around_the_dot_is_held_when_the_coalition_prefers_that(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(mail_retry_ambiguous=False)
    crash(world, monkeypatch, die_after_it_was_accepted)
    assert the_message(world).state is State.HELD
    world.later(days=3)
    assert len(world.double.received) == 1
    codes = [e.data["code"] for e in world.heard() if e.type == types.MESSAGE_FAILED and e.data]
    assert "held_ambiguous" in codes


def test_a_second_doubt_is_held(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.people["bbc"] = []
    world.double.script = {"dot": DROP}
    world.match(types.MATCH_APPROVED)
    assert the_message(world).state is State.AMBIGUOUS
    world.later(seconds=901)
    assert the_message(world).state is State.HELD
    assert len(world.double.received) == 2
    assert len(set(world.double.received)) == 1


def test_greylisting_is_waited_out(make_world: MakeWorld) -> None:
    world = make_world()
    world.double.script = {"rcpt": "450 4.2.0 greylisted"}
    world.match(types.MATCH_APPROVED)
    assert {m.state for m in world.ledger()} == {State.RETRY_LATER}
    world.double.script = {}
    world.later(seconds=6)
    assert {m.state for m in world.ledger()} == {State.ACCEPTED}
    assert len(world.double.received) == 2


def test_a_bad_address_is_told_and_never_mailed_again(make_world: MakeWorld) -> None:
    world = make_world()
    world.double.script = {"rcpt": "550 5.1.1 no such user"}
    world.match(types.MATCH_APPROVED)
    assert {m.state for m in world.ledger()} == {State.FAILED}
    codes = {e.data["code"] for e in world.heard() if e.type == types.MESSAGE_FAILED and e.data}
    assert codes == {"undeliverable"}
    bounced = [e for e in world.heard_preferences() if e.type == types.CONTACT_BOUNCED]
    assert len(bounced) == 2
    world.double.script = {}
    world.match(types.MATCH_APPROVED, attempt=2)
    assert world.double.received == []
    states = {m.state for m in world.ledger() if m.attempt == 2}
    assert states == {State.SUPPRESSED}


def test_undeliverable_for_days_is_given_up_and_told(make_world: MakeWorld) -> None:
    world = make_world(mail_give_up_hours=24.0)
    world.double.script = {"mail": "451 4.3.0 later"}
    world.match(types.MATCH_APPROVED)
    for _ in range(30):
        world.later(seconds=7200)
    assert {m.state for m in world.ledger()} == {State.FAILED}
    assert {m.code for m in world.ledger()} == {"undeliverable"}


def test_mail_waits_while_the_registry_is_away(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.away = True
    world.match(types.MATCH_APPROVED)
    assert {m.state for m in world.ledger()} == {State.RETRY_LATER}
    assert {m.tries for m in world.ledger()} == {0}
    world.registry.away = False
    world.later(seconds=6)
    assert {m.state for m in world.ledger()} == {State.ACCEPTED}


def test_a_match_that_ends_while_we_speak_to_the_server_gets_no_dot(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    world.registry.people["bbc"] = []

    def end_meanwhile(*arguments: Any) -> Delivery:
        monkeypatch.setattr(smtp, "send", REAL_SEND)
        world.match(types.MATCH_WITHDRAWN, state="withdrawn")
        return REAL_SEND(*arguments)

    monkeypatch.setattr(smtp, "send", end_meanwhile)
    world.match(types.MATCH_APPROVED)
    assert the_message(world).state is State.CANCELLED
    assert world.double.received == []
