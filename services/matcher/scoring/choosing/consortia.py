"""A consortium found, scored and told in words: the part of stage 6 that knows the coalition.

Its score is the probability that all parties say yes. The reasons add up to it: what its pairs have
on average, feature by feature as in any pair, and what it costs that more than two must agree.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.matcher.domain.entities import Need
from services.matcher.scoring.choosing.bundle import (
    Bundle,
    Candidate,
    Limits,
    all_say_yes,
    apart_among,
    best_bundle,
    who_convenes,
)
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.inputs import index_again, with_inputs
from services.matcher.scoring.learning.scorer import BASELINE, DECIMALS, FEATURES
from services.matcher.scoring.reasons.explain import Pair
from services.matcher.scoring.results import Rated, Reason, Refusal, Scored
from shared.reference.vocabulary import GIVES

DEEP = 30
"""How many of a need's best pairs its consortium is searched over."""
PARTIES, ROLE = "parties", "role"
"""Features of reasons that only a consortium has: how many must agree, and who brings what."""


@dataclass(frozen=True, slots=True)
class Consortium:
    """Suppliers of one need, with everything that a proposal says of them.

    `covers` and `pairs` are by capability id: the wanted kinds each brings, and its pair as scored.
    """

    need_id: str
    capability_ids: tuple[str, ...]
    score: float
    features: Mapping[str, float]
    reasons: list[Reason]
    convenes: str
    covers: Mapping[str, Sequence[str]]
    pairs: Mapping[str, Scored]

    @property
    def without(self) -> dict[str, list[str]]:
        """The drop-one proof: by capability id, the kinds that nobody brings without it."""
        return {
            one: sorted(
                set(kinds).difference(*(k for other, k in self.covers.items() if other != one))
            )
            for one, kinds in self.covers.items()
        }


def pair_of(index: MatchIndex, need_id: str, capability_id: str) -> Pair:
    """A need and a capability with their members, as they are listed now."""
    market = index.market
    need, capability = market.needs[need_id], market.capabilities[capability_id]
    members = market.members
    return Pair(need, capability, members[need.member_id], members[capability.member_id])


def apart_in(index: MatchIndex, member_ids: Iterable[str]) -> frozenset[frozenset[str]]:
    """Which two of these members may not be in one match on the date of the index."""
    market = index.market
    members = [market.members[one] for one in sorted(member_ids) if one in market.members]
    return apart_among(members, market.state.conflicts, market.as_of)


def candidates_of(
    index: MatchIndex, need_id: str, wanted: Collection[str], rated: Iterable[Rated]
) -> list[Candidate]:
    """The rated pairs of a need as candidates for its wanted kinds of help."""
    found = []
    for one in rated:
        capability = pair_of(index, need_id, one.capability_id).capability
        brings = frozenset(capability.gives) & frozenset(wanted)
        found.append(Candidate(one.capability_id, capability.member_id, one.score, brings))
    return found


def consortium_for(
    index: MatchIndex, need: Need, rated: Sequence[Rated], limits: Limits
) -> Consortium | None:
    """The best consortium of these pairs, told in words; None where none is due."""
    candidates = candidates_of(index, need.id, need.wants, rated)
    found = best_bundle(need.wants, candidates, with_conflicts(index, candidates, limits))
    return None if found is None else told(index, found, need.id)


def with_conflicts(index: MatchIndex, candidates: Iterable[Candidate], limits: Limits) -> Limits:
    """The same limits, and who of the candidates' members may not meet."""
    apart = apart_in(index, {one.member_id for one in candidates})
    return Limits(limits.least, limits.members, apart, limits.barred, limits.keep)


def told(index: MatchIndex, bundle: Bundle, need_id: str) -> Consortium:
    """Score and reasons of these suppliers, whether or not they are the best."""
    pairs = {one: index.score_of(need_id, one) for one in bundle.ids}
    average = _average(index.model, list(pairs.values()))
    shares = index.model.scorer.contributions(average[None])[0].tolist()
    score = round(all_say_yes([one.score for one in pairs.values()]), DECIMALS)
    need = pair_of(index, need_id, bundle.ids[0])
    convenes = who_convenes(need.needing.id, need.need.wants, bundle.suppliers)
    reasons = [
        *_by_feature(index, pairs, dict(zip((BASELINE, *FEATURES), shares, strict=True))),
        _all_must_agree(len(bundle.ids) + 1, round(score - round(sum(shares), DECIMALS), DECIMALS)),
        *_roles(index, bundle, need_id, convenes),
    ]
    return Consortium(
        need_id=need_id,
        capability_ids=bundle.ids,
        score=score,
        features=index.model.scorer.shown(average),
        reasons=reasons,
        convenes=convenes,
        covers={one.capability_id: sorted(one.brings) for one in bundle.suppliers},
        pairs=pairs,
    )


def told_of(index: MatchIndex, need_id: str, capability_ids: Iterable[str]) -> Consortium:
    """The same for capabilities that are given, as in a new round."""
    wants = frozenset(index.market.needs[need_id].wants)
    suppliers = []
    for one in sorted(capability_ids):
        capability = pair_of(index, need_id, one).capability
        score = index.score_of(need_id, one).score
        brings = frozenset(capability.gives) & wants
        suppliers.append(Candidate(one, capability.member_id, score, brings))
    return told(index, Bundle(tuple(suppliers), wants), need_id)


def with_all_inputs(index: MatchIndex, found: Consortium) -> Consortium:
    """The same with what each pair was made from; ask before the index changes."""
    return replace(found, pairs={id_: with_inputs(index, p) for id_, p in found.pairs.items()})


def consortium_again(
    model: Model,
    kept: Mapping[str, Mapping[str, Any]],
    need_text: Mapping[str, Any],
    capability_texts: Mapping[str, Mapping[str, Any]],
) -> Consortium | Refusal:
    """What this model says of kept inputs by capability id, as `scored_again` does of a pair."""
    ids = sorted(kept)
    texts = [capability_texts[one] for one in ids]
    index = index_again(model, [kept[one] for one in ids], need_text, texts)
    [need_id] = index.need_ids()
    refusals = (index.refusal_of(need_id, one) for one in ids)
    return next((one for one in refusals if one), None) or told_of(index, need_id, ids)


def _average(model: Model, pairs: Sequence[Scored]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Shape (n_features,): the pairs' mean, an unknown value counted as neutral; NaN where the
    feature is unknown for all.
    """
    rows = np.array([[one.features.get(name, np.nan) for name in FEATURES] for one in pairs])
    unknown = ~np.isfinite(rows)
    mean = np.where(unknown, model.scorer.neutral_, rows).mean(axis=0)
    return np.where(unknown.all(axis=0), np.nan, mean)


def _by_feature(
    index: MatchIndex, pairs: Mapping[str, Scored], shares: Mapping[str, float]
) -> list[Reason]:
    """Baseline first, then what moved the score most, in the words of the pair that shows it best."""
    moved = [(name, part) for name, part in shares.items() if part != 0 and name != BASELINE]
    moved.sort(key=lambda entry: (-abs(entry[1]), entry[0]))
    start = next(one for one in next(iter(pairs.values())).reasons if one.feature == BASELINE)
    return [
        Reason(BASELINE, shares[BASELINE], start.text),
        *(Reason(name, part, _words_for(index, pairs, name, part)) for name, part in moved),
    ]


def _words_for(index: MatchIndex, pairs: Mapping[str, Scored], feature: str, part: float) -> str:
    said = [
        (reason.contribution * (1 if part > 0 else -1), capability_id, reason.text)
        for capability_id, pair in sorted(pairs.items())
        for reason in pair.reasons
        if reason.feature == feature
    ]
    if not said:
        return "What the pairs have in common."
    _, capability_id, text = max(said, key=lambda entry: entry[0])
    need_id = pairs[capability_id].need_id
    return f"{pair_of(index, need_id, capability_id).bringing.name}: {text}"


def _all_must_agree(parties: int, cost: float) -> Reason:
    numbers = {3: "three", 4: "four", 5: "five"}
    text = f"All {numbers.get(parties, parties)} have to say yes; that is less likely than two."
    return Reason(PARTIES, cost, text)


def _roles(index: MatchIndex, bundle: Bundle, need_id: str, convenes: str) -> list[Reason]:
    """One sentence a party: what it is there for, and what nobody brings without it."""
    found = []
    only = bundle.only_from()
    for one in bundle.suppliers:
        pair = pair_of(index, need_id, one.capability_id)
        name, gathers = pair.bringing.name, " and convenes" if one.member_id == convenes else ""
        text = f"{name} brings {kinds(one.brings) or 'nothing that is asked'}{gathers}."
        lost = only[one.capability_id]
        found.append(Reason(ROLE, 0.0, f"{text} {without(name, lost)}" if lost else text))
    pair = pair_of(index, need_id, bundle.ids[0])
    gathers = " and convenes" if pair.needing.id == convenes else ""
    return [Reason(ROLE, 0.0, f"{pair.needing.name} has the need{gathers}."), *found]


def without(name: str, only: Iterable[str]) -> str:
    """The drop-one proof as a sentence."""
    return f"Without {name} nobody here brings {kinds(only)}."


def kinds(codes: Iterable[str]) -> str:
    """Kinds of help in the middle of a sentence, in the order of the vocabulary's ids."""
    words = [
        (GIVES.label(code) if code in GIVES else code.replace("_", " ")).lower()
        for code in sorted(codes)
    ]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
