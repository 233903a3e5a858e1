"""Consortia equal to trying every subset; each supplier necessary; toy needs with one right answer."""

import itertools
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.entities import Conflict, Member
from services.matcher.scoring.choosing.bundle import (
    Bundle,
    Candidate,
    Limits,
    all_say_yes,
    apart_among,
    best_bundle,
    who_convenes,
)

KINDS = ("expertise", "venue", "reach", "funding", "jobs")


def candidate(id_: str, score: float, *brings: str, member: str = "") -> Candidate:
    return Candidate(id_, member or f"member of {id_}", score, frozenset(brings))


def by_brute_force(wanted: set[str], given: list[Candidate], limits: Limits) -> Bundle | None:
    """Every subset of two to four, by the definition alone."""
    useful = [one for one in given if one.brings & wanted and one.score >= limits.least]
    alone = [Bundle((one,), frozenset(wanted)) for one in cut(useful, wanted)]
    if not alone:
        return None
    covers = max(len(one.covered) for one in alone)
    found = [
        bundle
        for size in range(2, limits.members)
        for chosen in itertools.combinations(cut(useful, wanted), size)
        if allowed(chosen, limits)
        for bundle in [bundle_of(chosen, wanted)]
        if len(bundle.covered) > covers and all(bundle.only_from().values())
        if bundle.score >= limits.least
    ]
    return min(found, key=lambda one: one.rank, default=None)


def cut(given: list[Candidate], wanted: set[str]) -> list[Candidate]:
    return [Candidate(c.capability_id, c.member_id, c.score, c.brings & wanted) for c in given]


def bundle_of(chosen: tuple[Candidate, ...], wanted: set[str]) -> Bundle:
    return Bundle(tuple(sorted(chosen, key=lambda c: c.capability_id)), frozenset(wanted))


def allowed(chosen: tuple[Candidate, ...], limits: Limits) -> bool:
    members = [one.member_id for one in chosen]
    ids = frozenset(one.capability_id for one in chosen)
    apart = any(frozenset(pair) in limits.apart for pair in itertools.combinations(members, 2))
    distinct = len(set(members)) == len(members)
    return distinct and not apart and ids not in limits.barred and limits.keep <= ids


SCORES = st.sampled_from([0.3, 0.31, 0.45, 0.5, 0.6, 0.6001, 0.75, 0.9, 1.0])
SOME = st.lists(
    st.tuples(SCORES, st.frozensets(st.sampled_from(KINDS), max_size=3), st.integers(0, 6)),
    max_size=9,
)


@settings(deadline=None, max_examples=120)
@given(SOME, st.sets(st.sampled_from(KINDS), min_size=2), st.integers(3, 5), st.randoms())
def test_it_is_what_trying_every_subset_finds(
    drawn: list[tuple[float, frozenset[str], int]],
    wanted: set[str],
    members: int,
    chance: random.Random,
) -> None:
    given_ = [
        candidate(f"c{n}", score, *brings, member=f"m{member}")
        for n, (score, brings, member) in enumerate(drawn)
    ]
    ids = [one.capability_id for one in given_]
    limits = Limits(
        least=chance.choice([0.0, 0.3, 0.4]),
        members=members,
        apart={frozenset(chance.sample([f"m{n}" for n in range(7)], 2)) for _ in range(3)},
        barred={frozenset(chance.sample(ids, 2)) for _ in range(3) if len(ids) > 1},
        keep=frozenset(chance.sample(ids, 1)) if ids and chance.random() < 0.2 else frozenset(),
    )
    found = best_bundle(wanted, given_, limits)
    assert found == by_brute_force(wanted, given_, limits)
    assert found == best_bundle(wanted, chance.sample(given_, len(given_)), limits)
    if found:
        assert all(found.only_from().values())
        assert 3 <= len(found.suppliers) + 1 <= members


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_trying_every_subset_finds_of_many(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a repeatable coalition
    given_ = [
        candidate(f"c{n:02}", round(draw.uniform(0.3, 1), 4), *draw.sample(KINDS, 1))
        for n in range(18)
    ]
    found = best_bundle(set(KINDS[:4]), given_, Limits(least=0.3))
    assert found == by_brute_force(set(KINDS[:4]), given_, Limits(least=0.3))


def test_money_from_one_and_trainers_from_another() -> None:
    wanted = {"funding", "expertise"}
    money, trainers = candidate("money", 0.8, "funding"), candidate("trainers", 0.7, "expertise")
    weaker = candidate("weaker", 0.6, "expertise")
    found = best_bundle(wanted, [weaker, trainers, money], Limits(least=0.3))
    assert found is not None
    assert found.ids == ("money", "trainers")
    assert found.only_from() == {
        "money": frozenset({"funding"}),
        "trainers": frozenset({"expertise"}),
    }


def test_nobody_is_added_who_is_not_necessary() -> None:
    wanted = {"funding", "expertise", "venue"}
    given_ = [
        candidate("both", 0.9, "funding", "expertise"),
        candidate("hall", 0.8, "venue"),
        candidate("extra", 0.99, "expertise"),
    ]
    found = best_bundle(wanted, given_, Limits(least=0.3))
    assert found is not None
    assert found.ids == ("both", "hall")


def test_none_where_one_brings_as_much_or_nobody_adds_anything() -> None:
    both = candidate("both", 0.4, "funding", "expertise")
    money, trainers = candidate("money", 0.9, "funding"), candidate("trainers", 0.9, "expertise")
    wanted = {"funding", "expertise"}
    assert best_bundle(wanted, [both, money, trainers], Limits(least=0.3)) is None
    assert best_bundle(wanted, [money], Limits(least=0.3)) is None
    assert best_bundle(wanted, [], Limits(least=0.3)) is None
    assert best_bundle({"funding"}, [money, trainers], Limits(least=0.3)) is None
    assert best_bundle(set(), [money, trainers], Limits(least=0.3)) is None


def test_none_that_is_too_unlikely_as_a_whole() -> None:
    """Each pair is good enough; that all say yes is not."""
    given_ = [candidate("money", 0.4, "funding"), candidate("trainers", 0.4, "expertise")]
    wanted = {"funding", "expertise"}
    assert best_bundle(wanted, given_, Limits(least=0.3)) is None
    assert best_bundle(wanted, given_, Limits(least=0.25)) is not None


def test_a_probability_of_one_pair_is_its_own_and_falls_with_each_that_must_agree() -> None:
    assert all_say_yes([0.36]) == pytest.approx(0.36)
    assert all_say_yes([0.36, 0.36]) == pytest.approx(0.6**3)
    assert all_say_yes([0.81, 0.36]) == pytest.approx(0.6 * 0.9 * 0.6)
    assert all_say_yes([1.0, 1.0, 1.0]) == 1.0


def test_two_who_may_not_meet_are_not_put_together() -> None:
    members = [
        Member("a", "A", "business", conflicts=(Conflict(member="b"),)),
        Member("b", "B", "charity"),
        Member("c", "C", "health", conflicts=(Conflict(sector="charity", until=date(2026, 1, 1)),)),
    ]
    declared = {"b": (Conflict(sector="health"),)}
    day = date(2026, 12, 1)
    assert apart_among(members, {}, day) == {frozenset("ab")}
    assert apart_among(members, declared, day) == {frozenset("ab"), frozenset("bc")}


def test_the_needing_member_convenes_unless_it_asks_for_reach() -> None:
    hall = candidate("hall", 0.9, "venue")
    loud, near = candidate("loud", 0.6, "reach"), candidate("near", 0.7, "reach", "jobs")
    assert who_convenes("council", ["venue", "jobs"], [hall, near]) == "council"
    assert who_convenes("council", ["venue", "reach"], [hall, loud]) == "member of loud"
    assert who_convenes("council", ["venue", "reach"], [hall, loud, near]) == "member of near"
