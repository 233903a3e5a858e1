"""A consortium before it is proposed: all parties with their roles, every text, who convenes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.matcher.domain.matches import Match
from services.matcher.domain.rounds import Opening, Versions, match_id_for
from services.matcher.proposing.drafts import ModelUsed, Pair, draft_proposal, shown_of
from services.matcher.scoring.choosing.consortia import Consortium
from services.matcher.scoring.inputs import FORM
from services.matcher.settings import MatcherSettings


def draft_consortium(
    pairs: Sequence[Pair],
    found: Consortium,
    opening: Opening,
    kept: Collection[str],
    model: ModelUsed,
    settings: MatcherSettings,
    now: datetime,
) -> Match:
    """The proposal of these pairs of one need, in the order of `found.capability_ids`. `kept` are
    members who had said yes before a role was opened again.
    """
    drafts = [
        draft_proposal(pair, found.pairs[one], opening, model, settings, now)
        for pair, one in zip(pairs, found.capability_ids, strict=True)
    ]
    first = drafts[0]
    match_id = match_id_for(first.need_id, found.capability_ids, opening.round)
    return replace(
        first,
        match_id=match_id,
        correlation_id=match_id,
        capability_ids=found.capability_ids,
        parties=(first.parties[0], *(draft.parties[1] for draft in drafts)),
        versions=versions_of(pairs),
        capabilities=tuple(draft.capabilities[0] for draft in drafts),
        **shown_of(found),
        inputs=_inputs(found),
        warnings=tuple(sorted({code for draft in drafts for code in draft.warnings})),
        ask_order=settings.consortium_ask_order,
        consortium={
            "convenes": found.convenes,
            "covers": {one: list(kinds) for one, kinds in found.covers.items()},
            "kept": sorted(kept),
            "pairs": {
                one: {"score": pair.score, "features": dict(pair.features)}
                for one, pair in found.pairs.items()
            },
        },
    )


def _inputs(found: Consortium) -> dict[str, Any] | None:
    """What each pair was made from, by capability id; None where it was not asked for."""
    kept = {id_: pair.inputs for id_, pair in found.pairs.items() if pair.inputs is not None}
    return {"form": FORM, "pairs": kept} if kept else None


def versions_of(pairs: Sequence[Pair]) -> Versions:
    """The material versions of the need and of every capability."""
    listed = [pair.versions for pair in pairs]
    return Versions(listed[0].need, {k: v for one in listed for k, v in one.capabilities.items()})
