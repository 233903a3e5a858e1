"""A match from the need to what came of it, as the matcher and its coordinators see it."""

import pytest

from services.matcher.domain.errors import (
    AlreadyDecided,
    DateNeeded,
    GraceOver,
    RuleBroken,
    StaleRevision,
    UnknownReason,
)
from services.matcher.domain.states import State
from services.matcher.hold import hold_match
from services.matcher.review import reject_match, undo_approval
from services.matcher.store.learning import training_rows_of, verdicts_of
from services.matcher.store.reservations import reservations_of
from tests.integration.matcher.world import (
    World,
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


def test_every_history_line_names_its_event(world: World) -> None:
    world.story()
    match = reach_introduced(world)
    moves = [entry for entry in world.history(match.match_id) if entry.kind == "move"]
    announced = [entry.move for entry in moves if entry.event_id]
    assert announced == ["propose", "confirm", "mark_asked", "agree", "introduce"]
    assert [entry.by for entry in moves if entry.move == "approve"] == ["coordinator"]
    assert [entry.actor_id for entry in moves if entry.move == "approve"] == ["c1"]
