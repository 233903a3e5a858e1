"""A match from the need to what came of it, as the matcher sees it, and every way it can end."""

import pytest

from services.matcher.asking import ask_again
from services.matcher.close import withdraw_match
from services.matcher.domain.errors import (
    AlreadyDecided,
    DateNeeded,
    GraceOver,
    RuleBroken,
    StaleRevision,
    UnknownReason,
)
from services.matcher.domain.states import State
from services.matcher.hold import hold_match, release_match
from services.matcher.review import reject_match, undo_approval
from services.matcher.store.learning import training_rows_of, verdicts_of
from services.matcher.store.reservations import reservations_of
from tests.integration.matcher.world import (
    World,
    reach_agreed,
    reach_asked,
    reach_introduced,
)


def statuses(world: World, match_id: str) -> dict[str, str]:
    with world.database.read() as connection:
        return {r.kind: r.status for r in reservations_of(connection, match_id)}


def test_a_need_is_proposed_with_its_reasons(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    assert (match.need_id, match.capability_ids) == ("reading", ("first-words",))
    assert match.round == 1
    assert match.score >= 0.3
    parts = sum(reason["contribution"] for reason in match.reasons)
    assert parts == pytest.approx(match.score, abs=0.001)
    assert [(p.member_id, p.role) for p in match.parties] == [("essex", "needs"), ("bbc", "brings")]
    assert world.events() == ["proposed"]


def test_the_whole_way_to_completed(world: World) -> None:
    world.story()
    match = reach_introduced(world)
    assert match.state is State.INTRODUCED
    assert statuses(world, match.match_id) == {
        "capacity": "spent",
        "places": "spent",
        "exposure": "released",
    }
    world.outcome(match, "bbc", "met")
    assert world.match(match.match_id).state is State.ACTIVE
    world.outcome(match, "essex", "finished", amount=120, unit="children", vouched=True)
    match = world.match(match.match_id)
    assert match.state is State.COMPLETED
    assert statuses(world, match.match_id)["capacity"] == "released"
    assert statuses(world, match.match_id)["places"] == "spent"
    assert world.events(match.match_id) == [
        "proposed",
        "approved",
        "asked",
        "agreed",
        "introduced",
        "started",
        "completed",
    ]
    with world.database.read() as connection:
        rows = training_rows_of(connection, match.match_id)
    assert sorted(row.kind for row in rows) == [
        "answer",
        "answer",
        "outcome",
        "outcome",
        "verdict",
    ]
    assert all(row.label == 1 and row.features for row in rows)


def test_an_approval_is_not_announced_before_its_grace_is_over(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id, note="Looks right")
    world.tick(seconds=world.settings.grace_seconds - 1)
    assert world.events() == ["proposed"]
    world.tick(seconds=1)
    after = world.match(match.match_id)
    assert (after.state, after.attempt) == (State.APPROVED, 1)
    assert world.events() == ["proposed", "approved"]
    with world.database.read() as connection:
        verdict = verdicts_of(connection, match.match_id)[0]
    assert (verdict.note, verdict.coordinator_id) == ("Looks right", "c1")
    assert verdict.features == dict(match.features)


def test_an_approval_is_undone_within_its_grace_and_not_after(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.do(undo_approval, match.match_id)
    after = world.match(match.match_id)
    assert after.state is State.PROPOSED
    assert set(statuses(world, match.match_id).values()) == {"released"}
    with world.database.read() as connection:
        assert training_rows_of(connection, match.match_id) == []
    world.approve(match.match_id)
    world.tick(seconds=world.settings.grace_seconds)
    with pytest.raises(GraceOver):
        world.do(undo_approval, match.match_id)
    assert world.events() == ["proposed", "approved"]


def test_two_coordinators_on_one_match_the_second_is_told_who_was_first(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.approve(match.match_id, actor="anna")
    with pytest.raises(AlreadyDecided, match="approved by anna at 2026-12-01T09:00:00"):
        world.do(reject_match, match.match_id, reason_code="other", actor="ben")
    assert world.match(match.match_id).state is State.APPROVED


def test_a_decision_on_an_older_revision_is_refused(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.do(hold_match, match.match_id, code="procurement")
    with pytest.raises(StaleRevision, match="revision 2, you read revision 1"):
        world.approve(match.match_id, revision=match.revision)


def test_a_rejection_cools_off_teaches_its_reason_and_ends(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    with pytest.raises(UnknownReason, match="wrong_place"):
        world.do(reject_match, match.match_id, reason_code="ugly")
    world.do(reject_match, match.match_id, reason_code="wrong_place", note="Too far")
    world.propose()
    assert world.open() == []
    after = world.match(match.match_id)
    assert after.ending is not None
    assert after.ending.code == "wrong_place"
    with world.database.read() as connection:
        (row,) = training_rows_of(connection, match.match_id)
    assert (row.label, row.teaches) == (0, "place")


def test_not_now_needs_a_day_that_is_to_come(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    with pytest.raises(DateNeeded):
        world.do(reject_match, match.match_id, reason_code="not_now", until=world.clock.now())


def test_an_invited_member_is_proposed_but_not_asked(world: World) -> None:
    world.story()
    world.member("bbc", "member.invited", status="invited", can_be_asked=False)
    world.propose()
    match = world.proposed()
    with pytest.raises(RuleBroken, match="BBC was invited"):
        world.approve(match.match_id)
    assert world.match(match.match_id).state is State.PROPOSED


def test_a_rule_broken_during_the_grace_withdraws_instead_of_asking(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.member("bbc", "member.paused", status="paused")
    world.tick(seconds=world.settings.grace_seconds)
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert set(statuses(world, match.match_id).values()) == {"released"}
    assert world.events(match.match_id) == ["proposed", "withdrawn"]


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


def test_a_hold_stops_every_clock_and_a_release_moves_them_on(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.do(hold_match, match.match_id, code="pre_election")
    world.tick(days=30)
    assert world.match(match.match_id).state is State.ASKED
    world.do(release_match, match.match_id)
    after = world.match(match.match_id)
    assert after.lapses_at is not None
    assert match.lapses_at is not None
    assert (after.lapses_at - match.lapses_at).days == 30
    world.tick(days=21)
    assert world.match(match.match_id).state is State.LAPSED


def test_a_hold_with_a_date_ends_on_it(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    until = world.clock.now().replace(day=10)
    world.do(hold_match, match.match_id, code="procurement", until=until)
    world.tick(days=8)
    assert world.match(match.match_id).hold is not None
    world.tick(days=1)
    assert world.match(match.match_id).hold is None
    assert world.events(match.match_id) == ["proposed", "held", "released"]


def test_undecided_proposals_expire_and_cool_off(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.tick(days=60)
    assert world.match(match.match_id).state is State.EXPIRED
    world.propose()
    assert world.open() == []
    world.tick(days=180)
    world.propose()
    again = world.proposed()
    assert (again.round, again.previous_match_id) == (2, match.match_id)
    assert again.opened_by == "cooling_over"


def test_every_history_line_names_its_event(world: World) -> None:
    world.story()
    match = reach_introduced(world)
    moves = [entry for entry in world.history(match.match_id) if entry.kind == "move"]
    announced = [entry.move for entry in moves if entry.event_id]
    assert announced == ["propose", "confirm", "mark_asked", "agree", "introduce"]
    assert [entry.by for entry in moves if entry.move == "approve"] == ["coordinator"]
    assert [entry.actor_id for entry in moves if entry.move == "approve"] == ["c1"]


def test_an_undone_approval_expires_like_any_other_proposal(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.do(undo_approval, match.match_id)
    world.tick(days=60)
    assert world.match(match.match_id).state is State.EXPIRED


def test_a_reopened_match_lapses_when_its_days_are_over(world: World) -> None:
    world.story()
    match = reach_agreed(world)
    world.clock.advance(days=30)
    world.answer(match, "bbc", None)
    world.tick(days=20)
    assert world.match(match.match_id).state is State.ASKED
    world.tick(days=1)
    after = world.match(match.match_id)
    assert after.state is State.LAPSED
    assert after.ending is not None
    assert after.ending.by == "timer"


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
