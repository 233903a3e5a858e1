"""A new round by a coordinator: what had ended is proposed again, linked to the round before."""

from dataclasses import dataclass, replace
from datetime import date

from services.matcher.as_scored import capability_of, member_of, need_of
from services.matcher.domain.errors import NoNewRound, RuleBroken
from services.matcher.domain.matches import Match
from services.matcher.domain.rounds import opening
from services.matcher.domain.states import OPEN, By
from services.matcher.drafts import ModelUsed, Pair, draft_proposal
from services.matcher.models_in_use import ModelsInUse
from services.matcher.moves import open_match
from services.matcher.recheck import Sides, rules_against, sides_of
from services.matcher.review import Deps
from services.matcher.scoring.inputs import with_inputs
from services.matcher.scoring.results import Refusal, Scored
from services.matcher.store.figures import priorities_of
from services.matcher.store.matches import load_match, open_matches_of_need, set_viewed
from services.matcher.store.memory import memory_of
from services.matcher.tags import tag_match
from shared.storage import Database, Work


@dataclass(frozen=True, slots=True)
class ScoredBy:
    """What the model in use says of a pair, and which one that was."""

    scored: Scored
    model: ModelUsed


def score_again(database: Database, deps: Deps, match_id: str, today: date) -> ScoredBy:
    """What the model in use says of the pair's texts as they are now.

    Raises
    ------
    NoNewRound
        A listing or a member is not there any more, or it is a consortium.

    """
    with database.read() as connection:
        match = load_match(connection, match_id)
        sides = _sides(sides_of(connection, match))
        priorities = priorities_of(connection)
    model = ModelsInUse(database, deps.model).now()
    index = model.build(
        [member_of(one) for one in sides.members.values()],
        [capability_of(sides.capabilities[0])],
        [need_of(sides.need)],
        today,
        priorities=priorities,
    )
    scored = with_inputs(index, index.score_of(match.need_id, match.capability_ids[0]))
    return ScoredBy(scored, ModelUsed(model.version, model.rules_version))


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
    pair = _pair(sides)
    as_if_new = replace(match, versions=pair.versions)
    refusal = rules_against(work.connection, deps.rules, as_if_new, work.now)
    if refusal is not None:
        raise RuleBroken(refusal.rule, refusal.text)
    memory = memory_of(work.connection, match.need_id, match.capability_set)
    following = opening(memory, pair.versions, work.now, by_coordinator=True)
    if following is None:
        raise NoNewRound("its last round is not remembered.")
    fresh = draft_proposal(pair, found.scored, following, found.model, deps.settings, work.now)
    open_match(work, fresh, "proposed", By.COORDINATOR)
    tag_match(work.connection, fresh, pair.sectors, pair.need)
    set_viewed(work.connection, fresh, work.now)
    work.audit("match.new_round", fresh.match_id, {"previous": match_id})
    return load_match(work.connection, fresh.match_id)


def _sides(found: Sides | Refusal) -> Sides:
    if isinstance(found, Refusal) or len(found.capabilities) != 1:
        raise NoNewRound("a listing or a member of it is not there any more.")
    return found


def _pair(sides: Sides) -> Pair:
    capability = sides.capabilities[0]
    return Pair(
        sides.need,
        capability,
        sides.members[sides.need["member_id"]],
        sides.members[capability["member_id"]],
    )
