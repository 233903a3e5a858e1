"""Goals, groups and kinds of help read from a listing's own text where its member left them out.

Phrases say most (`reading`); for goals, likeness to texts typical of them adds to it where there
is a sentence model. What was read weighs less than what was stated, and is always told apart.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import Capability, Need
from services.matcher.scoring.text.exchange import ExchangeReader
from services.matcher.scoring.text.reading import Suggestion, TextReader, version_of
from shared.reference.goals import DEFAULT_FRAMEWORK
from shared.reference.phrasebook import Phrasebook

LISTS = {"goals": DEFAULT_FRAMEWORK, "beneficiaries": "beneficiaries", "help": "gives"}
"""Features that can be read from a text, and the list of phrases each is read with."""

LEAST_CONFIDENCE = 0.5
MOST_TERMS = {"goals": 2, "beneficiaries": 3, "help": 3}

TYPICAL_COSINE = 0.45
TYPICAL_SLOPE = 12.0
MOST_BY_LIKENESS = 0.6
"""A text as like a typical one as TYPICAL_COSINE makes half of this sure, a twin of it all."""

_FIRST_VERSIONS = {"1aa1ca8b": "efe43bde"}
"""What these lists were called, as they come with Convene, while a list of sectors was counted with
them that no score read.
"""

MOST_KEPT = 65_536

Vector = NDArray[np.float32]
Suggestions = Mapping[str, tuple[Suggestion, ...]]
"""By feature, the most confident first."""


class Meaning(Protocol):
    """The sentence model, as far as it is asked here."""

    def transform(self, texts: list[str]) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Stated:
    """What a member stated of a listing; empty means it was left out."""

    goals: tuple[int, ...]
    beneficiaries: tuple[str, ...]
    help: tuple[str, ...]


class Suggester:
    """Reads a text always the same way, whatever else is read."""

    def __init__(self, book: Phrasebook, encoder: Meaning | None = None) -> None:
        self._reader = TextReader(book.only(LISTS.values()))
        self.exchange = ExchangeReader(book)
        self._encoder = encoder
        self._typical = [
            (goal, text) for goal, entry in book[DEFAULT_FRAMEWORK].items() for text in entry.reads
        ]
        self._vectors: NDArray[np.float64] | None = None
        self._kept: dict[str, Suggestions] = {}
        self.version = f"phrases-{version_of(book)}"
        first = version_of(book.only(LISTS.values()))
        self.first_version = f"phrases-{_FIRST_VERSIONS.get(first, first)}"

    def version_for(self, features: Collection[str]) -> str:
        """That of the phrases which a scorer of these features depends on."""
        return self.version if "offers" in features else self.first_version

    def suggestions(self, text: str, meaning: Vector | None = None) -> Suggestions:
        """What may be said of a text, of LEAST_CONFIDENCE or more, by feature.

        `meaning` is its sentence vector where the caller has it already.
        """
        kept = self._kept.get(text)
        if kept is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            kept = self._kept[text] = {
                feature: tuple(one for one in found if one.confidence >= LEAST_CONFIDENCE)[
                    : MOST_TERMS[feature]
                ]
                for feature, found in self.read(text, meaning).items()
            }
        return kept

    def read(self, text: str, meaning: Vector | None = None) -> dict[str, list[Suggestion]]:
        """All a text speaks of, however faintly, by feature, the most confident first."""
        read = self._reader.read(text)
        found: dict[str, list[Suggestion]] = {}
        for feature, name in LISTS.items():
            said = {term: one for (owner, term), one in read.items() if owner == name}
            if feature == "goals":
                said = self._with_likeness(said, self._meaning(text, meaning))
            found[feature] = sorted(said.values(), key=lambda one: (-one.confidence, one.term))
        return found

    def missing(self, text: str, stated: Stated, meaning: Vector | None = None) -> Suggestions:
        """Suggestions for what was left out only; a text is not read for nothing."""
        empty = [feature for feature in LISTS if not getattr(stated, feature)]
        if not empty:
            return {}
        found = self.suggestions(text, meaning)
        return {feature: found[feature] for feature in empty if found[feature]}

    def full_need(self, need: Need) -> tuple[Need, Suggestions]:
        """The need with what was left out filled in, and what was filled in."""
        stated = Stated(need.goals, need.beneficiaries, need.wants)
        text = text_of(need)
        found = self.missing(text, stated)
        full = filled(stated, found)
        side = self.exchange.full_need(need, text)
        told = replace(need, goals=full.goals, beneficiaries=full.beneficiaries, wants=full.help,
                       offers=side.kinds, budget=side.money)  # fmt: skip
        return told, {**found, **side.read}

    def full_capability(self, one: Capability) -> tuple[Capability, Suggestions]:
        stated = Stated(one.goals, one.beneficiaries, one.gives)
        text = text_of(one)
        found = self.missing(text, stated)
        full = filled(stated, found)
        side = self.exchange.full_capability(one, text)
        told = replace(one, goals=full.goals, beneficiaries=full.beneficiaries, gives=full.help,
                       terms=side.money or one.terms)  # fmt: skip
        return told, {**found, **side.read}

    def _meaning(self, text: str, meaning: Vector | None) -> Vector | None:
        if meaning is None and self._encoder is not None:
            return np.asarray(self._encoder.transform([text])[0], dtype=np.float32)
        return meaning

    def _with_likeness(
        self, said: dict[str, Suggestion], meaning: Vector | None
    ) -> dict[str, Suggestion]:
        """Phrases and likeness as independent evidence; the whole text speaks where no phrase does."""
        if self._encoder is None or meaning is None or not meaning.any():
            return said
        both = dict(said)
        for goal, sure in self._likeness(self._encoder, meaning).items():
            phrase, before = (said[goal].phrase, said[goal].confidence) if goal in said else ("", 0)
            both[goal] = Suggestion(goal, phrase, round(1 - (1 - before) * (1 - sure), 4))
        return both

    def _likeness(self, encoder: Meaning, meaning: Vector) -> dict[str, float]:
        """How sure the nearest of each goal's typical texts makes."""
        if self._vectors is None:
            # When first asked for: a coalition that states its goals never needs them.
            told = [text for _, text in self._typical]
            self._vectors = encoder.transform(told).astype(np.float64)
        cosines = self._vectors @ meaning.astype(np.float64)
        sure = MOST_BY_LIKENESS / (1 + np.exp(-TYPICAL_SLOPE * (cosines - TYPICAL_COSINE)))
        best: dict[str, float] = {}
        for (goal, _), one in zip(self._typical, sure.tolist(), strict=True):
            best[goal] = max(one, best.get(goal, 0.0))
        return best


def text_of(listing: Capability | Need) -> str:
    """Title and description as one; a title that only begins the description is not said twice."""
    title, description = listing.title.strip(), listing.description.strip()
    if description.startswith(title):
        return description
    return f"{title}. {description}" if description else title


def filled(stated: Stated, found: Suggestions) -> Stated:
    """What was stated, with what was found where nothing was."""

    def terms(feature: str) -> tuple[str, ...]:
        return tuple(one.term for one in found.get(feature, ()))

    return Stated(
        stated.goals or tuple(int(goal) for goal in terms("goals")),
        stated.beneficiaries or terms("beneficiaries"),
        stated.help or terms("help"),
    )
