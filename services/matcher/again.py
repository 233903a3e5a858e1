"""A new round by a coordinator: what had ended is proposed again, linked to the round before."""

from dataclasses import dataclass, replace
from datetime import date

from services.matcher.domain.errors import NoNewRound, RuleBroken
from services.matcher.domain.matches import Match
from services.matcher.domain.rounds import Opening, opening
from services.matcher.domain.states import OPEN, By
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.moves import open_match
from services.matcher.proposing.as_scored import capability_of, member_of, need_of
from services.matcher.proposing.consortium_drafts import draft_consortium, versions_of
from services.matcher.proposing.drafts import ModelUsed, Pair, draft_proposal
from services.matcher.proposing.tags import tag_match
from services.matcher.recheck import Sides, rules_against, sides_of
from services.matcher.review import Deps
from services.matcher.scoring.choosing.consortia import Consortium, told_of, with_all_inputs
from services.matcher.scoring.inputs import with_inputs
from services.matcher.scoring.results import Refusal, Scored
from services.matcher.store.figures import priorities_of
from services.matcher.store.matches import load_match, open_matches_of_need, set_viewed
from services.matcher.store.memory import memory_of
from shared.storage import Database, Work


@dataclass(frozen=True, slots=True)
class ScoredBy:
    """What the model in use says of a pair or a consortium, and which one that was."""

    scored: Scored | Consortium
    model: ModelUsed


def score_again(database: Database, deps: Deps, match_id: str, today: date) -> ScoredBy:
    """What the model in use says of the texts as they are now.

    Raises
    ------
    NoNewRound
        A listing or a member is not there any more.

    """
    with database.read() as connection:
        match = load_match(connection, match_id)
        sides = _sides(sides_of(connection, match))
        priorities = priorities_of(connection)
    model = ModelsInUse(database, deps.model).now()
    index = model.build(
        [member_of(one) for one in sides.members.values()],
        [capability_of(one) for one in sides.capabilities],
        [need_of(sides.need)],
        today,
        priorities=priorities,
    )
    used = ModelUsed(model.version, model.rules_version)
    if len(match.capability_ids) > 1:
        found = told_of(index, match.need_id, match.capability_ids)
        return ScoredBy(with_all_inputs(index, found), used)
    one = index.score_of(match.need_id, match.capability_ids[0])
    return ScoredBy(with_inputs(index, one), used)


def open_new_round(work: Work, deps: Deps, match_id: str, found: ScoredBy) -> Match:
    """A coordinator proposes again what had ended, whatever its cooling-off says. `found` comes
    from `score_again`, which must be asked outside of the transaction.

    Raises
    ------
    NoNewRound
        The match has not ended, its pair is open again, or a listing is gone.
    RuleBroken
        Another rule than cooling off refuses the pair.

    """
    match = load_match(work.connection, match_id)
    sides = _sides(sides_of(work.connection, match))
    if match.state in OPEN:
        raise NoNewRound(f"the match is {match.state.value}; it has not ended.")
    others = open_matches_of_need(work.connection, match.need_id)
    if any(one.capability_set == match.capability_set for one in others):
        raise NoNewRound("the same pair is open already; look at that match.")
    pairs = _pairs(sides)
    versions = versions_of(pairs)
    as_if_new = replace(match, versions=versions)
    refusal = rules_against(work.connection, deps.rules, as_if_new, work.now)
    if refusal is not None:
        raise RuleBroken(refusal.rule, refusal.text)
    memory = memory_of(work.connection, match.need_id, match.capability_set)
    following = opening(memory, versions, work.now, by_coordinator=True)
    if following is None:
        raise NoNewRound("its last round is not remembered.")
    fresh = _draft(pairs, found, following, deps, work)
    open_match(work, fresh, "proposed", By.COORDINATOR)
    sectors = {one for pair in pairs for one in pair.sectors}
    tag_match(work.connection, fresh, sectors, sides.need)
    set_viewed(work.connection, fresh, work.now)
    work.audit("match.new_round", fresh.match_id, {"previous": match_id})
    return load_match(work.connection, fresh.match_id)


def _sides(found: Sides | Refusal) -> Sides:
    if isinstance(found, Refusal) or not found.capabilities:
        raise NoNewRound("a listing or a member of it is not there any more.")
    return found


def _pairs(sides: Sides) -> list[Pair]:
    needing = sides.members[sides.need["member_id"]]
    listed = sorted(sides.capabilities, key=lambda one: str(one["capability_id"]))
    return [Pair(sides.need, one, needing, sides.members[one["member_id"]]) for one in listed]


def _draft(pairs: list[Pair], found: ScoredBy, following: Opening, deps: Deps, work: Work) -> Match:
    settings, now = deps.settings, work.now
    if isinstance(found.scored, Scored):
        return draft_proposal(pairs[0], found.scored, following, found.model, settings, now)
    return draft_consortium(pairs, found.scored, following, (), found.model, settings, now)
