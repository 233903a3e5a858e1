"""The form of a listing in plain words, to and from the registry's fields.

What the form does not ask is kept as it is. Places are resolved here already, so that a name that
means several can be chosen from; they are sent as typed, and the registry says what it took.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from werkzeug.datastructures import MultiDict

from services.notifier.pages.fields import Fields
from services.notifier.self_service import Body
from shared.reference.goals import framework
from shared.reference.place import AmbiguousPlace, Candidate, PlaceError
from shared.reference.places import Places
from shared.reference.vocabulary import (
    BENEFICIARIES,
    BUDGET,
    GIVES,
    MODES,
    TERMS,
    URGENCY,
    Vocabulary,
)

MAX_TITLE, MAX_TEXT = 200, 10_000
_MOST_PLACES = 50
_STATE = frozenset(
    {
        "id",
        "member",
        "kind",
        "status",
        "closed_code",
        "version",
        "material_version",
        "published_at",
        "confirmed_at",
        "changed_at",
        "created_at",
        "places_taken",
    }
)
PLACES_FIELD = {"capability": "delivers_in", "need": "places"}
HELP_FIELD = {"capability": "gives", "need": "wants"}


@cache
def places() -> Places:
    return Places.load()


def options(vocabulary: Vocabulary) -> dict[str, str]:
    return {term.id: term.label for term in vocabulary.terms}


CHOICES: Mapping[str, Mapping[str, str]] = {
    "mode": options(MODES),
    "terms": options(TERMS),
    "budget": options(BUDGET),
    "urgency": options(URGENCY),
    "help": options(GIVES),
    "beneficiaries": options(BENEFICIARIES),
    "goals": {str(goal.number): f"{goal.number} {goal.title}" for goal in framework().goals},
}
_LISTS = ("help", "beneficiaries", "goals")


@dataclass(slots=True)
class Form:
    """What stands in the fields, what is wrong, and which places can be meant."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def form_of(kind: str, listing: Body) -> Form:
    """The form as a listing fills it; an empty listing gives an empty form."""
    taken = listing.get("places_taken") or ()
    capacity = listing.get("capacity") or {}
    values = {
        "title": listing.get("title") or "",
        "description": listing.get("description") or "",
        "places": "\n".join(place["typed"] or place["name"] for place in taken),
        "mode": listing.get("mode") or "either",
        "terms": listing.get("terms") or "free",
        "requires": listing.get("requires") or "",
        "amount": str(capacity.get("amount", "")),
        "unit": capacity.get("unit", ""),
        "per": capacity.get("per", ""),
        "until": (listing.get("available") or {}).get("until") or "",
        "partners": str(listing.get("partners") or 1),
        "by": listing.get("by") or "",
        "urgency": listing.get("urgency") or "medium",
        "budget": listing.get("budget") or "none",
    }
    lists = {
        "help": [str(one) for one in listing.get(HELP_FIELD[kind]) or ()],
        "beneficiaries": [str(one) for one in listing.get("beneficiaries") or ()],
        "goals": [str(one) for one in listing.get("goals") or ()],
    }
    return Form(kind, values, lists)


def read_form(kind: str, sent: MultiDict[str, str]) -> Form:
    """The form as it was sent; `errors` says what is wrong with it."""
    lists = {name: [v for v in sent.getlist(name) if v in CHOICES[name]] for name in _LISTS}
    form = Form(kind, dict(sent.items()), lists)
    fields = Fields(form.values, form.errors)
    fields.text("title", most=MAX_TITLE, needed="Please say in a few words what it is.")
    fields.text("description", most=MAX_TEXT, lines=True)
    fields.text("requires", most=5_000, lines=True)
    for name in ("mode", "terms", "budget", "urgency"):
        if name in form.values:
            fields.one_of(name, CHOICES[name], "Please choose one of the list.")
    for name in ("amount", "partners"):
        _whole(form, name)
    _resolve(form, sent)
    return form


def body_of(form: Form, listing: Body) -> Body:
    """What is sent to the registry: the listing as it was, with what the form says."""
    kept = {name: value for name, value in listing.items() if name not in _STATE}
    values = form.values
    body: Body = {
        **kept,
        "title": " ".join(values.get("title", "").split()),
        "description": _lines(values.get("description", "")),
        PLACES_FIELD[form.kind]: _chosen_places(form),
        HELP_FIELD[form.kind]: form.lists["help"],
        "beneficiaries": form.lists["beneficiaries"],
        "goals": [int(number) for number in form.lists["goals"]],
    }
    body.update(_of_capability(values, kept) if form.kind == "capability" else _of_need(values))
    return body


def texts(form: Form) -> list[str]:
    """The places as they were written, one to a line or between semicolons."""
    written = form.values.get("places", "").replace("\r", "").replace(";", "\n").split("\n")
    return list(dict.fromkeys(one.strip() for one in written if one.strip()))


def _of_capability(values: Mapping[str, str], kept: Body) -> Body:
    capacity = {
        "amount": int(values.get("amount") or 1),
        "unit": values.get("unit", "").strip() or "partnerships",
        "per": values.get("per", "").strip() or "at a time",
    }
    available = {**(kept.get("available") or {}), "until": values.get("until") or None}
    return {
        "mode": values.get("mode", "either"),
        "terms": values.get("terms", "free"),
        "requires": _lines(values.get("requires", "")),
        "capacity": capacity,
        "available": available,
    }


def _of_need(values: Mapping[str, str]) -> Body:
    return {
        "partners": int(values.get("partners") or 1),
        "by": values.get("by") or None,
        "urgency": values.get("urgency", "medium"),
        "budget": values.get("budget", "none"),
    }


def _whole(form: Form, name: str) -> None:
    value = form.values.get(name, "").strip().replace(",", "")
    form.values[name] = value
    if value and not (value.isascii() and value.isdigit() and 1 <= int(value) <= 1_000_000):
        form.errors[name] = "Please give a whole number such as 3."


def _resolve(form: Form, sent: MultiDict[str, str]) -> None:
    """Say of each place that is none or could be several what to do about it."""
    written = texts(form)
    if len(written) > _MOST_PLACES:
        form.errors["places"] = f"These are {len(written)} places; please keep to {_MOST_PLACES}."
        return
    faults = []
    for text in written:
        try:
            places().resolve(text)
        except AmbiguousPlace as several:
            form.candidates[text] = _candidates(several.candidates)
            if sent.get(_pick(text)) not in dict(form.candidates[text]):
                faults.append(f"“{text}” can mean several places; choose one below.")
        except PlaceError as fault:
            faults.append(str(fault))
    if faults:
        form.errors["places"] = " ".join(faults)


def _candidates(found: Sequence[Candidate]) -> list[tuple[str, str]]:
    return [(" ".join(one.codes), one.words) for one in found]


def _chosen_places(form: Form) -> list[str]:
    chosen: list[str] = []
    for text in texts(form):
        picked = form.values.get(_pick(text), "")
        chosen += picked.split() if text in form.candidates else [text]
    return list(dict.fromkeys(chosen))


def _pick(text: str) -> str:
    return f"pick:{text}"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def faults_to_fields(kind: str, faults: Mapping[str, str]) -> dict[str, str]:
    """The registry's faults under the names of the form."""
    names = {PLACES_FIELD[kind]: "places", HELP_FIELD[kind]: "help", "capacity": "amount"}
    names["available"] = "until"
    told: dict[str, Any] = {}
    for name, message in faults.items():
        told[names.get(name, name)] = f"{message[:1].upper()}{message[1:]}."
    return told
