"""What the forms of the directory offer to choose from, and how two versions of one differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from services.matcher.console import words
from services.matcher.console.clients import Refused
from services.matcher.console.directory.forms import Kind, values_of
from shared.reference.vocabulary import (
    BENEFICIARIES,
    BUDGET,
    COALITIONS,
    GIVES,
    MODES,
    TERMS,
    URGENCY,
)

CHOICES = {
    "gives": GIVES,
    "beneficiaries": BENEFICIARIES,
    "mode": MODES,
    "terms": TERMS,
    "budget": BUDGET,
    "urgency": URGENCY,
    "coalitions": COALITIONS,
}
_LABELS = {
    "title": "Title",
    "description": "Description",
    "places": "Places",
    "delivers_in": "Where",
    "goals": "Goals",
    "gives": "Gives",
    "wants": "Wants",
    "offers": "Offers itself",
    "beneficiaries": "Who it is for",
    "by": "Wanted by",
}


LOOK = "Nothing is saved yet. Look at the marked fields."


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as it is held now and as it was typed."""

    label: str
    now: str
    typed: str


def refused_words(refused: Refused) -> tuple[str, dict[str, str]]:
    """What stands above the form, and at its fields, where the registry named some."""
    faults = {name: said[:1].upper() + said[1:] for name, said in refused.faults.items()}
    return (LOOK if faults else refused.detail[:1].upper() + refused.detail[1:]), faults


def changed_meanwhile(
    kind: Kind, held: Mapping[str, Any], typed: MultiDict[str, str]
) -> list[Difference]:
    present = values_of(kind, held)
    names = (*kind.texts, kind.places, *kind.lists, *kind.flags)
    pairs = [(name, _said(present, name), _said(typed, name)) for name in names]
    return [
        Difference(_LABELS.get(name) or words.said({}, name), now, mine)
        for name, now, mine in pairs
        if now != mine
    ]


def _said(values: MultiDict[str, str], name: str) -> str:
    given = sorted(one.strip().replace("\r\n", "\n") for one in values.getlist(name))
    return ", ".join(one for one in given if one)
