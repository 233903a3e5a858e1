"""Which column of somebody's own sheet is which field of the coalition file: a guess, to confirm."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields

from shared.contracts.coalition.cells import SHEETS, TO_CORRECT, Columns, key_of, known_columns
from shared.contracts.coalition.schemas import SCHEMAS

_ALIKE = 0.84
_SCHEMES = ("gss", "ods", "ukprn", "company", "charity")
# As people head their columns, without gaps and in small letters; per kind, then for all kinds.
_SAID: Mapping[str, Mapping[str, str]] = {
    "member": {
        "organisation": "name",
        "organization": "name",
        "organisationname": "name",
        "organizationname": "name",
        "membername": "name",
        "company": "name",
        "type": "sector",
        "organisationtype": "sector",
        "areas": "places",
        "web": "website",
        "url": "website",
    },
    "contact": {
        "emailaddress": "email",
        "mail": "email",
        "contactname": "name",
        "fullname": "name",
        "person": "name",
        "jobtitle": "role",
        "position": "role",
        "maincontact": "main",
    },
    "capability": {
        "offer": "title",
        "whatyoucanoffer": "title",
        "whatwecanbring": "title",
        "brings": "gives",
        "areas": "delivers_in",
        "places": "delivers_in",
        "where": "delivers_in",
    },
    "need": {
        "whatisneeded": "title",
        "need": "title",
        "challenge": "title",
        "helpwanted": "wants",
        "areas": "places",
        "where": "places",
        "deadline": "by",
        "neededby": "by",
        "postcode": "locality.postcode",
        "neighbourhood": "locality.text",
    },
    "partnership": {"partners": "members", "start": "since", "startdate": "since"},
}
_SAID_OF_ALL: Mapping[str, str] = {
    "organisation": "member",
    "organization": "member",
    "membername": "member",
    "heading": "title",
    "summary": "description",
    "details": "description",
    "about": "description",
    "area": "places",
    "place": "places",
    "goal": "goals",
    "beneficiary": "beneficiaries",
    "whoitisfor": "beneficiaries",
    "reference": "id",
    "ref": "id",
}


@dataclass(frozen=True, slots=True)
class SheetMap:
    """What a sheet holds (None: it is left out), and the field of each heading; an empty field
    leaves the column out.
    """

    kind: str | None
    columns: Mapping[str, str] = field(default_factory=dict)


def fields_of(kind: str) -> list[str]:
    """What a column of this kind may be, parts of an object with a point between."""
    found = []
    for name, entry in SCHEMAS[kind].fields.items():
        found.append(name)
        if isinstance(entry, fields.Nested):
            found += [f"{name}.{'.'.join(path)}" for path in known_columns(entry.schema).values()]
        elif isinstance(entry, fields.Dict):
            found += [f"{name}.{scheme}" for scheme in _SCHEMES]
    return found


def guess_columns(kind: str, headings: Sequence[Any]) -> dict[str, str]:
    """The field of each heading; empty where none is likely. No field is guessed twice."""
    sure = dict(zip(map(_text, headings), Columns(kind, headings).fields, strict=True))
    taken = {field for field in sure.values() if field}
    found = {}
    for heading, known in sure.items():
        field = known or _likely(kind, heading)
        if not known and field in taken:
            field = ""
        taken.add(field)
        found[heading] = field
    return {heading: field for heading, field in found.items() if heading != TO_CORRECT}


def guess_kind(headings: Sequence[Any]) -> str:
    """The kind of which most headings are likely fields; what must be there counts more."""

    def likely(kind: str) -> float:
        found = {field for field in guess_columns(kind, headings).values() if field}
        wanted = {name for name, entry in SCHEMAS[kind].fields.items() if entry.required} - {"id"}
        return len(found) + 3 * len(wanted & found) / max(1, len(wanted))

    return max(SHEETS.values(), key=likely)


def _likely(kind: str, heading: str) -> str:
    key = key_of(heading)
    known = {key_of(name): name for name in fields_of(kind)}
    said = {**_SAID_OF_ALL, **_SAID[kind]}
    said = {word: name for word, name in said.items() if name in known.values()}
    if key in said:
        return said[key]
    alike = difflib.get_close_matches(key, [*known, *said], 1, _ALIKE)
    return {**said, **known}[alike[0]] if alike else ""


def _text(heading: Any) -> str:
    return "" if heading is None else str(heading).strip()
