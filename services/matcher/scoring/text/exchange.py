"""What passes between both sides besides the help itself (stage 1 of matching).

What a capability asks for and costs, against what a need brings and can pay. What a text says
where a field was left out counts half; the text a member wrote under “what we ask for” is read as
if it were stated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import Capability, Need
from services.matcher.scoring.text.reading import Suggestion, TextReader, Theme
from shared.reference.phrasebook import Phrasebook
from shared.reference.vocabulary import BUDGET, GIVES, Vocabulary

NO_BUDGET, COSTS_NOTHING = "none", "free"
"""What a field says that was left out, so its text may say more."""

SUITS: Mapping[str, Mapping[str, float]] = {
    "paid": {"none": 0.0, "to_be_found": 0.5, "some": 1.0},
    "shared_cost": {"none": 0.5, "to_be_found": 0.75, "some": 1.0},
}
"""How well terms suit each budget; terms that are not named cost the need no money."""

IN_TEXTS = ("offers", "terms", "budget")
"""Lists whose phrases are looked for in a listing's own text."""
MOST_TERMS = 3
LEAST_CONFIDENCE = 0.5

Row = NDArray[np.float32]
Found = Mapping[str, tuple[Suggestion, ...]]
"""By feature, what was read and not stated; nothing where nothing was."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side as features compare it: `kinds` a need brings or a capability asks for, `money` the
    budget or the terms (empty where they are no matter).
    """

    kinds: tuple[str, ...]
    money: str
    read: Found


class ExchangeReader:
    """Reads by the lists of a phrasebook that speak of the exchange."""

    def __init__(self, book: Phrasebook) -> None:
        self._texts = TextReader(book.only(IN_TEXTS))
        self._asked = TextReader(book.only(("requires",)))

    def asked(self, requires: str) -> tuple[str, ...]:
        """Kinds of help that the words under “what we ask for” name, surest first."""
        if not requires.strip():
            return ()
        return tuple(one.term for one in _best(self._asked.read(requires), "requires"))

    def of_need(self, text: str, offers: tuple[str, ...], budget: str) -> Side:
        said = self._texts.read(text)
        brought = () if offers else _best(said, "offers")
        paid = _best(said, "budget")[:1] if budget == NO_BUDGET else ()
        return Side(
            offers or _terms(brought),
            paid[0].term if paid else budget,
            {name: told for name, told in
             (("offers", brought), ("terms", paid)) if told},
        )  # fmt: skip

    def of_capability(self, text: str, requires: str, terms: str) -> Side:
        read = _best(self._texts.read(text), "terms")[:1] if terms == COSTS_NOTHING else ()
        told = read[0].term if read else terms
        costs = told in SUITS
        return Side(
            self.asked(requires),
            told if costs else "",
            {"terms": read} if read and costs else {},
        )

    def full_need(self, need: Need, text: str) -> Side:
        return self.of_need(text, need.offers, need.budget)

    def full_capability(self, one: Capability, text: str) -> Side:
        return self.of_capability(text, one.requires, one.terms)


@lru_cache(maxsize=1_000)
def brought_row(kinds: tuple[str, ...]) -> Row:
    return _marks(kinds, GIVES)


@lru_cache(maxsize=1_000)
def asked_row(kinds: tuple[str, ...]) -> Row:
    """Its product with `brought_row` is the share of what is asked that is brought."""
    row = _marks(kinds, GIVES)
    return row / np.float32(max(1.0, row.sum()))


@lru_cache(maxsize=100)
def budget_row(budget: str) -> Row:
    return _marks((budget,), BUDGET)


@lru_cache(maxsize=100)
def terms_row(terms: str) -> Row:
    """Its product with `budget_row` is how well both suit each other."""
    suits = SUITS.get(terms, {})
    return np.array([suits.get(one, 0.0) for one in BUDGET.ids], dtype=np.float32)


def _marks(terms: Iterable[str], words: Vocabulary) -> Row:
    row = np.zeros(len(words), dtype=np.float32)
    for term in terms:
        if term in words:
            row[words.ids.index(term)] = 1.0
    return row


def _best(said: Mapping[Theme, Suggestion], name: str) -> tuple[Suggestion, ...]:
    found = [one for (owner, _), one in said.items()
             if owner == name and one.confidence >= LEAST_CONFIDENCE]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.confidence, one.term))[:MOST_TERMS])


def _terms(found: Iterable[Suggestion]) -> tuple[str, ...]:
    return tuple(one.term for one in found)
