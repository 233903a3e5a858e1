"""A proposal before it is made: both texts as scored, the parties, the reasons, the warnings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.matcher.domain.matches import Match, Party
from services.matcher.domain.rounds import Opening, Versions, match_id_for
from services.matcher.domain.states import By, LastMove
from services.matcher.domain.states import State as MatchState
from services.matcher.proposing.as_scored import State
from services.matcher.scoring.choosing.consortia import Consortium
from services.matcher.scoring.learning.scorer import strength
from services.matcher.scoring.results import Scored
from services.matcher.settings import MatcherSettings
from shared.reference.place import PlaceError
from shared.reference.places import Places

PUBLIC_SECTORS = frozenset(
    {
        "local_government",
        "health",
        "higher_education",
        "further_education",
        "schools",
        "public_body",
        "housing",
    }
)
_CAPABILITY_TEXT = ("capability_id", "member_id", "gives", "mode", "terms", "requires")


@dataclass(frozen=True, slots=True)
class Pair:
    """Whom a proposal brings together, as the projection has them."""

    need: State
    capability: State
    needing: State
    bringing: State

    @property
    def sectors(self) -> set[str]:
        return {self.needing["sector"], self.bringing["sector"]}

    @property
    def versions(self) -> Versions:
        capability = self.capability
        return Versions(
            self.need["material_version"],
            {capability["capability_id"]: capability["material_version"]},
        )


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """What scored it; kept with the match, so that it can be explained and replayed."""

    version: str
    rules_version: str


def draft_proposal(
    pair: Pair,
    scored: Scored,
    opening: Opening,
    model: ModelUsed,
    settings: MatcherSettings,
    now: datetime,
) -> Match:
    need_id = scored.need_id
    match_id = match_id_for(need_id, [scored.capability_id], opening.round)
    return Match(
        match_id=match_id,
        need_id=need_id,
        capability_ids=(scored.capability_id,),
        round=opening.round,
        previous_match_id=opening.previous_match_id,
        opened_by=opening.why,
        state=MatchState.PROPOSED,
        proposed_at=now,
        expires_at=now + timedelta(days=settings.proposal_days),
        parties=_parties(pair),
        versions=pair.versions,
        need=need_text(pair.need, pair.needing),
        capabilities=(capability_text(pair.capability),),
        **shown_of(scored),
        inputs=scored.inputs,
        model_version=model.version,
        rules_version=model.rules_version,
        framework=pair.need["framework"],
        warnings=tuple(warnings_of(pair, settings, now.date())),
        ask_order=settings.ask_order,
        correlation_id=match_id,
        last=LastMove("propose", By.RULE.value, None, now),
    )


def shown_of(scored: Scored | Consortium) -> dict[str, Any]:
    """What a match shows of its score; `replay` makes the same again and compares."""
    word = strength(scored.score)
    return {
        "score": scored.score,
        "strength": "possible" if word == "weak" else word,
        "features": dict(scored.features),
        "reasons": tuple(_reason(one) for one in scored.reasons),
    }


def need_text(need: State, needing: State) -> dict[str, Any]:
    """The need as it was scored. Where it names no place, the member's places count."""
    places = list(need["places"] or needing["places"])
    return {
        "title": need["material"]["title"],
        "description": need["material"]["description"],
        "places": places,
        "place_names": place_names(places),
        "goals": list(need["goals"]),
        "wants": list(need["wants"]),
        "offers": list(need["offers"]),
    }


def capability_text(capability: State) -> dict[str, Any]:
    text: dict[str, Any] = {name: capability[name] for name in _CAPABILITY_TEXT}
    return text | dict(capability["material"])


def place_names(codes: Sequence[str]) -> list[str]:
    places = Places.load()
    names = []
    for code in codes:
        try:
            names.append(places.get(code).name)
        except PlaceError:
            names.append(code)  # a code newer than our tables is shown as it is
    return names


def warnings_of(pair: Pair, settings: MatcherSettings, day: date) -> list[str]:
    """What a coordinator should know; never a refusal."""
    found = []
    if pair.capability["terms"] == "paid" and pair.needing["sector"] in PUBLIC_SECTORS:
        found.append("may_need_procurement")
    funded = {pair.needing["sector"], pair.bringing["sector"]} & PUBLIC_SECTORS
    if funded and _in_pre_election(settings, day):
        found.append("pre_election")
    if pair.needing["status"] == "invited" or pair.bringing["status"] == "invited":
        found.append("not_asked_yet")
    return found


def _in_pre_election(settings: MatcherSettings, day: date) -> bool:
    first, last = settings.pre_election_from, settings.pre_election_until
    return bool(first and last) and str(first) <= day.isoformat() <= str(last)


def _parties(pair: Pair) -> tuple[Party, ...]:
    return (
        Party(
            member_id=pair.needing["member_id"],
            name=pair.needing["name"],
            role="needs",
            listing_kind="need",
            listing_id=pair.need["need_id"],
        ),
        Party(
            member_id=pair.bringing["member_id"],
            name=pair.bringing["name"],
            role="brings",
            listing_kind="capability",
            listing_id=pair.capability["capability_id"],
        ),
    )


def _reason(reason: Any) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "contribution": reason.contribution,
        "text": reason.text[:2_000],
    }
