"""Rounds: the exact optimum, never more than there is room for, floors kept as far as can be."""

import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.scoring.choosing.assign import (
    Candidate,
    Floor,
    Rooms,
    Short,
    assign,
    assign_evenly,
    exposure,
    gini,
)

NEEDS, CAPABILITIES = ("n0", "n1", "n2", "n3"), ("c0", "c1", "c2", "c3")
MEMBER_OF = {"c0": "m0", "c1": "m0", "c2": "m1", "c3": "m2"}
Chosen = tuple[Candidate, ...]


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Candidate], Rooms, Floor]:
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(NEEDS), st.sampled_from(CAPABILITIES)),
            unique=True,
            max_size=8,
        )
    )
    scores = st.sampled_from((0.3, 0.35, 0.5, 0.5001, 0.9))
    candidates = [
        Candidate(need, capability, MEMBER_OF[capability], draw(scores), draw(st.booleans()))
        if draw(st.integers(0, 5)) == 0
        else Candidate(need, capability, MEMBER_OF[capability], draw(scores))
        for need, capability in pairs
    ]
    room = st.integers(0, 3)
    rooms = Rooms(
        {name: draw(room) for name in NEEDS},
        {name: draw(room) for name in CAPABILITIES},
        draw(st.integers(1, 3)),
    )
    places = {
        place: frozenset(draw(st.sets(st.sampled_from(NEEDS), max_size=4)))
        for place in ("p0", "p1", "p2")
    }
    return candidates, rooms, Floor(draw(st.sampled_from((0.0, 0.5, 1.0))), places)


def room_of(name: str, rooms: Rooms) -> int:
    if name in MEMBER_OF.values():
        return rooms.per_member
    return rooms.per_need[name] if name in rooms.per_need else rooms.per_capability[name]


def too_many(chosen: Chosen, rooms: Rooms) -> list[str]:
    """Sides with more than they have room for, beyond what is fixed."""
    counts: Counter[str] = Counter()
    fixed: Counter[str] = Counter()
    for one in chosen:
        sides = (one.need_id, one.capability_id, one.member_id)
        counts.update(sides)
        fixed.update(sides if one.fixed else ())
    return [name for name, n in counts.items() if n > max(room_of(name, rooms), fixed[name])]


def shortage(chosen: Chosen, candidates: list[Candidate], floor: Floor) -> int:
    served = {one.need_id for one in chosen}
    known = {one.need_id for one in candidates}
    total = 0
    for needs in floor.places.values():
        counted = needs & known
        wanted = -int(-floor.share * len(counted) // 1)
        total += max(0, wanted - len(counted & served))
    return total


def brute_force(candidates: list[Candidate], rooms: Rooms, floor: Floor) -> tuple[int, float]:
    """Least shortage, then the most expected, over every choice there is."""
    fixed = tuple(one for one in candidates if one.fixed)
    loose = [one for one in candidates if not one.fixed]
    best = (10_000, -1.0)
    for size in range(len(loose) + 1):
        for some in itertools.combinations(loose, size):
            chosen = fixed + some
            if not too_many(chosen, rooms):
                expected = round(sum(one.score for one in chosen), 4)
                best = min(best, (shortage(chosen, candidates, floor), -expected))
    return best[0], -best[1]


@given(markets())
@settings(max_examples=100, deadline=None)
def test_nothing_is_better(market: tuple[list[Candidate], Rooms, Floor]) -> None:
    candidates, rooms, floor = market
    found = assign(candidates, rooms, floor)
    assert too_many(found.chosen, rooms) == []
    assert {one for one in candidates if one.fixed} <= set(found.chosen)
    short, expected = brute_force(candidates, rooms, floor)
    assert sum(one.wanted - one.got for one in found.short) == short
    assert found.expected == pytest.approx(expected)


@given(markets(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_candidates_does_not_matter(
    market: tuple[list[Candidate], Rooms, Floor], draw: Random
) -> None:
    candidates, rooms, floor = market
    shuffled = list(candidates)
    draw.shuffle(shuffled)
    assert assign(candidates, rooms, floor) == assign(shuffled, rooms, floor)


def crowded(needs: int = 60, suppliers: int = 60, seed: int = 5) -> tuple[list[Candidate], Rooms]:
    """A few suppliers that everybody wants."""
    draw = Random(seed)  # noqa: S311 - a repeatable market
    wanted = {f"c{number}": draw.random() for number in range(suppliers)}
    candidates = [
        Candidate(
            f"n{need}", name, f"m-{name}", round(0.3 + 0.2 * pull + 0.5 * draw.random() ** 2, 4)
        )
        for need in range(needs)
        for name, pull in wanted.items()
    ]
    return candidates, Rooms(
        {f"n{need}": 3 for need in range(needs)}, dict.fromkeys(wanted, needs), needs
    )


def test_greedy_is_not_enough() -> None:
    """Whoever takes the best pair first leaves the other need with nothing."""
    candidates = [
        Candidate("a", "x", "m1", 0.9),
        Candidate("a", "y", "m2", 0.8),
        Candidate("b", "x", "m1", 0.85),
    ]
    rooms = Rooms({"a": 1, "b": 1}, {"x": 1, "y": 1}, 5)
    assert assign(candidates, rooms).pairs == {("a", "y"), ("b", "x")}


def test_equal_choices_fall_to_the_earlier_ids() -> None:
    candidates = [Candidate(need, "x", "m", 0.5) for need in ("b", "c", "a")]
    rooms = Rooms(dict.fromkeys("abc", 1), {"x": 1}, 5)
    assert assign(candidates, rooms).pairs == {("a", "x")}


def test_a_floor_moves_a_proposal_to_the_place_that_waits() -> None:
    candidates = [Candidate("city", "x", "m", 0.9), Candidate("coast", "x", "m", 0.5)]
    rooms = Rooms({"city": 1, "coast": 1}, {"x": 1}, 5)
    assert assign(candidates, rooms).pairs == {("city", "x")}
    coast = Floor(1.0, {"Tendring": frozenset({"coast"})})
    assert assign(candidates, rooms, coast).pairs == {("coast", "x")}
    both = Floor(1.0, {"Tendring": frozenset({"coast"}), "Leeds": frozenset({"city"})})
    found = assign(candidates, rooms, both)
    assert len(found.chosen) == 1
    assert sum(one.wanted - one.got for one in found.short) == 1


def test_a_floor_with_halves_is_finished_exactly() -> None:
    """Three places that share three needs in a ring: the program alone answers with halves."""
    candidates = [Candidate(f"n{i}", "x", "m", 0.5) for i in range(3)]
    ring = {f"p{i}": frozenset({f"n{i}", f"n{(i + 1) % 3}"}) for i in range(3)}
    rooms = Rooms({f"n{i}": 1 for i in range(3)}, {"x": 2}, 5)
    found = assign(candidates, rooms, Floor(0.5, ring))
    assert (len(found.chosen), found.short) == (2, ())
    tight = assign(candidates, Rooms(rooms.per_need, {"x": 1}, 5), Floor(0.5, ring))
    assert [(one.wanted, one.got) for one in tight.short] == [(1, 0)]


def test_what_is_fixed_stays_even_beyond_the_room() -> None:
    candidates = [
        Candidate("a", "x", "m", 0.3, fixed=True),
        Candidate("b", "x", "m", 0.4, fixed=True),
        Candidate("c", "x", "m", 0.9),
    ]
    rooms = Rooms(dict.fromkeys("abc", 1), {"x": 1}, 1)
    assert assign(candidates, rooms).pairs == {("a", "x"), ("b", "x")}


@pytest.mark.parametrize("candidates", [[], [Candidate("a", "x", "m", 0.5)]])
def test_nothing_to_choose_from(candidates: list[Candidate]) -> None:
    floor = Floor(1.0, {"p": frozenset({"a", "unknown"}), "empty": frozenset()})
    found = assign(candidates, Rooms({}, {}, 5), floor)
    assert found.chosen == ()
    assert found.short == ((Short("p", 1, 0),) if candidates else ())


def test_popular_members_do_not_drown() -> None:
    """Half as uneven as each need's best three, for at most 3% of the expected matches."""
    candidates, rooms = crowded()
    members = {one.member_id for one in candidates}
    by_need: dict[str, list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: -one.score):
        by_need.setdefault(one.need_id, []).append(one)
    greedy = [one for listed in by_need.values() for one in listed[:3]]
    free = assign(candidates, rooms)
    even = assign_evenly(candidates, rooms, None, 0.03)
    assert free.pairs == {(one.need_id, one.capability_id) for one in greedy}
    assert even.expected >= 0.97 * free.expected
    assert even.per_member < rooms.per_member
    assert too_many_of(even.chosen, even.per_member) == []
    before, after = (gini(exposure(chosen, members).values()) for chosen in (greedy, even.chosen))
    assert before > 0.5
    assert after <= before / 2


def too_many_of(chosen: Chosen, most: int) -> list[str]:
    return [name for name, count in exposure(chosen, ()).items() if count > most]


@pytest.mark.parametrize(
    ("counts", "value"),
    [([], 0.0), ([0, 0], 0.0), ([2, 2, 2], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25)],
)
def test_gini(counts: list[int], value: float) -> None:
    assert gini(counts) == pytest.approx(value)


def test_the_smallest_cap_counts_what_a_supplier_has_besides() -> None:
    scores = {"n1": 0.9, "n2": 0.9, "n3": 0.05}
    candidates = [Candidate(need, "one", "s", score) for need, score in scores.items()]
    rooms = Rooms(dict.fromkeys(scores, 1), {"one": 3}, 10, beside={"s": 2})
    found = assign_evenly(candidates, rooms, None, 0.1)
    assert found.per_member == 4
    assert {one.need_id for one in found.chosen} == {"n1", "n2"}
