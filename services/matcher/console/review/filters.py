"""What a coordinator narrows a list by, from the address line to conditions on the tables.

A value that cannot be used is told beside its field and leaves the list as it is without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Integer, String, and_, cast, exists, func, or_, select

from services.matcher.proposing.tags import GOAL, PLACE, SECTOR, WITHIN
from services.matcher.store import tables as t
from shared.reference.goals import UnknownGoal, framework
from shared.reference.places import PlaceError, Places, Resolution
from shared.reference.vocabulary import SECTORS, UnknownTerm

STRENGTHS = ("strong", "good", "possible")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """As typed, with what was taken for a place and what could not be used."""

    place: str = ""
    goal: str = ""
    sector: str = ""
    member: str = ""
    strength: str = ""
    text: str = ""
    sort: str = ""
    taken: Resolution | None = None
    within: frozenset[str] = frozenset()
    """Codes of the place and of every place inside it."""
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in NAMES if name != "sort")

    def query(self, **changes: str | int) -> str:
        """The address line of this list with some values changed."""
        values = {name: getattr(self, name) for name in NAMES} | changes
        return urlencode({name: value for name, value in values.items() if value})


NAMES = tuple(f.name for f in fields(Filters) if f.name not in {"taken", "within", "faults"})


def read_filters(args: Mapping[str, str]) -> Filters:
    given = {name: args.get(name, "").strip()[:_LONGEST] for name in NAMES}
    faults: dict[str, str] = {}
    taken = None
    if given["place"]:
        try:
            taken = Places.load().resolve(given["place"])
        except PlaceError as error:
            faults["place"] = str(error)
    _check(given, faults)
    within = places_within(taken.code) if taken else frozenset[str]()
    return Filters(**given, taken=taken, within=within, faults=faults)


def _check(given: dict[str, str], faults: dict[str, str]) -> None:
    if given["goal"]:
        try:
            given["goal"] = str(framework().find(given["goal"]).number)
        except UnknownGoal as error:
            faults["goal"] = str(error)
    if given["sector"]:
        try:
            given["sector"] = SECTORS.parse(given["sector"])
        except UnknownTerm as error:
            faults["sector"] = str(error)
    if given["strength"] and given["strength"] not in STRENGTHS:
        faults["strength"] = f"Choose one of: {', '.join(STRENGTHS)}."


def places_within(code: str) -> frozenset[str]:
    """The place itself and all that lie in it: Essex finds what is needed in Tendring."""
    places = Places.load()
    covered = places.districts_of(code)
    return frozenset(
        one.code for one in places.all() if places.districts_of(one.code) <= covered
    ) | {code}


def match_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions on `matches`."""
    table = t.matches
    usable = {name for name in NAMES if getattr(filters, name) and name not in filters.faults}
    found: list[ColumnElement[bool]] = []
    if filters.taken:
        code = filters.taken.code
        found.append(_tagged((PLACE, code), (WITHIN, code)))
    if "goal" in usable:
        found.append(_tagged((GOAL, filters.goal)))
    if "strength" in usable:
        found.append(table.c.strength == filters.strength)
    if "sector" in usable:
        found.append(_tagged((SECTOR, filters.sector)))
    if "member" in usable:
        named = contains(t.parties.c.name, filters.member)
        found.append(_party_where(or_(named, t.parties.c.member_id == filters.member)))
    if "text" in usable:
        found.append(_mentions(filters.text))
    return found


def need_conditions(filters: Filters, dialect: str) -> list[ColumnElement[bool]]:
    """The same, on the projection of needs."""
    state = t.needs.c.state
    usable = {name for name in NAMES if getattr(filters, name) and name not in filters.faults}
    found: list[ColumnElement[bool]] = []
    members = t.members
    mine = members.c.member_id == t.needs.c.member_id
    if filters.within:
        codes = sorted(filters.within)
        nowhere = func.coalesce(_length(dialect, state, "places"), 0) == 0
        at_home = exists(
            select(1).where(and_(mine, any_of(dialect, members.c.state, "places", codes)))
        )
        found.append(or_(any_of(dialect, state, "places", codes), and_(nowhere, at_home)))
    if "goal" in usable:
        found.append(any_of(dialect, state, "goals", [int(filters.goal)]))
    if "sector" in usable:
        sector = members.c.state["sector"].as_string() == filters.sector
        found.append(exists(select(1).where(and_(mine, sector))))
    if "member" in usable:
        named = or_(contains(members.c.name, filters.member), members.c.member_id == filters.member)
        found.append(exists(select(1).where(and_(mine, named))))
    if "text" in usable:
        texts = (state["title"].as_string(), state["description"].as_string(), _locality(state))
        found.append(or_(*(contains(text, filters.text) for text in texts)))
    return found


def any_of(dialect: str, column: Any, key: str, values: Sequence[str | int]) -> ColumnElement[bool]:
    """Whether the list under `key` of a JSON column holds one of the values."""
    if dialect == "postgresql":
        item = func.jsonb_array_elements_text(column[key]).column_valued("item")
        return exists(select(1).where(item.in_([str(one) for one in values])))
    each = func.json_each(column, f"$.{key}").table_valued("value")
    return exists(select(1).select_from(each).where(each.c.value.in_(values)))


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Case does not matter; the signs of LIKE are taken as they are."""
    plain = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(cast(column, String)).like(f"%{plain}%", escape="\\")


def _length(dialect: str, column: Any, key: str) -> ColumnElement[int]:
    if dialect == "postgresql":
        return func.jsonb_array_length(column[key])
    return cast(func.json_array_length(column, f"$.{key}"), Integer)


def _party_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = t.parties.c.match_id == t.matches.c.match_id
    return exists(select(1).where(and_(mine, condition)))


def _tagged(*tags: tuple[str, str]) -> ColumnElement[bool]:
    """What a match was made for, by any of these tags."""
    tag = t.match_tags.c
    either = or_(*(and_(tag.kind == kind, tag.value == value) for kind, value in tags))
    return t.matches.c.match_id.in_(select(tag.match_id).where(either))


def _mentions(text: str) -> ColumnElement[bool]:
    """In the texts as scored, in a member's name, or in the locality as it was written."""
    need, capabilities = t.matches.c.need, t.matches.c.capabilities
    mine = t.needs.c.need_id == t.matches.c.need_id
    locality = _locality(t.needs.c.state)
    return or_(
        contains(need["title"].as_string(), text),
        contains(need["description"].as_string(), text),
        contains(capabilities[(0, "title")].as_string(), text),
        contains(capabilities[(0, "description")].as_string(), text),
        _party_where(contains(t.parties.c.name, text)),
        exists(select(1).where(and_(mine, contains(locality, text)))),
    )


def _locality(state: Any) -> Any:
    words = func.coalesce(state[("locality", "text")].as_string(), "")
    postcode = func.coalesce(state[("locality", "postcode")].as_string(), "")
    return words + " " + postcode
