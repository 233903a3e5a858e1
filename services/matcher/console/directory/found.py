"""What a listing would find, or finds, as the directory shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from services.matcher.console import words
from services.matcher.console.directory.addresses import page_url
from services.matcher.console.directory.forms import Kind, Typed
from services.matcher.console.parts import parts
from services.matcher.domain.entities import Capability, Need, capability_from, need_from
from services.matcher.explaining.preview import Preview, preview
from services.matcher.scoring.learning.scorer import strength
from services.matcher.scoring.results import Scored
from services.matcher.store import tables as t

TOP = 5
REASONS = 2
FIELD_OF = {
    "needs": {"goals": "goals", "beneficiaries": "beneficiaries", "help": "wants"},
    "capabilities": {"goals": "goals", "beneficiaries": "beneficiaries", "help": "gives"},
}
LABELS = {"goals": "Goals", "beneficiaries": "Who it is for", "help": "Kind of help"}


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A listing of the other side, and what speaks for it most."""

    title: str
    member_name: str
    strength: str
    url: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """Something read from the text where its field was left empty; `use` ticks it in the form."""

    label: str
    phrase: str
    use: str
    tick: str
    """The id of the box in the form."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`asked` is False while there is too little to ask with; `why` says what is missing."""

    found: Sequence[FoundRow]
    read: Sequence[tuple[str, Sequence[ReadTerm]]]
    asked: bool = True
    why: str = ""


def shown_preview(kind: Kind, typed: Typed, member_id: str) -> Shown:
    """What the listing would find if it were published as it is typed."""
    if not typed.usable.get("title") or "title" in typed.faults:
        return Shown((), (), asked=False, why="Write the title in a few words to see matches.")
    here = parts()
    content = {**typed.usable, "id": "typed", "member": member_id}
    listing: Need | Capability
    listing = need_from(content) if kind.name == "need" else capability_from(content)
    told = preview(here.insight, listing, TOP)
    with here.database.read() as connection:
        found = found_rows(connection, kind.plural, told.found)
    why = "" if member_id else "Choose the member to see matches."
    return Shown(found, _read(kind, told), asked=bool(member_id), why=why)


def found_rows(connection: Connection, plural: str, scored: Sequence[Scored]) -> list[FoundRow]:
    """Those that are good enough to propose; `plural` says which side asked."""
    good = [one for one in scored if one.score >= parts().settings.least_score]
    if plural == "needs":
        table, kind, name = t.capabilities, "capability", "capability_id"
    else:
        table, kind, name = t.needs, "need", "need_id"
    listed = _listings(connection, table, [getattr(one, name) for one in good])
    return [
        FoundRow(
            title=str(row["state"]["title"]),
            member_name=str(row["name"] or row["member_id"]),
            strength=strength(one.score),
            url=page_url(kind, getattr(one, name)),
            reasons=_best_reasons(one),
        )
        for one in good
        if (row := listed.get(getattr(one, name))) is not None
    ]


def _best_reasons(one: Scored) -> list[str]:
    helping = [r for r in one.reasons if r.contribution > 0 and r.feature != "baseline"]
    helping.sort(key=lambda reason: -reason.contribution)
    return [reason.text for reason in helping[:REASONS]]


def _listings(
    connection: Connection, table: Table, ids: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    key = next(iter(table.primary_key))
    query = (
        select(key, table.c.state, table.c.member_id, t.members.c.name)
        .outerjoin(t.members, t.members.c.member_id == table.c.member_id)
        .where(key.in_(ids), table.c.state.is_not(None))
    )
    return {row[key.name]: dict(row) for row in connection.execute(query).mappings()}


def _read(kind: Kind, told: Preview) -> list[tuple[str, list[ReadTerm]]]:
    fields = FIELD_OF[kind.plural]
    return [
        (LABELS[feature], [_term(feature, fields[feature], one.term, one.phrase) for one in terms])
        for feature, terms in told.read.items()
    ]


def _term(feature: str, name: str, term: str, phrase: str) -> ReadTerm:
    if feature == "goals":
        label = words.goal(int(term))
    else:
        label = words.term("beneficiary" if feature == "beneficiaries" else "gives", term)
    return ReadTerm(label, phrase, f"{name}:{term}", f"{name}-{term}")
