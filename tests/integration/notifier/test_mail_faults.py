"""The mail task stopped at every failpoint, and every kind of fault of the server, one mail each: at
the end each arrived, and once, except where nobody can know: then twice at most, byte by byte alike.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.notifier.domain.messages import Message, State
from services.notifier.mail.compose import mime_id
from services.notifier.store.ledger import messages_of_match
from shared import failpoints
from shared.contracts import types
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.smtp_double import DROP, SmtpDouble
from tests.integration.notifier.world import ECC, World
from tests.servers.tls import Tls

pytestmark = pytest.mark.timeout(900)

PLACES = [name for name in failpoints.PLACES if name.startswith(("mail.", "smtp.", "call."))]
DOT_OUT = {"smtp.dot_sent", "smtp.dot_answered", "smtp.quitting", "smtp.quit"}
DOT_OUT |= {"mail.delivered", "mail.settling"}
DOT_NOTED = {"mail.noted_dot", "smtp.dot_allowed"}
AT_NIGHT = {"mail.moving", "mail.moved"}
AT_THE_START = {"mail.recovering", "mail.recovered"}
REGISTRY_AWAY = {"mail.halting", "mail.halted"}
HOUR = 3_600.0


@pytest.fixture
def busy_world(make_world: MakeWorld, double: SmtpDouble, tls: Tls) -> World:
    """A server behind TLS and a password, one party to be asked, and no cap on its mail."""
    double.tls, double.users = tls.server, True
    url = double.url.replace("smtp://", "smtp+starttls://user:password@")
    world = make_world(smtp_url=url, mail_cap_per_day=10_000, mail_hours="08:00-18:00")
    world.registry.people["bbc"] = []
    return world


@contextmanager
def stopped_at(place: str) -> Iterator[None]:
    failpoints.arm(f"{place}:raise")
    try:
        with pytest.raises(failpoints.Interrupted, match=place):
            yield
    finally:
        failpoints.disarm()


def test_stopped_at_each_place_each_mail_arrives(busy_world: World) -> None:
    world = busy_world
    for place in PLACES:
        match_id = f"match-{place}"
        if place in AT_NIGHT:
            world.later(seconds=12 * HOUR)
        world.registry.away = place in REGISTRY_AWAY
        if place in AT_THE_START:
            world.start()
        with stopped_at(place):
            world.match(types.MATCH_APPROVED, match_id=match_id)
        world.registry.away = False
        world.start()
        world.run()
        doubtful = place in DOT_OUT | DOT_NOTED
        assert the_mail(world, match_id).ambiguous_count == doubtful, place
        if place in AT_NIGHT:
            world.later(seconds=12 * HOUR)
        world.later(seconds=901 if doubtful else 60)
        assert the_mail(world, match_id).state is State.ACCEPTED, place
        arrived = copies(world, match_id)
        assert len(arrived) == (2 if place in DOT_OUT else 1), place
        assert len(set(arrived)) == 1, place


PASSING = [
    *((stage, DROP) for stage in ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data")),
    *((stage, "421 4.3.2 closing") for stage in ("connect", "ehlo", "starttls", "auth")),
    *((stage, "451 4.3.0 later") for stage in ("mail", "rcpt", "data", "dot")),
    ("auth", "535 5.7.8 wrong"),
    ("mail", "550 5.7.1 sender not ours"),
    ("quit", DROP),
]


def test_what_passes_loses_and_doubles_nothing(busy_world: World) -> None:
    world = busy_world
    for number, (stage, said) in enumerate(PASSING):
        match_id = f"match-{number}"
        world.double.script = {stage: said}
        world.match(types.MATCH_APPROVED, match_id=match_id)
        world.double.script = {}
        world.later(seconds=60)
        assert the_mail(world, match_id).state is State.ACCEPTED, (stage, said)
        assert the_mail(world, match_id).ambiguous_count == 0, (stage, said)
        assert len(copies(world, match_id)) == 1, (stage, said)


def test_accepted_then_dropped_is_tried_once_more_with_the_same_bytes(busy_world: World) -> None:
    world = busy_world
    for number, said in enumerate((DROP, "what is this", "354 go on")):
        match_id = f"match-{number}"
        world.double.script = {"dot": said}
        world.match(types.MATCH_APPROVED, match_id=match_id)
        world.double.script = {}
        assert the_mail(world, match_id).state is State.AMBIGUOUS
        world.later(seconds=899)
        assert the_mail(world, match_id).state is State.AMBIGUOUS
        world.later(seconds=2)
        assert the_mail(world, match_id).state is State.ACCEPTED
        world.later(seconds=HOUR / 2)
        arrived = copies(world, match_id)
        assert len(arrived) <= 2
        assert len(set(arrived)) == 1


def the_mail(world: World, match_id: str) -> Message:
    with world.parts.database.read() as connection:
        found = messages_of_match(connection, match_id)
    return next(message for message in found if message.member_id == ECC)


def copies(world: World, match_id: str) -> list[bytes]:
    """What arrived of one message, told by its own id."""
    name = mime_id(the_mail(world, match_id).message_id, world.settings.sender_email)
    return [raw for raw in world.double.received if f"Message-ID: <{name}>".encode() in raw]
