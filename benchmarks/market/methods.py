"""Convene's round and what one would use instead. Each takes a market and answers with lists.

Baselines as their authors describe them: deferred acceptance (Gale and Shapley, with quotas);
transferable utility (Choo and Siow, solved by iterative proportional fitting, ranked by the matching
it expects); Nash social welfare over both sides' expected matches (Frank and Wolfe's method).
"""

from collections.abc import Callable

import numpy as np

from benchmarks.market.markets import PER_NEED, Floats, Lists, Market
from services.matcher.scoring.choosing.assign import (
    Assignment,
    Candidate,
    Floor,
    Rooms,
    assign,
    assign_evenly,
)

Method = Callable[[Market], Lists]
CANDIDATES, MOST_CANDIDATES, FEWEST = 100, 300_000, 30
"""How deep a need's list goes into a round, as in the worker."""
PER_PLACE, GIVE_UP, FLOOR = 2, 0.03, 0.5
"""As a round is set where nothing else is said."""
NASH_STEPS = 200
IPFP_STEPS = 500


def one_sided(market: Market) -> Lists:
    """What the needing side likes best."""
    return _top(market.needs_say_yes)


def product(market: Market) -> Lists:
    """Greedy top-k: what is likeliest to be agreed, whoever else is proposed the same."""
    return _top(market.agreed)


def greedy(market: Market) -> Lists:
    """The likeliest pairs first, while both sides have room: what proposing does between rounds."""
    agreed, room = market.agreed, market.capacity.copy()
    lists: Lists = [[] for _ in range(market.size)]
    order = np.argsort(-agreed, axis=None, kind="stable")
    for need, capability in zip(*np.unravel_index(order, agreed.shape), strict=True):
        if room[capability] > 0 and len(lists[need]) < PER_NEED:
            lists[need].append(int(capability))
            room[capability] -= 1
    return lists


def stable(market: Market) -> Lists:
    """Deferred acceptance: needs ask by their own taste, capabilities keep whom they like best."""
    preferred = np.argsort(-market.needs_say_yes, axis=1, kind="stable")
    asked = np.zeros(market.size, dtype=np.int64)
    held: list[list[int]] = [[] for _ in range(market.size)]
    have = np.zeros(market.size, dtype=np.int64)
    waiting = list(range(market.size))
    while waiting:
        need = waiting.pop()
        while have[need] < PER_NEED and asked[need] < market.size:
            capability = int(preferred[need, asked[need]])
            asked[need] += 1
            held[capability].append(need)
            have[need] += 1
            if len(held[capability]) > market.capacity[capability]:
                least = min(
                    held[capability], key=lambda n: market.capabilities_say_yes[n, capability]
                )
                held[capability].remove(least)
                have[least] -= 1
                waiting.append(least)
    lists: Lists = [[] for _ in range(market.size)]
    for capability, needs in enumerate(held):
        for need in needs:
            lists[need].append(capability)
    return lists


def transferable(beta: float) -> Method:
    """Ranked by the matching that is expected where utility could change hands."""

    def ranked(market: Market) -> Lists:
        pull = np.exp((market.needs_say_yes + market.capabilities_say_yes) / (2 * beta))
        alone, spare = np.ones(market.size), np.sqrt(market.capacity.astype(np.float64))
        for _ in range(IPFP_STEPS):
            before = alone
            alone = _root(pull @ spare, 1.0)
            spare = _root(alone @ pull, market.capacity.astype(np.float64))
            if np.abs(alone - before).max() < 1e-9:
                break
        return _top(pull * alone[:, None] * spare)

    return ranked


def nash(market: Market) -> Lists:
    """The product of everybody's expected matches as large as can be, both sides alike."""
    agreed = market.agreed
    share = np.full(agreed.shape, PER_NEED / market.size)
    for step in range(NASH_STEPS):
        mine, theirs = (agreed * share).sum(axis=1), (agreed * share).sum(axis=0)
        gain = agreed / (mine[:, None] + 1e-9) + agreed / (theirs + 1e-9)
        best = np.argpartition(-gain, PER_NEED, axis=1)[:, :PER_NEED]
        towards = np.zeros_like(share)
        np.put_along_axis(towards, best, 1.0, axis=1)
        share += (towards - share) * (2 / (step + 2))
    return _top(share)


def exact(market: Market) -> Lists:
    """The optimum of expected matches, without evenness or floor."""
    return _lists(market, assign(candidates(market), rooms(market, PER_PLACE)))


def convene(market: Market) -> Lists:
    """A round as it comes: at most 3% given up for evenness, half of every place's needs served."""
    places = {
        f"p{place:02}": frozenset(_need(n) for n in np.flatnonzero(market.place == place).tolist())
        for place in np.unique(market.place).tolist()
    }
    floor = Floor(FLOOR, places)
    return _lists(
        market, assign_evenly(candidates(market), rooms(market, PER_PLACE), floor, GIVE_UP)
    )


def within_capacity(market: Market) -> Lists:
    """The optimum with no more proposals than a capability could agree to."""
    return _lists(market, assign(candidates(market), rooms(market, 1)))


def candidates(market: Market) -> list[Candidate]:
    agreed = market.agreed
    deep = min(market.size, CANDIDATES, max(FEWEST, MOST_CANDIDATES // market.size))
    best = np.argsort(-agreed, axis=1, kind="stable")[:, :deep]
    return [
        Candidate(_need(need), _name(c), _name(c), float(agreed[need, c]))
        for need in range(market.size)
        for c in best[need].tolist()
    ]


def rooms(market: Market, per_place: int) -> Rooms:
    return Rooms(
        {_need(number): PER_NEED for number in range(market.size)},
        {_name(number): int(room) * per_place for number, room in enumerate(market.capacity)},
        int(market.capacity.max()) * per_place,
    )


def _need(number: int) -> str:
    return f"n{number:06}"


def _name(number: int) -> str:
    return f"c{number:06}"


def _lists(market: Market, found: Assignment) -> Lists:
    lists: Lists = [[] for _ in range(market.size)]
    for one in found.chosen:
        lists[int(one.need_id[1:])].append(int(one.capability_id[1:]))
    return lists


def _top(values: Floats) -> Lists:
    best: Lists = np.argsort(-values, axis=1, kind="stable")[:, :PER_NEED].tolist()
    return best


def _root(total: Floats, mass: Floats | float) -> Floats:
    """The square root of the mass left alone, where `x² + total·x = mass`."""
    return np.asarray(np.sqrt(mass + (total / 2) ** 2) - total / 2)
