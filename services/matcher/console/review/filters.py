"""What a coordinator narrows a list by, from the address line to conditions on the tables.

A value that cannot be used is told beside its field and leaves the list as it is without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Integer, String, Table, and_, cast, exists, func, or_, select

from services.matcher.console.review.place_filter import NOWHERE, TakenPlace, read_place
from services.matcher.proposing.tags import GOAL, PLACE, SECTOR, STAGE, WITHIN
from services.matcher.store import tables as t
from shared.reference.goals import UnknownGoal, framework
from shared.reference.places import Places
from shared.reference.vocabulary import BENEFICIARIES, SECTORS, UnknownTerm, Vocabulary

STRENGTHS: dict[str, tuple[str, ...]] = {
    "strong": ("strong",),
    "good": ("good",),
    "possible": ("possible",),
    "good_or_strong": ("strong", "good"),
}
AGES: dict[str, str] = {
    "new": "Up to a week",
    "week": "More than a week",
    "month": "More than a month",
}
_AGE_DAYS = {"new": 7, "week": 7, "month": 30}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """As typed, with what was taken for a place and what could not be used."""

    place: str = ""
    goal: str = ""
    sector: str = ""
    stage: str = ""
    member: str = ""
    age: str = ""
    strength: str = ""
    text: str = ""
    sort: str = ""
    taken: TakenPlace = NOWHERE
    within: frozenset[str] = frozenset()
    """Codes of the place and of every place inside it."""
    now: datetime | None = None
    """Ages count back from here; without it they narrow nothing."""
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in NAMES if name != "sort")

    @property
    def given(self) -> dict[str, str]:
        """What was typed, for forms that must not lose it."""
        return {name: value for name in NAMES if (value := getattr(self, name))}

    def query(self, **changes: str | int) -> str:
        """The address line of this list with some values changed."""
        values = {name: getattr(self, name) for name in NAMES} | changes
        return urlencode({name: value for name, value in values.items() if value})


_READ = {"taken", "within", "now", "faults"}
NAMES = tuple(f.name for f in fields(Filters) if f.name not in _READ)


def read_filters(args: Mapping[str, str], now: datetime | None = None) -> Filters:
    given = {name: args.get(name, "").strip()[:_LONGEST] for name in NAMES}
    taken = read_place(given["place"])
    faults = {"place": taken.fault} if taken.fault else {}
    _check(given, faults)
    within = frozenset[str]().union(*map(places_within, taken.codes))
    return Filters(**given, taken=taken, within=within, now=now, faults=faults)


def _check(given: dict[str, str], faults: dict[str, str]) -> None:
    if given["goal"]:
        try:
            given["goal"] = str(framework().find(given["goal"]).number)
        except UnknownGoal as error:
            faults["goal"] = str(error)
    vocabularies: dict[str, Vocabulary] = {"sector": SECTORS, "stage": BENEFICIARIES}
    for name, vocabulary in vocabularies.items():
        if given[name]:
            try:
                given[name] = vocabulary.parse(given[name])
            except UnknownTerm as error:
                faults[name] = str(error)
    for name, choices in (("strength", tuple(STRENGTHS)), ("age", tuple(AGES))):
        if given[name] and given[name] not in choices:
            faults[name] = f"Choose one of: {', '.join(choices)}."


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
    if filters.taken.codes:
        tags = [(kind, code) for code in filters.taken.codes for kind in (PLACE, WITHIN)]
        found.append(_tagged(*tags))
    found += [
        _tagged((kind, getattr(filters, name)))
        for name, kind in (("goal", GOAL), ("sector", SECTOR), ("stage", STAGE))
        if name in usable
    ]
    if "strength" in usable:
        found.append(table.c.strength.in_(STRENGTHS[filters.strength]))
    if "age" in usable and filters.now is not None:
        since = filters.now - timedelta(days=_AGE_DAYS[filters.age])
        last = table.c.last_at
        found.append(last >= since if filters.age == "new" else last < since)
    if "member" in usable:
        found.append(_of_member(filters.member))
    if "text" in usable:
        found.append(_mentions(filters.text))
    return found


def need_conditions(filters: Filters, dialect: str) -> list[ColumnElement[bool]]:
    """The same, on the projection of needs."""
    return listing_conditions(t.needs, "places", filters, dialect)


def listing_conditions(
    table: Table, places: str, filters: Filters, dialect: str
) -> list[ColumnElement[bool]]:
    """On the projection of needs or capabilities; `places` names the list of where they are."""
    state = table.c.state
    usable = {name for name in NAMES if getattr(filters, name) and name not in filters.faults}
    found: list[ColumnElement[bool]] = []
    members = t.members
    mine = members.c.member_id == table.c.member_id
    if filters.within:
        codes = sorted(filters.within)
        nowhere = func.coalesce(_length(dialect, state, places), 0) == 0
        at_home = exists(
            select(1).where(and_(mine, any_of(dialect, members.c.state, "places", codes)))
        )
        found.append(or_(any_of(dialect, state, places, codes), and_(nowhere, at_home)))
    if "goal" in usable:
        found.append(any_of(dialect, state, "goals", [int(filters.goal)]))
    if "sector" in usable:
        sector = members.c.state["sector"].as_string() == filters.sector
        found.append(exists(select(1).where(and_(mine, sector))))
    if "stage" in usable:
        found.append(any_of(dialect, state, "beneficiaries", [filters.stage]))
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


def _of_member(text: str) -> ColumnElement[bool]:
    """By name or id: looked up among the members, of whom there are few, then by their ids."""
    members, parties = t.members.c, t.parties.c
    named = or_(contains(members.name, text), members.member_id == text)
    in_match = parties.member_id.in_(select(members.member_id).where(named))
    return t.matches.c.match_id.in_(select(parties.match_id).where(in_match))


def _tagged(*tags: tuple[str, str]) -> ColumnElement[bool]:
    """What a match was made for, by any of these tags."""
    tag = t.match_tags.c
    either = or_(*(and_(tag.kind == kind, tag.value == value) for kind, value in tags))
    return t.matches.c.match_id.in_(select(tag.match_id).where(either))


def _mentions(text: str) -> ColumnElement[bool]:
    """In the texts of its listings, in the locality as it was written, or in a member's name.

    The listings are searched, of which there are fewer than matches; a partnership that was made
    elsewhere may have none, and its own words.
    """
    matches, parties = t.matches.c, t.parties.c
    need, offer = t.needs.c, t.capabilities.c
    needs = select(need.need_id).where(or_(_text_has(need.state, text), _locality_has(text)))
    offers = select(offer.capability_id).where(_text_has(offer.state, text))
    in_offers = select(parties.match_id).where(parties.listing_id.in_(offers))
    own_words = contains(matches.need["title"].as_string(), text)
    return or_(
        matches.need_id.in_(needs),
        matches.match_id.in_(in_offers),
        and_(matches.origin != "convene", own_words),
        _of_member(text),
    )


def _text_has(state: Any, text: str) -> ColumnElement[bool]:
    return or_(*(contains(state[name].as_string(), text) for name in ("title", "description")))


def _locality_has(text: str) -> ColumnElement[bool]:
    return contains(_locality(t.needs.c.state), text)


def _locality(state: Any) -> Any:
    words = func.coalesce(state[("locality", "text")].as_string(), "")
    postcode = func.coalesce(state[("locality", "postcode")].as_string(), "")
    return words + " " + postcode
