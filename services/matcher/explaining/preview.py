"""What a listing would find if it were published as it is typed: nothing of it is kept.

It stands in the index for as long as it is asked about, under an id that no listing has.
"""

from dataclasses import dataclass, replace

from services.matcher.domain.entities import Capability, Need
from services.matcher.explaining.insight import Insight
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.results import Scored
from services.matcher.scoring.text.suggest import Suggester, Suggestions

_TYPED = "\x00typed"
Listing = Need | Capability


@dataclass(frozen=True, slots=True)
class Preview:
    """`found` best first, whatever they score; `read` is what the text says where fields are empty."""

    found: list[Scored]
    read: Suggestions


def preview(insight: Insight, typed: Listing, top: int) -> Preview:
    """What would be proposed. Nothing for a member that is not known (yet)."""
    with insight.index() as index:
        suggester = index.model.representer.suggester
        read, found = _read(suggester, typed), []
        if typed.member_id in index.market.members:
            found = _found(index, typed, top)
    return Preview(found, read)


def best_needs(insight: Insight, capability_id: str, top: int) -> list[Scored]:
    """What a listed capability could serve best; empty for one that is not matched (any more)."""
    with insight.index() as index:
        if capability_id not in index.market.capability_table.row_of:
            return []
        return _needs_of(index, capability_id, top)


def _read(suggester: Suggester, typed: Listing) -> Suggestions:
    if isinstance(typed, Need):
        return suggester.full_need(typed)[1]
    return suggester.full_capability(typed)[1]


def _found(index: MatchIndex, typed: Listing, top: int) -> list[Scored]:
    try:
        if isinstance(typed, Need):
            index.upsert_need(replace(typed, id=_TYPED))
            return index.proposals_for(_TYPED, top)
        index.upsert_capability(replace(typed, id=_TYPED))
        return _needs_of(index, _TYPED, top)
    finally:
        index.remove_need(_TYPED)
        index.remove_capability(_TYPED)


def _needs_of(index: MatchIndex, capability_id: str, top: int) -> list[Scored]:
    market = index.market
    row = market.capability_table.row_of[capability_id]
    best = index.model.retriever.needs_of(market, row, top)
    return [index.score_of(market.need_table.ids[need], capability_id) for need in best.rows]
