"""What almost became a proposal, what held it back, and what would change that (stage 7).

Refused pairs that score well come with the rule, pairs below the threshold with the part of the
score that cost most; each with the smallest change by either side, proved by re-running.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.learning.scorer import BASELINE
from services.matcher.scoring.market.market import Market
from services.matcher.scoring.reasons.changes import Sides
from services.matcher.scoring.reasons.conditions import sentence_of
from services.matcher.scoring.reasons.counterfactual import (
    FIXED,
    TOGETHER,
    Circumstances,
    Counterfactual,
    smallest_change,
)
from services.matcher.scoring.results import Reason

REFUSED_AMONG = 10
TOO_WEAK = 3
_LOOKED_AT = 30
"""How far down a need's list the pairs below the threshold are looked for."""

TOO_LITTLE = "Nothing speaks against it, but too little speaks for it."


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A capability that did not become a proposal for this need.

    `rule` refused it, or `feature` cost it most where no rule did (empty where no part of the
    score is below neutral). `text` says so; `change` says what would make it a match, and
    `found` is that change, or None where there is none.
    """

    need_id: str
    capability_id: str
    score: float
    rule: str
    feature: str
    text: str
    change: str
    found: Counterfactual | None


def near_misses(
    index: MatchIndex,
    need_id: str,
    least: float,
    *,
    most: int | None = None,
    without: Collection[str] = (),
) -> list[NearMiss]:
    """Refused ones among the best of all pairs, best first, then the best that score below
    `least`; the first `most` of them, for trying out what would change one takes its time, and
    none of the capabilities of `without`. KeyError: the need is not known.
    """
    some = islice(_near(index, need_id, least, without), most)
    return [_with_change(index, (need_id, id_, score), least, why) for id_, score, why in some]


def near_ids(
    index: MatchIndex, need_id: str, least: float, *, without: Collection[str] = ()
) -> list[str]:
    """The capabilities of all near misses, quickly: what would change them is not asked."""
    return [id_ for id_, _, _ in _near(index, need_id, least, without)]


def _near(
    index: MatchIndex, need_id: str, least: float, without: Collection[str]
) -> Iterator[tuple[str, float, tuple[str, str, str]]]:
    """Capability, score, and why not: rule, feature and sentence."""
    for one in index.refusals_for(need_id, REFUSED_AMONG):
        if one.capability_id not in without:
            told = one.refusal
            yield one.capability_id, one.score, (told.rule, "", told.text)
    rated = index.rated_for_all([need_id], _LOOKED_AT)[need_id]
    weak = (one for one in rated if one.score < least and one.capability_id not in without)
    for below in islice(weak, TOO_WEAK):
        yield below.capability_id, below.score, ("", *_weakness(index.explained(below).reasons))


def near_line(near: NearMiss) -> dict[str, object]:
    """As `rank --near-misses` prints it; `cost` and `then` are of the pair after the change."""
    changes = near.found.changes if near.found else ()
    return {
        "need": near.need_id,
        "capability": near.capability_id,
        "score": near.score,
        "near": near.rule or near.feature or "too_weak",
        "text": near.text,
        "change": near.change,
        "changes": [[one.side, one.kind, one.code] for one in changes],
        "cost": near.found.cost if near.found else None,
        "then": near.found.score if near.found else None,
    }


def change_for(
    index: MatchIndex,
    need_id: str,
    capability_id: str,
    least: float,
    *,
    together: int = TOGETHER,
) -> Counterfactual | None:
    """The smallest change that makes this pair a match; None: none is known, or it is one."""
    refused = index.refusal_of(need_id, capability_id)
    if refused and refused.rule in FIXED:
        return None
    sides = sides_of(index.market, need_id, capability_id)
    return smallest_change(circumstances_of(index), sides, least, together=together)


def circumstances_of(index: MatchIndex) -> Circumstances:
    market = index.market
    return Circumstances(index.model, market.as_of, market.state, market.priorities)


def sides_of(market: Market, need_id: str, capability_id: str) -> Sides:
    """The pair as it stands: both listings, both members, what is left on either side."""
    need, capability = market.needs[need_id], market.capabilities[capability_id]
    return Sides(
        need,
        capability,
        market.members[need.member_id],
        market.members[capability.member_id],
        places_left=market.state.places_left.get(need_id, need.partners),
        capacity_left=market.state.capacity_left.get(capability_id, capability.capacity.amount),
    )


def _with_change(
    index: MatchIndex,
    near: tuple[str, str, float],
    least: float,
    why: tuple[str, str, str],
) -> NearMiss:
    pair = near[:2]
    found = change_for(index, *pair, least)
    told = sentence_of(found, sides_of(index.market, *pair), index.model.explainer.wording)
    return NearMiss(*near, *why, told, found)


def _weakness(reasons: Sequence[Reason]) -> tuple[str, str]:
    """The part that cost most with its sentence, else that nothing speaks against it."""
    against = [one for one in reasons if one.contribution < 0 and one.feature != BASELINE]
    if not against:
        return "", TOO_LITTLE
    worst = min(against, key=lambda one: one.contribution)
    return worst.feature, worst.text
