"""Consortia from the proposal to the introduction: who is in them, what ends them, who stays."""

import random
from typing import Any

import pytest

from services.matcher.again import open_new_round, score_again
from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.recheck import rules_against
from services.matcher.replay import replay_match
from services.matcher.review import reject_match, undo_approval, view_match
from services.matcher.store.feed import feed_after
from services.matcher.store.learning import training_rows_of
from services.matcher.store.reservations import reservations_of
from shared.contracts.codec import check_data
from shared.contracts.envelope import wire_time
from tests.integration.matcher.world import World

BOTH = ["expertise", "funding"]


def town(world: World, *, wants: list[str] = BOTH, **need: Any) -> None:
    """A council whose need one member has the people for and another the money."""
    world.member("essex", sector="local_government", name="Essex County Council")
    supplier(world, "trainers", "expertise")
    supplier(world, "money", "funding")
    world.need("reading", wants=wants, **need)


def supplier(world: World, name: str, *gives: str, **fields: Any) -> None:
    world.member(name, sector=fields.pop("sector", "charity"))
    world.capability(f"{name}-help", member_id=name, gives=list(gives), **fields)


def consortia(world: World) -> list[Match]:
    return [match for match in world.open() if match.consortium]


def the_consortium(world: World) -> Match:
    [found] = consortia(world)
    return found


def asked(world: World) -> Match:
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "essex", "yes")
    for member in match.bringing_member_ids:
        world.sent(match, member)
    return world.match(match.match_id)


def test_a_need_that_two_answer_together_gets_one_consortium_beside_pairs(world: World) -> None:
    town(world)
    world.propose()
    match = the_consortium(world)
    assert match.capability_ids == ("money-help", "trainers-help")
    assert [(p.member_id, p.role) for p in match.parties] == [
        ("essex", "needs"),
        ("money", "brings"),
        ("trainers", "brings"),
    ]
    assert [match.covers(party) for party in match.parties] == [[], ["funding"], ["expertise"]]
    assert match.ask_order == "needs_first"
    assert match.convenes == "essex"
    assert world.open_pairs() - {("reading", match.capability_set)} == {
        ("reading", "money-help"),
        ("reading", "trainers-help"),
    }


def test_its_reasons_add_up_and_say_what_is_missing_without_each(world: World) -> None:
    town(world)
    world.propose()
    match = the_consortium(world)
    total = sum(reason["contribution"] for reason in match.reasons)
    assert total == pytest.approx(match.score, abs=1e-9)
    said = [reason["text"] for reason in match.reasons if reason["feature"] == "role"]
    assert said == [
        "Essex County Council has the need and convenes.",
        "Money brings funding. Without Money nobody here brings funding.",
        "Trainers brings expertise. Without Trainers nobody here brings expertise.",
    ]
    pair = [m.score for m in world.open() if not m.consortium]
    assert match.score < min(pair), "three must agree"


def test_its_event_says_who_brings_what_and_who_convenes(world: World) -> None:
    town(world, wants=["expertise", "reach"])
    supplier(world, "radio", "reach")
    world.propose()
    match = the_consortium(world)
    with world.database.read() as connection:
        [event] = [e for _, e in feed_after(connection, 0, 100) if e["subject"] == match.match_id]
    data = event["data"]
    assert check_data(event["type"], data) == data
    assert data["convenes"] == "radio"
    assert [(p["member_id"], p["covers"], p["said_yes_before"]) for p in data["parties"]] == [
        ("essex", [], False),
        ("radio", ["reach"], False),
        ("trainers", ["expertise"], False),
    ]


def test_none_where_one_brings_both_and_it_gives_way_when_one_comes(world: World) -> None:
    town(world)
    world.propose()
    before = the_consortium(world)
    supplier(world, "college", "expertise", "funding", sector="further_education")
    world.propose()
    assert consortia(world) == []
    after = world.match(before.match_id)
    assert after.state is State.SUPERSEDED
    assert after.ending is not None
    assert after.ending.code == "no_longer_due"
    world.capability("college-help", "capability.paused", status="paused")
    world.propose()
    assert the_consortium(world).previous_match_id == before.match_id


def test_none_where_the_setting_says_so(world: World) -> None:
    world.settings_changed(consortium_members=2)
    town(world)
    world.propose()
    assert consortia(world) == []
    assert len(world.open()) == 2


def test_it_counts_as_one_of_the_need_s_proposals(world: World) -> None:
    world.settings_changed(proposals_per_need=2)
    town(world)
    supplier(world, "second", "expertise", beneficiaries=[])
    world.propose()
    assert len(consortia(world)) == 1
    assert len(world.open()) == 2


def test_a_better_supplier_replaces_the_consortium_unless_it_was_seen(world: World) -> None:
    town(world)
    world.capability("money-help", "capability.changed", goals=[], beneficiaries=[])
    world.propose()
    first = the_consortium(world)
    supplier(world, "bank", "funding", sector="business")
    world.propose()
    now = the_consortium(world)
    assert now.capability_ids == ("bank-help", "trainers-help")
    assert world.match(first.match_id).superseded_by == now.match_id
    world.do(view_match, now.match_id)
    world.capability("bank-help", "capability.changed", goals=[], beneficiaries=[])
    world.capability("money-help", "capability.changed", goals=[1], beneficiaries=["early_years"])
    world.propose()
    assert the_consortium(world).match_id == now.match_id


def test_two_who_may_not_meet_are_not_proposed_and_a_conflict_ends_it(world: World) -> None:
    town(world)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    conflict = {"member_id": "trainers", "conflicts": [{"member_id": "money"}]}
    world.tell("conflict.declared", "trainers", conflict)
    with world.database.read() as connection:
        refusal = rules_against(connection, world.deps.rules, match, world.clock.now())
    assert refusal is not None
    assert refusal.rule == "conflict"
    world.propose()
    assert consortia(world) == []
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "conflict"


def test_a_material_change_of_one_text_ends_it_and_opens_the_next_round(world: World) -> None:
    town(world)
    world.propose()
    first = the_consortium(world)
    world.capability("money-help", "capability.changed", version=2, material_version=2)
    world.propose()
    assert world.match(first.match_id).state is State.WITHDRAWN
    now = the_consortium(world)
    assert (now.round, now.previous_match_id) == (2, first.match_id)
    assert now.opened_by == "material_change"


def test_a_rejected_one_cools_off_and_the_next_best_is_proposed(world: World) -> None:
    town(world)
    supplier(world, "bank", "funding", sector="business", beneficiaries=[])
    world.propose()
    first = the_consortium(world)
    world.do(reject_match, first.match_id, reason_code="not_relevant")
    world.propose()
    assert the_consortium(world).capability_ids == ("bank-help", "trainers-help")


def test_approval_reserves_of_every_supplier_and_undoing_gives_it_back(world: World) -> None:
    town(world)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    with world.database.read() as connection:
        held = {
            (one.kind, one.key): one.status for one in reservations_of(connection, match.match_id)
        }
    assert held == {
        ("places", "reading"): "reserved",
        ("capacity", "money-help"): "reserved",
        ("capacity", "trainers-help"): "reserved",
        ("exposure", "money"): "reserved",
        ("exposure", "trainers"): "reserved",
    }
    world.do(undo_approval, match.match_id)
    with world.database.read() as connection:
        again = reservations_of(connection, match.match_id)
    assert {one.status for one in again} == {"released"}


def test_with_places_left_its_suppliers_are_not_proposed_a_second_time(world: World) -> None:
    town(world, partners=2)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.propose()
    assert world.open_pairs() == {("reading", match.capability_set)}


def test_the_needing_side_is_asked_first_and_all_yeses_agree(world: World) -> None:
    town(world)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    assert world.match(match.match_id).state is State.ASKED
    for member in ("essex", "money", "trainers"):
        assert world.match(match.match_id).state is State.ASKED
        world.answer(match, member, "yes")
        world.tick(seconds=world.settings.grace_seconds)
    agreed = world.match(match.match_id)
    assert agreed.state is State.AGREED
    world.introduced(agreed)
    assert world.match(match.match_id).state is State.INTRODUCED
    with world.database.read() as connection:
        rows = {row.source: row.features for row in training_rows_of(connection, match.match_id)}
    assert agreed.consortium is not None
    pair = agreed.consortium["pairs"]["money-help"]["features"]
    assert rows[f"answer:{match.match_id}:money-help"] == pair


def test_a_no_from_one_opens_its_role_again_and_keeps_the_other_yes(world: World) -> None:
    town(world)
    world.propose()
    first = asked(world)
    world.answer(first, "trainers", "yes")
    world.answer(first, "money", "no", reason_code="no_capacity")
    assert world.match(first.match_id).state is State.DECLINED
    world.propose()
    assert consortia(world) == [], "nobody else has money"
    assert ("reading", "money-help") not in world.open_pairs(), "it said no"
    supplier(world, "bank", "funding", sector="business", beneficiaries=[])
    supplier(world, "coaches", "expertise", sector="business")
    world.propose()
    now = the_consortium(world)
    assert now.capability_ids == ("bank-help", "trainers-help"), "the trainers had said yes"
    assert (now.previous_match_id, now.opened_by) == (first.match_id, "role_reopened")
    before = {party.member_id: now.said_yes_before(party) for party in now.parties}
    assert before == {"essex": True, "bank": False, "trainers": True}
    assert all(party.answer is None for party in now.parties), "they confirm"


def test_a_no_of_the_needing_side_keeps_nobody(world: World) -> None:
    town(world)
    supplier(world, "bank", "funding", sector="business", beneficiaries=[])
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "essex", "no", reason_code="not_relevant")
    world.propose()
    assert the_consortium(world).opened_by == "first"


def test_who_is_silent_does_not_come_again_and_who_said_yes_stays(world: World) -> None:
    town(world)
    world.propose()
    first = asked(world)
    world.answer(first, "trainers", "yes")
    world.tick(days=world.settings.approach_days + 1)
    assert world.match(first.match_id).state is State.LAPSED
    supplier(world, "bank", "funding", published_at=wire_time(world.clock.now()))
    world.propose()
    now = the_consortium(world)
    assert now.capability_ids == ("bank-help", "trainers-help")
    assert now.opened_by == "role_reopened"


def test_a_supplier_s_cap_counts_consortia_and_the_better_one_stays(world: World) -> None:
    world.settings_changed(proposals_per_member=1)
    town(world)
    world.need("worse", wants=BOTH, goals=[], beneficiaries=[])
    world.propose()
    assert world.open_pairs() == {("reading", "money-help\ntrainers-help")}
    world.need("reading", "need.paused", status="paused")
    world.propose()
    assert world.open_pairs() == {("worse", "money-help\ntrainers-help")}
    world.need("reading", "need.resumed", status="published")
    world.propose()
    assert world.open_pairs() == {("reading", "money-help\ntrainers-help")}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_open_does_not_depend_on_the_order_of_events(world: World, seed: int) -> None:
    """Also under a cap that forces needs to give way to each other."""
    world.settings_changed(proposals_per_member=2)
    draw = random.Random(seed)  # noqa: S311 - a repeatable coalition
    tellings = [_telling(world, n) for n in range(14)]
    world.member("essex", sector="local_government")
    draw.shuffle(tellings)
    for number, tell in enumerate(tellings):
        tell()
        if number % (seed + 2) == 0:
            world.propose()
    world.propose()
    found = {(m.need_id, m.capability_set) for m in world.open()}
    assert found == _AT_REST.setdefault("pairs", found)
    assert any("\n" in together for _, together in found)


_AT_REST: dict[str, set[tuple[str, str]]] = {}


def _telling(world: World, number: int) -> Any:
    draw = random.Random(f"listing {number}")  # noqa: S311 - a repeatable coalition
    goals = draw.sample([1, 2, 3], draw.randint(0, 2))
    if number < 5:
        wants = draw.sample(["expertise", "funding", "venue"], 2)
        return lambda: world.need(f"n{number}", wants=wants, goals=goals)
    gives = draw.choice(["expertise", "funding", "venue"])
    return lambda: supplier(world, f"s{number}", gives, goals=goals)


def test_it_is_made_again_byte_for_byte(world: World) -> None:
    town(world, wants=["expertise", "reach"])
    supplier(world, "radio", "reach", goals=[])
    world.propose()
    match = the_consortium(world)
    with world.database.read() as connection:
        found = replay_match(connection, lambda _, __: world.deps.model, match.match_id)
    assert (found.outcome, found.text) == ("same", "")


def test_a_coordinator_proposes_one_again_that_had_ended(world: World) -> None:
    town(world)
    world.propose()
    first = the_consortium(world)
    world.do(reject_match, first.match_id, reason_code="other")
    today = world.clock.now().date()
    scored = score_again(world.database, world.deps, first.match_id, today)
    again = world.do(open_new_round, world.deps, first.match_id, scored)
    assert (again.round, again.opened_by) == (2, "coordinator")
    assert again.previous_match_id == first.match_id
    same = ("capability_ids", "parties", "score", "features", "reasons", "consortium", "ask_order")
    assert {name: getattr(again, name) for name in same} == {
        name: getattr(first, name) for name in same
    }


def test_what_went_before_an_update_has_no_consortium_and_stands(world: World) -> None:
    world.story()
    world.propose()
    pair = world.proposed()
    assert pair.consortium is None
    assert pair.convenes is None
    assert [pair.covers(party) for party in pair.parties] == [[], []]
    assert pair.features_of(pair.parties[1]) == pair.features
