"""What is read from a need's text where its member left fields empty, for the need's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.matcher.console import words
from services.matcher.domain.entities import need_from
from services.matcher.scoring.text.reading import Suggestion
from services.matcher.scoring.text.suggest import Suggester

LABELS = {
    "goals": "Goals",
    "beneficiaries": "For",
    "help": "Wants",
    "offers": "Offers",
    "terms": "Budget",
}
"""As the facts of a need are called on the same page."""

_LISTS = {
    "beneficiaries": "beneficiary",
    "help": "gives",
    "offers": "gives",
    "terms": "budget",
}


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """One term, the phrase of the text that says so (may be empty), how sure in per cent."""

    label: str
    phrase: str
    percent: int


@dataclass(frozen=True, slots=True)
class ReadField:
    label: str
    terms: tuple[ReadTerm, ...]


def read_from_text(suggester: Suggester, need: Mapping[str, Any]) -> list[ReadField]:
    """Only fields that the member left empty and that the text says something of."""
    _, found = suggester.full_need(need_from({"id": need["need_id"], **need}))
    return [
        ReadField(LABELS[feature], tuple(_term(feature, one) for one in terms))
        for feature, terms in found.items()
    ]


def _term(feature: str, one: Suggestion) -> ReadTerm:
    if feature == "goals":
        label = words.goal(int(one.term))
    else:
        label = words.term(_LISTS[feature], one.term)
    return ReadTerm(label, one.phrase, round(100 * one.confidence))
