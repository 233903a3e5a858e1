"""Which consortium of a need is open: the best one, each necessary, and what ends it."""

from typing import Any

import pytest

from services.matcher.domain.states import State
from services.matcher.proposing import knowledge, task
from services.matcher.proposing.task import Proposer
from services.matcher.recheck import rules_against
from services.matcher.review import reject_match, view_match
from services.matcher.scoring.choosing.consortia import consortium_for
from services.matcher.store.feed import feed_after
from shared.contracts.codec import check_data
from tests.integration.matcher.town import BOTH, consortia, supplier, the_consortium, town
from tests.integration.matcher.world import World


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


def test_it_is_worked_out_before_anything_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever else writes to SQLite does not wait while consortia are searched for."""
    monkeypatch.setattr(task, "MANY_NEEDS", {"sqlite": 1, "postgresql": 1})
    writing: list[bool] = []
    searched: list[bool] = []
    propose_for, search = Proposer._propose_for, consortium_for

    def noted(*args: Any) -> bool:
        writing.append(True)
        try:
            return propose_for(*args)
        finally:
            writing.pop()

    def searching(*args: Any) -> Any:
        searched.append(bool(writing))
        return search(*args)

    monkeypatch.setattr(Proposer, "_propose_for", noted)
    monkeypatch.setattr(knowledge, "consortium_for", searching)
    town(world)
    world.propose()
    assert the_consortium(world).capability_ids == ("money-help", "trainers-help")
    assert searched == [False]
