"""What is typed into the form of a member, need or capability, as the registry is sent it.

The fields are read by the schemas of the coalition file, as the registry reads them, so that what
is wrong is said in the same words before anything is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from shared.contracts.coalition.looked_up import place_texts
from shared.contracts.coalition.schemas import SCHEMAS
from shared.reference.place import AmbiguousPlace, PlaceError
from shared.reference.places import Places

Content = Mapping[str, Any]
PARTS = {
    "capacity_amount": ("capacity", "amount"),
    "capacity_unit": ("capacity", "unit"),
    "capacity_per": ("capacity", "per"),
    "available_from": ("available", "from"),
    "available_until": ("available", "until"),
    "locality_text": ("locality", "text"),
    "locality_postcode": ("locality", "postcode"),
    "evidence_figure": ("evidence", "figure"),
    "evidence_source": ("evidence", "source"),
}
"""Fields of the form that are parts of one field of the document."""
NUMBERS = {"partners": "1 or more, such as 2", "capacity_amount": "such as 5"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One form; `name` as in the coalition file, `plural` as in addresses."""

    name: str
    plural: str
    texts: Sequence[str]
    lists: Sequence[str]
    places: str
    flags: Sequence[str] = ()

    @property
    def content_names(self) -> set[str]:
        """Fields of a document that can be sent back; the others say in what state it is."""
        return set(SCHEMAS[self.name].fields) - {"id", "member", "status", "conflicts"}


KINDS = {
    "needs": Kind(
        "need",
        "needs",
        ("title", "description", "partners", "budget", "urgency", "by", "locality_text",
         "locality_postcode", "evidence_figure", "evidence_source"),
        ("goals", "wants", "beneficiaries", "offers"),
        "places",
        ("welcomes_same_sector",),
    ),
    "capabilities": Kind(
        "capability",
        "capabilities",
        ("title", "description", "mode", "terms", "requires", "capacity_amount", "capacity_unit",
         "capacity_per", "available_from", "available_until"),
        ("goals", "gives", "beneficiaries"),
        "delivers_in",
    ),
    "members": Kind(
        "member", "members", ("name", "sector", "industry", "website"), ("coalitions",), "places"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidates:
    """A text that fits several places, and what it could be, each with what to write for it."""

    text: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Typed:
    """`content` as it is sent, `usable` what of it can be understood, faults by field."""

    content: dict[str, Any]
    usable: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    candidates: Sequence[Candidates] = ()


def read_typed(kind: Kind, form: MultiDict[str, str], present: Content | None = None) -> Typed:
    """`present` is the document as it is held: what the form does not show stays as it is."""
    held = {name: (present or {}).get(name) for name in kind.content_names}
    content = {name: value for name, value in held.items() if value is not None}
    for name in kind.lists:
        content[name] = form.getlist(name)
    for name in kind.flags:
        content[name] = bool(form.get(name))
    content[kind.places] = _place_texts(form.get(kind.places, ""))
    for name in kind.texts:
        _put(content, name, form.get(name, "").strip())
    schema = SCHEMAS[kind.name]
    known = {"id": "x", "member": "x"} if kind.name != "member" else {"id": "x"}
    usable, faults = dict(content), dict[str, str]()
    try:
        usable = _loaded(schema, {**known, **content})
    except ValidationError as error:
        wrong = error.messages if isinstance(error.messages, dict) else {}
        faults = dict(_flat(wrong))
        rest = {name: value for name, value in content.items() if name not in wrong}
        usable = _loaded(schema, {**known, "title": "x", **rest}, partial=True)
    return Typed(content, usable, faults, _candidates(content[kind.places]))


def values_of(kind: Kind, content: Content) -> MultiDict[str, str]:
    """A document as its form shows it."""
    values: MultiDict[str, str] = MultiDict()
    for name in kind.lists:
        values.setlist(name, [str(one) for one in content.get(name) or ()])
    for name in kind.flags:
        if content.get(name):
            values[name] = "on"
    values[kind.places] = "\n".join(_place_text(code) for code in content.get(kind.places) or ())
    for name in kind.texts:
        whole, part = PARTS.get(name, (name, ""))
        value = content.get(whole)
        value = (value or {}).get(part) if part else value
        values[name] = "" if value is None else str(value)
    return values


def with_use(form: MultiDict[str, str], kind: Kind) -> MultiDict[str, str]:
    """The form with a suggestion taken: `goals:1` ticks it, `places:Essex=E10000012` names it."""
    name, _, value = form.get("use", "").partition(":")
    changed = MultiDict(form)
    if name in kind.lists:
        changed.setlist(name, list(dict.fromkeys([*form.getlist(name), value])))
    elif name == kind.places:
        text, _, code = value.rpartition("=")
        lines = [code if one == text else one for one in _place_texts(form.get(name, ""))]
        changed[name] = "\n".join(lines)
    return changed


def _loaded(schema: Any, data: Content, *, partial: bool = False) -> dict[str, Any]:
    """What still cannot be understood as part of the whole is left out."""
    known = {name: value for name, value in data.items() if name in schema.fields}
    try:
        return dict(schema.load(known, partial=partial))
    except ValidationError as error:
        if not partial:
            raise
        return dict(error.valid_data) if isinstance(error.valid_data, dict) else {}


def _put(content: dict[str, Any], name: str, text: str) -> None:
    """Nothing typed is the same as leaving it out."""
    whole, part = PARTS.get(name, (name, ""))
    typed: str | int = int(text) if name in NUMBERS and _is_number(text) else text
    if not part:
        content.pop(name, None)
        if text:
            content[name] = typed
        return
    parts = {key: value for key, value in (content.get(whole) or {}).items() if key != part}
    if text:
        parts[part] = typed
    content[whole] = parts
    if not any(value is not None for value in parts.values()):
        del content[whole]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


def _flat(messages: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, told in messages.items():
        path = above if isinstance(name, int) else f"{above}_{name}".strip("_")
        if isinstance(told, Mapping):
            yield from _flat(told, path)
        elif path in NUMBERS:
            yield path, f"Write a whole number, {NUMBERS[path]}."
        else:
            said = told if isinstance(told, str) else "; ".join(map(str, told))
            yield path, said[:1].upper() + said[1:]


def _place_texts(text: str) -> list[str]:
    return [one for line in text.splitlines() for one in place_texts(line.strip()) if one]


def _place_text(code: str) -> str:
    """Its name, or where that would be read as another place, its code."""
    places = Places.load()
    try:
        name = places.get(code).name
        return name if places.resolve(name).code == code else code
    except PlaceError:
        return code


def _candidates(texts: Sequence[str]) -> list[Candidates]:
    found = []
    for text in texts:
        try:
            Places.load().resolve(text)
        except AmbiguousPlace as error:
            choices = [(one.value, one.words) for one in error.candidates]
            found.append(Candidates(text, choices))
        except PlaceError:
            continue
    return found
