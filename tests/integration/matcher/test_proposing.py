"""Which proposals are open, and that it depends on nothing but what is known."""

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from services.matcher.domain.states import State
from services.matcher.hold import hold_match
from services.matcher.proposing import Proposer
from services.matcher.review import reject_match, view_match
from services.matcher.store.learning import put_first_codes
from services.matcher.wiring import MIGRATIONS
from shared.contracts.envelope import Event, wire_time
from shared.messaging.tasks import pump
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.matcher.world import START, World, reach_asked, reach_introduced

WORDS = {
    "books": "Reading with children before school, in families with few books at home.",
    "songs": "Songs and rhymes with children before school, with families at home.",
    "bridges": "Apprenticeships for young people who want to build bridges and roads.",
    "cables": "Apprenticeships for young people in electricity networks and cables.",
    "maths": "Mathematics lessons with volunteers for children in primary schools.",
}


def text(words: str) -> dict[str, Any]:
    body = WORDS[words]
    return {"title": words, "description": body, "material": {"title": words, "description": body}}


def market(world: World, *, needs: int, suppliers: int, seed: int = 1) -> None:
    draw = random.Random(seed)  # noqa: S311 - a repeatable coalition
    kinds = sorted(WORDS)
    world.member("essex", sector="local_government")
    for number in range(suppliers):
        world.member(f"s{number}", sector=draw.choice(["business", "charity", "public_body"]))
        for extra in range(draw.randint(1, 2)):
            world.capability(
                f"s{number}-c{extra}",
                member_id=f"s{number}",
                goals=[draw.randint(1, 3)],
                **text(draw.choice(kinds)),
            )
    for number in range(needs):
        world.need(f"n{number}", goals=[draw.randint(1, 3)], **text(draw.choice(kinds)))


def pairs_with_state(world: World) -> set[tuple[str, str, str]]:
    return {(m.need_id, m.capability_set, m.state.value) for m in world.open()}


def test_at_most_three_proposals_a_need_and_the_best_ones(world: World) -> None:
    market(world, needs=1, suppliers=9)
    world.propose()
    found = world.open()
    assert len(found) == 3
    index = world.knowledge().index
    best = [one.capability_id for one in index.proposals_for("n0", 3)]
    assert sorted(match.capability_set for match in found) == sorted(best)


def test_a_need_that_comes_first_gets_its_proposals_when_capabilities_come(world: World) -> None:
    world.member("essex", sector="local_government")
    world.need("reading")
    world.propose()
    assert world.open() == []
    world.member("bbc", sector="public_body")
    world.capability("first-words")
    world.propose()
    assert world.open_pairs() == {("reading", "first-words")}


def test_a_better_capability_supersedes_the_worst_and_is_named(world: World) -> None:
    world.settings_changed(proposals_per_need=1)
    world.story()
    world.capability("first-words", "capability.changed", goals=[], gives=[], beneficiaries=[])
    world.propose()
    first = world.proposed()
    world.member("other", sector="charity")
    world.capability("better", member_id="other")
    world.propose()
    now = world.proposed()
    assert now.capability_ids == ("better",)
    before = world.match(first.match_id)
    assert before.state is State.SUPERSEDED
    assert before.superseded_by == now.match_id
    assert before.ending is not None
    assert before.ending.code == "better_found"


@pytest.mark.parametrize("keep", ["viewed", "held"])
def test_what_a_coordinator_looks_at_is_not_superseded(world: World, keep: str) -> None:
    world.settings_changed(proposals_per_need=1)
    world.story()
    world.capability("first-words", "capability.changed", goals=[], gives=[], beneficiaries=[])
    world.propose()
    first = world.proposed()
    if keep == "viewed":
        world.do(view_match, first.match_id)
    else:
        world.do(hold_match, first.match_id, code="other")
    world.member("other", sector="charity")
    world.capability("better", member_id="other")
    world.propose()
    assert world.match(first.match_id).state is State.PROPOSED


def test_a_typo_cancels_nothing_and_a_material_change_opens_a_new_round(world: World) -> None:
    world.story()
    world.propose()
    first = world.proposed()
    world.need("reading", "need.changed", title="Early readin", version=2)
    world.propose()
    assert world.match(first.match_id) == first
    changed = {"version": 3, "material_version": 3, "goals": [1, 2]}
    world.need("reading", "need.changed", **changed)
    world.propose()
    second = world.proposed()
    before = world.match(first.match_id)
    assert before.state is State.SUPERSEDED
    assert before.ending is not None
    assert before.ending.code == "listing_changed"
    assert before.superseded_by == second.match_id
    assert (second.round, second.previous_match_id) == (2, first.match_id)


def test_a_material_change_withdraws_what_was_approved_or_asked(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.capability("first-words", "capability.changed", version=2, material_version=2, goals=[2])
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "listing_changed"
    assert world.proposed().round == 2


@pytest.mark.parametrize(
    ("what", "fields", "code"),
    [
        ("need.paused", {"status": "paused"}, "listing_closed"),
        ("need.closed", {"status": "closed", "closed_code": "met"}, "listing_closed"),
    ],
)
@pytest.mark.parametrize("stage", ["proposed", "asked"])
def test_a_need_that_goes_takes_its_open_matches_with_it(
    world: World, what: str, fields: dict[str, str], code: str, stage: str
) -> None:
    world.story()
    if stage == "asked":
        match = reach_asked(world)
    else:
        world.propose()
        match = world.proposed()
    world.need("reading", what, **fields)
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == code


def test_a_member_that_leaves_keeps_its_introductions_only(world: World) -> None:
    world.story()
    world.capability("first-words", "capability.changed", capacity={"amount": 5})
    introduced = reach_introduced(world)
    world.need("second")
    world.propose()
    open_one = world.proposed()
    world.member("bbc", "member.withdrawn", status="withdrawn", can_be_asked=False)
    world.propose()
    assert world.match(open_one.match_id).state is State.WITHDRAWN
    assert world.match(introduced.match_id).state is State.INTRODUCED


def test_an_erased_listing_ends_its_matches_and_leaves_no_words_in_the_projection(
    world: World,
) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.tell("capability.erased", "first-words", None)
    world.propose()
    assert world.match(match.match_id).state is State.WITHDRAWN
    with world.database.read() as connection:
        assert world.stored_state(connection, "first-words") is None


def test_a_declared_conflict_ends_what_is_open_and_stops_new_ones(world: World) -> None:
    world.story()
    match = reach_asked(world)
    conflicts = [{"member_id": "essex"}]
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": conflicts})
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "conflict"
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": []})
    world.propose()
    assert world.proposed().round == 2


def test_a_need_with_no_place_left_supersedes_its_other_proposals(world: World) -> None:
    world.story()
    world.capability("second-words")
    world.propose()
    first, other = sorted(world.open(), key=lambda match: match.capability_set)
    world.approve(first.match_id)
    world.propose()
    after = world.match(other.match_id)
    assert after.state is State.SUPERSEDED
    assert after.ending is not None
    assert after.ending.code == "no_place_left"
    assert after.superseded_by == first.match_id


def test_a_place_that_is_free_again_is_proposed_for_again(world: World) -> None:
    world.story()
    world.capability("second-words")
    world.propose()
    first, other = sorted(world.open(), key=lambda match: match.capability_set)
    approved = world.approve(first.match_id)
    world.propose()
    world.tick(seconds=world.settings.grace_seconds)
    for party in approved.parties:
        world.sent(approved, party.member_id)
    world.answer(approved, "bbc", "no", reason_code="no_capacity")
    world.propose()
    assert world.proposed().previous_match_id == other.match_id


def test_spent_capacity_ends_other_proposals_and_its_return_brings_them_back(world: World) -> None:
    world.story()
    world.need("second")
    world.propose()
    assert len(world.open()) == 2
    first, other = sorted(world.open(), key=lambda match: match.need_id)
    approved = world.approve(first.match_id)
    world.propose()
    after = world.match(other.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "no_capacity"
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(approved, "bbc")
    world.answer(approved, "essex", "no", reason_code="not_relevant")
    world.propose()
    assert (other.need_id, "first-words") in world.open_pairs()


def test_a_supplier_is_offered_only_as_often_as_allowed_and_where_it_fits_best(
    world: World,
) -> None:
    world.settings_changed(proposals_per_member=2)
    world.member("essex", sector="local_government")
    world.member("bbc", sector="public_body")
    world.capability("first-words", capacity={"amount": 100})
    for number in range(5):
        world.need(f"n{number}", goals=[1] if number >= 3 else [2])
        world.propose()
    assert world.open_pairs() == {("n3", "first-words"), ("n4", "first-words")}
    worst = next(match for match in world.open() if match.need_id == "n3")
    world.do(reject_match, worst.match_id, reason_code="other")
    world.propose()
    assert len(world.open_pairs()) == 2


def snapshot(tmp_path: Path, name: str, events: list[Event], *, step: int) -> World:
    database = Database(f"sqlite:///{tmp_path}/{name}.db", service="matcher")
    migrate(database, MIGRATIONS)
    with database.write() as connection:
        put_first_codes(connection)
    copy = World(database, proposals_per_member=4)
    for number, event in enumerate(events, start=1):
        copy.handle(event)
        if number % step == 0:
            copy.propose()
    copy.propose()
    return copy


def recorded_events(tmp_path: Path) -> list[Event]:
    class Recorder(World):
        told: list[Event]

        def handle(self, event: Event) -> None:
            self.told.append(event)

    database = Database(f"sqlite:///{tmp_path}/unused.db", service="matcher")
    recorder = Recorder(database)
    recorder.told = []
    market(recorder, needs=12, suppliers=8, seed=7)
    return recorder.told


def test_the_order_of_events_and_of_looks_does_not_change_what_is_open(tmp_path: Path) -> None:
    events = recorded_events(tmp_path)
    outcomes = []
    for number, step in enumerate((1, 5, len(events))):
        shuffled = list(events)
        random.Random(number).shuffle(shuffled)  # noqa: S311 - a repeatable order
        copy = snapshot(tmp_path, f"copy{number}", shuffled, step=step)
        found = sorted((m.need_id, m.capability_set, m.score) for m in copy.open())
        outcomes.append(found)
        copy.close()
        copy.database.close()
    assert len(outcomes[0]) > 5
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_events_that_come_twice_change_nothing(world: World) -> None:
    market(world, needs=3, suppliers=3)
    world.propose()
    before = pairs_with_state(world), world.events()
    for id_, state in world.states.items():
        kind = "need" if "need_id" in state else "capability" if "capability_id" in state else ""
        if kind:
            world.tell(f"{kind}.changed", id_, state)
    world.propose()
    assert (pairs_with_state(world), world.events()) == before


def test_two_workers_leave_what_one_would(store: Database) -> None:
    alone = World(store)
    market(alone, needs=8, suppliers=6)
    second = Proposer(store, alone.deps.model, alone.settings, alone.clock)
    pump([alone.proposer, second])
    found = alone.open_pairs()
    index = alone.knowledge().index
    expected = {
        (need, one.capability_id)
        for need in index.need_ids()
        for one in index.proposals_for(need, 3)
        if one.score >= alone.settings.least_score
    }
    assert found == expected
    assert len(alone.all()) == len(found)
    second.close()
    alone.close()


def test_a_worker_that_starts_again_proposes_nothing_twice(world: World) -> None:
    market(world, needs=4, suppliers=4)
    world.propose()
    events = world.events()
    fresh = Proposer(world.database, world.deps.model, world.settings, world.clock)
    pump([fresh])
    fresh.close()
    assert world.events() == events


def test_a_new_day_looks_at_everything_again(world: World) -> None:
    world.story()
    until = START.replace(day=10).date().isoformat()
    world.capability("first-words", "capability.changed", available={"until": until})
    world.propose()
    match = world.proposed()
    world.tick(days=10)
    world.propose()
    assert world.match(match.match_id).state is State.WITHDRAWN


def test_partnerships_made_elsewhere_take_a_place_and_keep_the_pair_apart(world: World) -> None:
    world.story()
    world.propose()
    proposal = world.proposed()
    data = {
        "partnership_id": "p1",
        "need_id": "reading",
        "member_ids": ["essex", "bbc"],
        "state": "introduced",
        "since": "2022-12-01",
    }
    world.tell("partnership.recorded", "p1", data)
    world.propose()
    before = world.match(proposal.match_id)
    assert before.state is State.SUPERSEDED
    assert before.ending is not None
    assert before.ending.code == "already_partners"
    (elsewhere,) = world.open()
    assert (elsewhere.origin, elsewhere.state) == ("elsewhere", State.INTRODUCED)
    assert elsewhere.capability_ids == ("first-words",)
    world.tell("partnership.recorded", "p1", data | {"state": "active"})
    assert world.match(elsewhere.match_id).state is State.ACTIVE
    world.outcome(elsewhere, "bbc", "finished")
    assert world.match(elsewhere.match_id).state is State.COMPLETED
    assert world.events(elsewhere.match_id) == ["recorded", "started", "completed"]


def test_a_partnership_without_a_need_is_kept_with_its_words(world: World) -> None:
    world.member("essex", sector="local_government")
    data = {
        "partnership_id": "p2",
        "text": "A summer school\nfor carers",
        "member_ids": ["essex", "unknown-member"],
        "state": "active",
        "since": "2024-01-01",
    }
    world.tell("partnership.recorded", "p2", data)
    (match,) = world.open()
    assert match.need["title"] == "A summer school"
    assert [party.name for party in match.parties] == ["Essex", "unknown-member"]


def test_warnings_are_told_and_refuse_nothing(world: World) -> None:
    world.story()
    world.capability("first-words", "capability.changed", terms="paid")
    world.propose()
    assert world.proposed().warnings == ("may_need_procurement",)


def test_a_long_pause_of_the_worker_loses_no_change(world: World) -> None:
    """Another worker comes after a change that this one never examined."""
    world.story()
    world.propose()
    world.proposer.close()
    for number in itertools.count(1):
        world.need(f"later-{number}")
        if number == 5:
            break
    world.proposer = Proposer(world.database, world.deps.model, world.settings, world.clock)
    world.propose()
    assert len({need for need, _ in world.open_pairs()}) == 6


def test_what_a_match_says_is_what_was_scored(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    scored = world.knowledge().index.score_of("reading", "first-words")
    assert match.score == scored.score
    assert match.features == scored.features
    assert match.need["place_names"] == ["Tendring"]
    assert wire_time(match.proposed_at).endswith("Z")
