"""The market benchmark measures what it says: on markets small enough to see it."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.market import methods
from benchmarks.market.markets import PER_NEED, Market, market
from benchmarks.market.measures import envy, measures, served

pytestmark = pytest.mark.thorough


def certain(capacity: list[int]) -> Market:
    """Three needs that all say yes to everything, as do the capabilities."""
    yes = np.ones((3, 3))
    return Market(yes, yes, np.array(capacity), np.zeros(3, dtype=np.int64))


def test_nobody_is_matched_beyond_what_they_can_bear() -> None:
    crowded = served(certain([1, 1, 1]), [[0], [0], [0]], seed=1)
    assert crowded.sum(axis=0).tolist() == [1] * crowded.shape[1]
    found = measures(certain([2, 1, 1]), [[0], [0], [0]], seed=1)
    assert (found["agreed"], found["over_capacity"], found["sum"]) == (2.0, 1.0, 3.0)


def test_envy_is_of_a_better_list() -> None:
    chances = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1], [0.1, 0.1, 0.1]])
    made = Market(chances, np.ones((3, 3)), np.array([1, 1, 1]), np.zeros(3, dtype=np.int64))
    assert np.allclose(envy(made, [[0], [1], [2]]), [0.0, 0.8, 0.0])


def test_stable_matching_leaves_no_pair_that_would_rather_have_each_other() -> None:
    made = market(20, 0.5, seed=3)
    lists = methods.stable(made)
    held = {c: [n for n in range(20) if c in lists[n]] for c in range(20)}
    for need in range(20):
        for capability in set(range(20)) - set(lists[need]):
            worst = min((made.needs_say_yes[need, c] for c in lists[need]), default=-1.0)
            wants = len(lists[need]) < PER_NEED or made.needs_say_yes[need, capability] > worst
            rivals = held[capability]
            least = min((made.capabilities_say_yes[n, capability] for n in rivals), default=-1.0)
            room = len(rivals) < made.capacity[capability]
            taken = room or made.capabilities_say_yes[need, capability] > least
            assert not (wants and taken)


def test_a_round_keeps_to_its_rooms_and_the_optimum_is_not_beaten() -> None:
    made = market(30, 0.5, seed=4)
    inside = methods.within_capacity(made)
    counts = Counter(capability for listed in inside for capability in listed)
    assert all(count <= made.capacity[capability] for capability, count in counts.items())
    assert max(len(listed) for listed in inside) <= PER_NEED
    best, greedy = (measures(made, lists, 1)["sum"] for lists in (inside, methods.greedy(made)))
    assert best >= greedy - 1e-9
