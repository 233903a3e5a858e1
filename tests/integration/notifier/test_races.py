"""A thousand yeses at once, and workers that race to introduce: one introduction."""

from concurrent.futures import ThreadPoolExecutor

from services.notifier.domain.errors import AlreadyExchanged
from services.notifier.domain.messages import Kind
from services.notifier.introduce import exchange_contacts
from services.notifier.respond import Response, give_answer
from services.notifier.store.records import answers_of_match
from shared.contracts import types
from shared.storage import Busy
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.world import BBC, ECC, MATCH, World


def answer_or_lose(world: World, number: int) -> str:
    parts = world.parts
    member = (ECC, BBC)[number % 2]
    response = Response(answer="yes", contact_id=f"c-{member}")
    try:
        with parts.work() as work:
            give_answer(work, parts.vault, parts.pace, MATCH, member, response)
        with parts.work() as work:
            blockers = exchange_contacts(work, MATCH, parts.pace)
    except AlreadyExchanged:
        return "late"
    except Busy:
        return "busy"
    return "blocked" if blockers else "exchanged"


def test_a_thousand_racing_yeses_give_one_introduction(make_world: MakeWorld) -> None:
    world = make_world(grace_seconds=0.0)
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    world.match(types.MATCH_AGREED, state="agreed")
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(lambda number: answer_or_lose(world, number), range(1000)))
    assert results.count("exchanged") == 1
    world.run()
    assert len(world.ledger(Kind.INTRODUCTION)) == 3
    assert len(world.double.received) == 5
    sent = [event for event in world.heard() if event.type == types.INTRODUCTION_SENT]
    assert len(sent) == 1
    with world.parts.database.read() as connection:
        standing = [a for a in answers_of_match(connection, MATCH) if a.undone_at is None]
    assert sorted(a.member_id for a in standing) == [BBC, ECC]


def test_an_undo_that_comes_after_the_exchange_is_refused(make_world: MakeWorld) -> None:
    world = make_world(grace_seconds=0.0)
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    world.match(types.MATCH_AGREED, state="agreed")
    assert [answer_or_lose(world, 0), answer_or_lose(world, 1)] == ["blocked", "exchanged"]
    assert answer_or_lose(world, 0) == "late"
