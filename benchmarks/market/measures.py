"""What lists of proposals come to: agreed matches, the worst off, envy, evenness, room exceeded."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.market.markets import Floats, Lists, Market
from services.matcher.scoring.choosing.assign import gini

DRAWS = 400


def measures(market: Market, lists: Lists, seed: int) -> dict[str, float]:
    """`agreed` is the mean number of matches over draws of who says yes, each need getting one and
    each capability no more than it can bear; `sum` adds up probabilities as if nobody were in
    anybody's way.
    """
    got = served(market, lists, seed)
    counts = np.bincount(
        [capability for listed in lists for capability in listed], minlength=market.size
    )
    chances = np.sort(got.mean(axis=1))
    return {
        "agreed": float(got.sum(axis=0).mean()),
        "sum": float(sum(market.agreed[need, listed].sum() for need, listed in enumerate(lists))),
        "worst_tenth": float(chances[: max(1, market.size // 10)].mean()),
        "envy": float(envy(market, lists).mean()),
        "gini": gini(counts.tolist()),
        "over_capacity": float((counts > market.capacity).sum()),
        "needs_without": float(sum(not listed for listed in lists)),
    }


def served(market: Market, lists: Lists, seed: int) -> NDArray[np.bool_]:
    """Shape (n_needs, DRAWS): whether the need found its partner in that draw."""
    draw = np.random.default_rng(seed)
    agreed = market.agreed
    pairs = [(need, capability) for need, listed in enumerate(lists) for capability in listed]
    pairs.sort(key=lambda pair: -agreed[pair])
    got = np.zeros((market.size, DRAWS), dtype=np.bool_)
    room = np.repeat(market.capacity[:, None], DRAWS, axis=1)
    for need, capability in pairs:
        yes = draw.random(DRAWS) < agreed[need, capability]
        yes &= ~got[need] & (room[capability] > 0)
        got[need] |= yes
        room[capability] -= yes
    return got


def envy(market: Market, lists: Lists) -> Floats:
    """Shape (n_needs,): how much likelier a match would be with the list of another need."""
    none = 1 - market.agreed
    others = np.stack(
        [1 - none[:, listed].prod(axis=1) if listed else np.zeros(market.size) for listed in lists],
        axis=1,
    )
    return np.asarray(others.max(axis=1) - np.diag(others))
