"""Nothing is ever reserved twice: not by two coordinators at once, not by any order of moves."""

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from services.matcher.close import withdraw_match
from services.matcher.domain.errors import NotAllowed, NothingLeft, RuleBroken
from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.explaining.insight import Insight
from services.matcher.review import undo_approval
from services.matcher.store import tables as t
from shared.storage import Busy, Database
from tests.integration.matcher.world import World, reach_introduced
from tests.servers.migrated import empty

KINDS = ("capacity", "places", "exposure")


def held(world: World, kind: str) -> dict[str, int]:
    """Units reserved or spent by key."""
    table = t.reservations
    query = select(table).where(table.c.kind == kind, table.c.status.in_(["reserved", "spent"]))
    found: dict[str, int] = {}
    with world.database.read() as connection:
        for row in connection.execute(query):
            found[row.key] = found.get(row.key, 0) + row.amount
    return found


def race(world: World, match_ids: list[str]) -> list[str]:
    """Approve all at once, each in a thread of its own; what became of each."""
    ready = threading.Barrier(len(match_ids))
    outcomes: list[str] = []

    def approve(number: int, match_id: str) -> None:
        ready.wait()
        for _ in range(5):
            try:
                world.approve(match_id, actor=f"c{number}")
            except Busy:
                continue
            except NotAllowed as error:
                outcomes.append(error.code)
            else:
                outcomes.append("approved")
            return

    threads = [
        threading.Thread(target=approve, args=(number, match_id))
        for number, match_id in enumerate(match_ids)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_what_is_missing_is_told_where_a_member_cut_what_was_reserved(world: World) -> None:
    world.story()
    world.need("second")
    world.capability("first-words", "capability.changed", capacity={"amount": 2})
    world.propose()
    for match in world.open():
        world.approve(match.match_id)
    world.capability("first-words", "capability.changed", capacity={"amount": 1})
    world.need("third")
    insight = Insight(world.database, world.deps.model, world.clock)
    [near] = insight.near_misses("third", world.settings.least_score)
    assert near.rule == "no_capacity"
    assert "BBC had room for 2 more" in near.change
    world.capability("first-words", "capability.changed", capacity={"amount": 3})
    assert insight.near_misses("third", world.settings.least_score) == []


def test_two_approvals_race_for_the_last_unit_of_a_capability(world: World) -> None:
    world.story()
    world.need("second")
    world.propose()
    outcomes = race(world, [match.match_id for match in world.open()])
    assert outcomes == ["approved", "rule_broken"]
    assert held(world, "capacity") == {"first-words": 1}


def test_two_approvals_race_for_the_last_place_of_a_need(world: World) -> None:
    world.story()
    world.capability("second-words")
    world.propose()
    outcomes = race(world, [match.match_id for match in world.open()])
    assert outcomes == ["approved", "rule_broken"]
    assert held(world, "places") == {"reading": 1}


def test_two_coordinators_race_for_one_match(world: World) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    assert race(world, [match_id, match_id]) == ["already_decided", "approved"]
    assert held(world, "places") == {"reading": 1}


def test_two_approvals_race_for_the_last_approach_a_member_can_bear(world: World) -> None:
    world.settings_changed(approaches_per_member=1)
    world.story()
    world.capability("first-words", "capability.changed", capacity={"amount": 10})
    world.need("second")
    world.propose()
    outcomes = race(world, [match.match_id for match in world.open()])
    assert outcomes == ["approved", "nothing_left"]
    assert held(world, "exposure") == {"bbc": 1}


def test_units_are_taken_where_they_agree_and_never_beyond_what_is_left(world: World) -> None:
    world.story()
    starts = {"amount": 100, "unit": "starts", "per": "year"}
    world.capability("first-words", "capability.changed", capacity=starts)
    for name, amount in (("reading", 70), ("second", 60), ("third", 10)):
        world.need(name, partners=1, units={"amount": amount, "unit": "Starts"})
    world.propose()
    by_need = {match.need_id: match.match_id for match in world.open()}
    world.approve(by_need["reading"])
    world.approve(by_need["second"])
    assert held(world, "capacity") == {"first-words": 100}
    with pytest.raises((RuleBroken, NothingLeft)):
        world.approve(by_need["third"])


def test_yearly_capacity_comes_back_on_its_anniversary_and_not_before(world: World) -> None:
    world.story()
    per_year = {"amount": 1, "unit": "partnerships", "per": "year"}
    world.capability("first-words", "capability.changed", capacity=per_year)
    match = reach_introduced(world)
    world.outcome(match, "bbc", "finished")
    assert world.match(match.match_id).state is State.COMPLETED
    world.need("second")
    world.propose()
    assert world.open() == []
    world.clock.advance(days=364)
    world.need("second", "need.confirmed", confirmed_at=wire(world))
    world.capability("first-words", "capability.confirmed", confirmed_at=wire(world))
    world.tick()
    world.propose()
    assert world.open() == []
    world.tick(days=1)
    world.propose()
    assert world.open_pairs() == {("second", "first-words")}


def wire(world: World) -> str:
    return world.clock.now().isoformat().replace("+00:00", "Z")


def test_capacity_cut_below_what_is_reserved_withdraws_nothing(world: World) -> None:
    world.story()
    world.capability("first-words", "capability.changed", capacity={"amount": 2})
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.capability("first-words", "capability.changed", capacity={"amount": 0})
    world.propose()
    assert world.match(match.match_id).state is State.APPROVED


class Reserving(RuleBasedStateMachine):
    """Coordinators approve, undo and withdraw in any order, members answer, time goes by."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.write() as connection:
            kept = t.METADATA.tables["reason_codes"]
            empty(connection, [each for each in t.METADATA.sorted_tables if each is not kept])
        self.world = World(self.database, approaches_per_member=3, grace_seconds=60.0)

    @initialize(amount=st.integers(1, 3), partners=st.integers(1, 2))
    def coalition(self, amount: int, partners: int) -> None:
        world = self.world
        world.member("essex", sector="local_government")
        world.member("bbc", sector="public_body")
        world.member("other", sector="charity")
        for number, member in enumerate(("bbc", "bbc", "other")):
            of_it = {"amount": amount, "unit": "partnerships", "per": "at a time"}
            world.capability(f"c{number}", member_id=member, capacity=of_it)
        for number in range(3):
            world.need(f"n{number}", partners=partners)
        world.propose()

    def _some(self, draw: int, *states: State) -> Match | None:
        found = [match for match in self.world.open() if match.state in states]
        return found[draw % len(found)] if found else None

    def _try(self, act: Any, *args: Any, **kw: Any) -> None:
        with contextlib.suppress(NotAllowed):
            act(*args, **kw)

    @rule(draw=st.integers(0, 50))
    def approve(self, draw: int) -> None:
        match = self._some(draw, State.PROPOSED)
        if match:
            self._try(self.world.approve, match.match_id)

    @rule(draw=st.integers(0, 50))
    def undo(self, draw: int) -> None:
        match = self._some(draw, State.APPROVED)
        if match:
            self._try(self.world.do, undo_approval, match.match_id)

    @rule(draw=st.integers(0, 50))
    def withdraw(self, draw: int) -> None:
        match = self._some(draw, State.APPROVED, State.ASKED, State.AGREED)
        if match:
            self._try(self.world.do, withdraw_match, match.match_id, reason_code="other")

    @rule(draw=st.integers(0, 50), says=st.sampled_from(["yes", "yes", "no"]))
    def answer(self, draw: int, says: str) -> None:
        match = self._some(draw, State.APPROVED, State.ASKED)
        if match is None or match.attempt == 0:
            return
        for party in match.parties:
            self.world.sent(match, party.member_id)
            self.world.answer(match, party.member_id, says)

    @rule(draw=st.integers(0, 50))
    def introduce(self, draw: int) -> None:
        match = self._some(draw, State.AGREED)
        if match:
            self.world.introduced(match)

    @rule(draw=st.integers(0, 50), stage=st.sampled_from(["finished", "ended"]))
    def report(self, draw: int, stage: str) -> None:
        match = self._some(draw, State.INTRODUCED, State.ACTIVE)
        if match:
            self.world.outcome(match, match.parties[0].member_id, stage)

    @rule(seconds=st.sampled_from([1, 61, 86_400]))
    def wait(self, seconds: int) -> None:
        self.world.tick(seconds=seconds)
        self.world.propose()

    @invariant()
    def nothing_is_held_beyond_what_there_is(self) -> None:
        states = self.world.states
        for key, amount in held(self.world, "capacity").items():
            assert amount <= states[key]["capacity"]["amount"]
        for key, amount in held(self.world, "places").items():
            assert amount <= states[key]["partners"]
        assert all(amount <= 3 for amount in held(self.world, "exposure").values())

    @invariant()
    def what_waits_holds_exactly_its_share(self) -> None:
        waiting = {State.APPROVED, State.ASKED, State.UNREACHABLE, State.AGREED}
        held_by: dict[str, set[str]] = {}
        table = t.reservations
        with self.world.database.read() as connection:
            query = select(table).where(table.c.status == "reserved")
            for row in connection.execute(query):
                held_by.setdefault(row.match_id, set()).add(row.kind)
        expected = {m.match_id: set(KINDS) for m in self.world.open() if m.state in waiting}
        assert held_by == expected

    def teardown(self) -> None:
        self.world.close()


def test_any_order_of_moves_keeps_the_count(store: Database) -> None:
    machine = type("Bound", (Reserving,), {"database": store})
    examples = settings(
        max_examples=8,
        stateful_step_count=15,
        deadline=timedelta(seconds=60),
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(machine, settings=examples)
