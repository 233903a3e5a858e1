"""What the notifier reports: who was reached, who answered what, and what comes too late."""

from services.matcher.asking import ask_again
from services.matcher.close import withdraw_match
from services.matcher.domain.states import State
from services.matcher.store.learning import training_rows_of
from services.matcher.store.reservations import reservations_of
from tests.integration.matcher.world import (
    World,
    reach_agreed,
    reach_asked,
)


def statuses(world: World, match_id: str) -> dict[str, str]:
    with world.database.read() as connection:
        return {r.kind: r.status for r in reservations_of(connection, match_id)}


def test_a_necessary_no_declines_and_gives_everything_back(world: World) -> None:
    world.story()
    match = reach_asked(world)
    assert match.state is State.ASKED
    world.answer(match, "essex", "yes")
    world.answer(match, "bbc", "no", reason_code="looks_like_selling")
    after = world.match(match.match_id)
    assert after.state is State.DECLINED
    assert after.ending is not None
    assert after.ending.by == "member"
    assert set(statuses(world, match.match_id).values()) == {"released"}
    world.propose()
    assert world.open() == []


def test_a_second_answer_changes_the_first_until_it_is_agreed(world: World) -> None:
    world.story()
    match = reach_asked(world)
    for member in ("essex", "bbc"):
        world.answer(match, member, "yes")
    world.answer(match, "bbc", None)
    world.tick(seconds=world.settings.grace_seconds * 2)
    after = world.match(match.match_id)
    assert after.state is State.ASKED
    assert [p.answer for p in after.parties] == ["yes", None]


def test_an_undone_yes_reopens_an_agreement(world: World) -> None:
    world.story()
    match = reach_agreed(world)
    assert match.state is State.AGREED
    world.answer(match, "bbc", None)
    assert world.match(match.match_id).state is State.ASKED
    world.answer(match, "bbc", "yes")
    world.tick(seconds=world.settings.grace_seconds)
    assert world.match(match.match_id).state is State.AGREED
    assert world.events(match.match_id)[-3:] == ["agreed", "reopened", "agreed"]


def test_nobody_to_ask_stops_the_clock_until_a_contact_is_corrected(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.failed(match, "bbc", "no_contact")
    assert world.match(match.match_id).state is State.UNREACHABLE
    world.tick(days=60)
    assert world.match(match.match_id).state is State.UNREACHABLE
    again = world.do(ask_again, world.deps, match.match_id)
    assert (again.state, again.attempt) == (State.APPROVED, 2)
    world.sent(match, "bbc")
    assert world.match(match.match_id).state is State.ASKED


def test_a_bounce_after_the_answer_changes_nothing(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.answer(match, "bbc", "yes")
    world.failed(match, "bbc", "undeliverable")
    assert world.match(match.match_id).state is State.ASKED


def test_what_comes_late_is_written_down_and_is_no_error(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.do(withdraw_match, match.match_id, reason_code="other")
    before = world.match(match.match_id)
    world.answer(match, "bbc", "yes")
    world.introduced(match)
    world.outcome(match, "bbc", "met")
    world.sent(match, "essex")
    world.failed(match, "essex")
    assert world.match(match.match_id) == before
    late = [entry.move for entry in world.history(match.match_id) if entry.kind == "late"]
    assert late == ["answer", "introduction_sent", "outcome", "approach_sent", "approach_failed"]


def test_not_now_keeps_apart_until_its_day_and_teaches_nothing(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.answer(match, "bbc", "not_now", until="2027-01-15", reason_code="not_now")
    with world.database.read() as connection:
        (row,) = [r for r in training_rows_of(connection, match.match_id) if r.kind == "answer"]
    assert (row.label, row.teaches) == (0, "")
    world.propose()
    world.tick(days=44)
    world.propose()
    assert world.open() == []
    world.tick(days=1)
    world.propose()
    again = world.proposed()
    assert (again.opened_by, again.previous_match_id) == ("cooling_over", match.match_id)


def test_a_pair_that_was_asked_never_to_be_asked_again_stays_apart(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.answer(match, "bbc", "no", reason_code="do_not_ask_again")
    world.capability("first-words", "capability.changed", version=2, material_version=2, goals=[2])
    world.propose()
    world.tick(days=365)
    world.propose()
    assert world.open() == []


def test_the_needing_side_is_asked_first_where_that_is_the_order(world: World) -> None:
    world.settings_changed(ask_order="needs_first")
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    assert world.match(match.match_id).state is State.ASKED
    world.clock.advance(days=10)
    world.answer(match, "essex", "yes")
    world.sent(match, "bbc")
    lapses_at = world.match(match.match_id).lapses_at
    assert lapses_at is not None
    assert (lapses_at - world.clock.now()).days == 21


def test_who_answered_by_telephone_needs_no_email(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "bbc", "yes", recorded_by="coordinator")
    after = world.match(match.match_id)
    assert after.state is State.ASKED
    party = after.party("bbc")
    assert party is not None
    assert party.recorded_by == "coordinator"
