"""What a score was made from, as plain values that can be kept and scored again (stage 8).

Texts stay with the match, so they are left out here, and so is what no score reads and nobody
should keep: conflicts (of a pair that was scored there was none) and a need's exact locality.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from services.matcher.domain.entities import (
    Capability,
    Member,
    Need,
    capability_from,
    member_from,
    need_from,
)
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.market.priority import DistrictPriority, Priorities
from services.matcher.scoring.reasons.explain import Explainer
from services.matcher.scoring.results import PairState, Refusal, Scored

FORM = 1
"""Raised when what is kept changes its shape; older forms stay readable."""

_TEXTS = ("title", "description")
_NOT_KEPT = (*_TEXTS, "conflicts", "locality_text", "locality_postcode")


def with_inputs(index: MatchIndex, scored: Scored) -> Scored:
    """The same with what it was made from; ask before the index changes."""
    return replace(scored, inputs=inputs_of(index, scored.need_id, scored.capability_id))


def inputs_of(index: MatchIndex, need_id: str, capability_id: str) -> dict[str, Any]:
    """JSON values; with the texts of both listings and the same model they give the same score."""
    market = index.market
    need, capability = market.needs[need_id], market.capabilities[capability_id]
    needing, bringing = market.members[need.member_id], market.members[capability.member_id]
    state, priority = market.state, market.priority_of(need)
    suggester = index.model.representer.suggester
    told_need, _ = suggester.full_need(need)
    told_capability, _ = suggester.full_capability(capability)
    return {
        "form": FORM,
        "as_of": market.as_of.isoformat(),
        "confirmed_days": market.confirmed_days,
        "need": _kept(need),
        "capability": _kept(capability),
        "needing": _kept(needing),
        "bringing": _kept(bringing),
        "capacity_left": state.capacity_left.get(capability_id),
        "places_left": state.places_left.get(need_id),
        "load": {one: state.load[one] for one in (needing.id, bringing.id) if one in state.load},
        "priority": asdict(priority) if priority else None,
        "names": {
            "places": _place_names(
                index,
                [
                    *need.places,
                    *capability.delivers_in,
                    *needing.places,
                    *bringing.places,
                    *([priority.district] if priority else []),
                ],
            ),
            "goals": _goal_names(index, [*told_need.goals, *told_capability.goals]),
        },
    }


def scored_again(
    model: Model,
    inputs: Mapping[str, Any],
    need_text: Mapping[str, Any],
    capability_text: Mapping[str, Any],
) -> Scored | Refusal:
    """What this model says of kept inputs; a refusal where a rule would refuse the pair now.

    The texts are mappings with `title` and `description`.
    """
    index = index_again(model, [inputs], need_text, [capability_text])
    [need_id], [capability_id] = index.need_ids(), index.capability_ids()
    return index.refusal_of(need_id, capability_id) or index.score_of(need_id, capability_id)


def index_again(
    model: Model,
    pairs: Sequence[Mapping[str, Any]],
    need_text: Mapping[str, Any],
    capability_texts: Sequence[Mapping[str, Any]],
) -> MatchIndex:
    """One need and its capabilities as they were: the kept inputs of each pair, texts alike."""
    first = pairs[0]
    need = need_from({**first["need"], **_text_of(need_text)})
    capabilities = [
        capability_from({**one["capability"], **_text_of(text)})
        for one, text in zip(pairs, capability_texts, strict=True)
    ]
    kept = [first["needing"], *(one["bringing"] for one in pairs)]
    members = {one.id: one for one in map(member_from, kept)}
    left: dict[str, int] = {}
    for one, capability in zip(pairs, capabilities, strict=True):
        left |= _only(capability.id, one["capacity_left"])
    state = PairState(
        capacity_left=left,
        places_left=_only(need.id, first["places_left"]),
        load={name: load for one in pairs for name, load in one["load"].items()},
    )
    told = first["priority"]
    priorities = Priorities.of_known([DistrictPriority(**told)] if told else [])
    as_then = copy(model)
    as_then.confirmed_days = first["confirmed_days"]
    as_then.explainer = Explainer(
        _Names({code: name for one in pairs for code, name in one["names"]["places"].items()}),
        {int(goal): name for one in pairs for goal, name in one["names"]["goals"].items()},
        model.representer.suggester,
    )
    day = date.fromisoformat(first["as_of"])
    return as_then.build(members.values(), capabilities, [need], day, state, priorities)


def _kept(entity: Need | Capability | Member) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(entity).items() if name not in _NOT_KEPT}


def _plain(value: object) -> object:
    """Dates as ISO text, tuples as lists: what JSON gives back."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _text_of(text: Mapping[str, Any]) -> dict[str, Any]:
    return {name: text[name] for name in _TEXTS}


def _only(id_: str, value: int | None) -> dict[str, int]:
    return {} if value is None else {id_: value}


def _place_names(index: MatchIndex, codes: Iterable[str]) -> dict[str, str]:
    """How places were called: names change, sentences that were shown do not."""
    wording = index.model.explainer.wording
    named = {code: wording.name_of_place(code) for code in sorted(set(codes))}
    return {code: name for code, name in named.items() if name}


def _goal_names(index: MatchIndex, goals: Iterable[int]) -> dict[str, str]:
    wording = index.model.explainer.wording
    named = {str(goal): wording.name_of_goal(goal) for goal in sorted(set(goals))}
    return {goal: name for goal, name in named.items() if name}


@dataclass(frozen=True, slots=True)
class _Name:
    name: str
    kind: str = ""


class _Names:
    """A place book that knows the names that were used, and nothing else is asked of it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.district_index: dict[str, int] = {}

    def get(self, code: str) -> _Name:
        return _Name(self._names[code])

    def districts_of(self, code: str) -> frozenset[str]:
        raise LookupError(code)
