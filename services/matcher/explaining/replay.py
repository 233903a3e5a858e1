"""Explaining later: a match is made again from what was kept of it, and must come out the same.

From both texts as they were, what was known of the listings and members, the day, and the model
and rules that are named: features, score, strength, reasons and sentences, byte for byte.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from services.matcher.domain.matches import Match
from services.matcher.proposing.drafts import shown_of
from services.matcher.scoring.choosing.consortia import Consortium, consortium_again
from services.matcher.scoring.index import Model
from services.matcher.scoring.inputs import FORM, scored_again
from services.matcher.scoring.results import Refusal, Scored
from services.matcher.store.inputs import KeptInputs, inputs_of_match, seal_of
from services.matcher.store.matches import load_match, match_ids

ModelOf = Callable[[Connection, str], Model | None]
"""The model of a version, as far as this process can have it."""

SAME, DIFFERENT, ELSEWHERE, NOT_KEPT = "same", "different", "elsewhere", "not_kept"
SHOWN = ("score", "strength", "features", "reasons")


@dataclass(frozen=True, slots=True)
class Replayed:
    """`outcome` is one of the four above; `text` says the first difference or why there is none."""

    match_id: str
    outcome: str
    text: str = ""


@dataclass(slots=True)
class Summary:
    """Of many replays: how many of each outcome, and those that differ."""

    counts: Counter[str] = field(default_factory=Counter)
    differing: list[Replayed] = field(default_factory=list)

    def add(self, one: Replayed) -> None:
        self.counts[one.outcome] += 1
        if one.outcome == DIFFERENT:
            self.differing.append(one)


def replay_match(connection: Connection, model_of: ModelOf, match_id: str) -> Replayed:
    """Raises `UnknownMatch`."""
    match = load_match(connection, match_id)
    if match.origin == "elsewhere":
        return Replayed(match_id, ELSEWHERE, "It was made elsewhere; no model scored it.")
    kept = inputs_of_match(connection, match_id)
    if kept is None:
        return Replayed(match_id, NOT_KEPT, "What it was scored from was not kept with it.")
    different = _not_as_kept(match, kept) or _not_as_scored(connection, model_of, match, kept)
    return Replayed(match_id, DIFFERENT if different else SAME, different or "")


def replay_all(connection: Connection, model_of: ModelOf) -> Iterator[Replayed]:
    """Every match, by id; models are looked up once each."""
    known: dict[str, Model | None] = {}

    def found(connection: Connection, version: str) -> Model | None:
        if version not in known:
            known[version] = model_of(connection, version)
        return known[version]

    for match_id in match_ids(connection):
        yield replay_match(connection, found, match_id)


def _not_as_kept(match: Match, kept: KeptInputs) -> str | None:
    if kept.inputs.get("form", 0) > FORM:
        return f"It was kept in form {kept.inputs['form']}; this version reads up to {FORM}."
    if seal_of(match, kept.inputs) != kept.seal:
        return "What is stored of it (texts or inputs) is not what was scored: its seal is broken."
    return None


def _not_as_scored(
    connection: Connection, model_of: ModelOf, match: Match, kept: KeptInputs
) -> str | None:
    model = model_of(connection, match.model_version)
    if model is None:
        return f"It was scored by model {match.model_version}, which is not known here."
    if match.rules_version != model.rules_version:
        return f"It was made under {match.rules_version}; this version has {model.rules_version}."
    again = _made_again(model, match, kept.inputs)
    if isinstance(again, Refusal):
        return f"The rules refuse it: {again.text}"
    shown = shown_of(again)
    for name in SHOWN:
        told = first_difference(name, getattr(match, name), shown[name])
        if told:
            return told
    return None


def _made_again(
    model: Model, match: Match, inputs: Mapping[str, Any]
) -> Scored | Consortium | Refusal:
    if "pairs" not in inputs:
        return scored_again(model, inputs, match.need, match.capabilities[0])
    texts = {str(one["capability_id"]): one for one in match.capabilities}
    return consortium_again(model, inputs["pairs"], match.need, texts)


def first_difference(name: str, stored: Any, again: Any) -> str | None:
    """`reasons[2].text: stored …, made again …`; None where both are equal."""
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        keys = sorted({*stored, *again})
        found = (first_difference(f"{name}.{key}", stored.get(key), again.get(key)) for key in keys)
        return next((one for one in found if one), None)
    if _is_list(stored) and _is_list(again):
        pairs = [*zip(stored, again, strict=False)]
        found = (first_difference(f"{name}[{n}]", *pair) for n, pair in enumerate(pairs))
        told = next((one for one in found if one), None)
        if told or len(stored) == len(again):
            return told
        return f"{name}: {len(stored)} stored, {len(again)} made again."
    return None if stored == again else f"{name}: stored {stored!r}, made again {again!r}."


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)
