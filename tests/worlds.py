"""Toy coalitions for the matcher: small ones with an obvious right answer, and random ones.

`naive_refusals` says one pair at a time, in plain Python, what the hard rules say; the vectorised
rules must agree with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import (
    Capability,
    Capacity,
    Conflict,
    Member,
    Need,
)
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.results import PairState
from shared.reference.places import Places

AS_OF = date(2026, 12, 1)
TENDRING, COLCHESTER, HARLOW, LEEDS = "E07000076", "E07000071", "E07000073", "E08000035"
ESSEX, EAST, SCOTLAND, UK = "E10000012", "E12000006", "S92000003", "K02000001"
PLACES = (TENDRING, COLCHESTER, HARLOW, LEEDS, ESSEX, EAST, SCOTLAND, UK, "X99999999")
SECTORS = ("local_government", "business", "charity")
GROUPS = ("early_years", "post_16", "older_people", "families")
HELP = ("expertise", "funding", "jobs")
WORDS = [
    "reading",
    "stories",
    "toddlers",
    "nursery",
    "parents",
    "apprenticeship",
    "engineers",
    "electricity",
    "laptops",
    "broadband",
    "heating",
    "pensioners",
    "mentors",
    "classroom",
    "volunteers",
    "hospital",
    "harbour",
    "factory",
    "tenants",
    "savings",
    "bakery",
    "football",
    "orchard",
    "theatre",
]


@dataclass(frozen=True)
class World:
    """A coalition with what has happened in it so far."""

    members: list[Member]
    capabilities: list[Capability]
    needs: list[Need]
    state: PairState = field(default_factory=PairState)

    def built(self, model: Model, as_of: date = AS_OF) -> MatchIndex:
        return model.build(self.members, self.capabilities, self.needs, as_of, self.state)


class WordVectors:
    """Stands in for the sentence model: a text is the sum of its words' random directions."""

    version = "word-vectors"
    dimensions = 24

    def transform(self, texts: Iterable[str]) -> NDArray[np.float32]:
        rows = [self._row(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimensions)

    def _row(self, text: str) -> NDArray[np.float64]:
        words = [word for word in text.lower().replace(".", " ").split() if word in WORDS]
        total = np.zeros(self.dimensions)
        for word in words:
            total += np.random.default_rng(WORDS.index(word)).normal(size=self.dimensions)
        length = float(np.linalg.norm(total))
        return total / length if length else total


def a_model(*, meaning: bool = True) -> Model:
    return Model(Places.load(), WordVectors() if meaning else None)


def a_member(id_: str, sector: str = "business", **changes: Any) -> Member:
    return Member(**{"id": id_, "name": id_.title(), "sector": sector, "places": (UK,), **changes})


def a_capability(id_: str, member: str, title: str = "Reading", **changes: Any) -> Capability:
    return Capability(id=id_, member_id=member, title=title, **changes)


def a_need(id_: str, member: str, title: str = "Reading", **changes: Any) -> Need:
    return Need(id=id_, member_id=member, title=title, **changes)


def checkerboard() -> World:
    """Three councils, each lacking one thing; three givers, each bringing one of them."""
    themes = {
        "books": "Stories and picture books for toddlers and parents at nursery",
        "power": "Electricity apprenticeships with engineers for school leavers",
        "warm": "Heating advice for pensioners in cold flats",
    }
    members = [a_member(f"council-{name}", "local_government") for name in themes]
    members += [a_member(f"giver-{name}") for name in themes]
    return World(
        members,
        [a_capability(f"gives-{name}", f"giver-{name}", text) for name, text in themes.items()],
        [a_need(f"needs-{name}", f"council-{name}", f"We lack: {text.lower()}")
         for name, text in themes.items()],
    )  # fmt: skip


def random_world(seed: int, size: int = 12) -> World:
    """Every rule is broken by some pair, and scores tie often."""
    draw = Random(seed)  # noqa: S311 - a toy world, not a secret
    members = [_random_member(draw, number) for number in range(max(3, size // 2))]
    ids = [member.id for member in members]
    capabilities = [_random_capability(draw, number, ids) for number in range(size)]
    needs = [_random_need(draw, number, ids) for number in range(size)]
    return World(members, capabilities, needs, _random_state(draw, members, capabilities, needs))


def _random_member(draw: Random, number: int) -> Member:
    conflicts = []
    if draw.random() < 0.3:
        conflicts.append(Conflict(member=f"m{draw.randrange(6)}", until=_some_day(draw)))
    if draw.random() < 0.1:
        conflicts.append(Conflict(sector=draw.choice(SECTORS)))
    return a_member(
        f"m{number}",
        draw.choice(SECTORS),
        places=_some(draw, PLACES),
        status=draw.choice(("active", "active", "invited", "paused", "withdrawn")),
        conflicts=tuple(conflicts),
    )


def _random_capability(draw: Random, number: int, members: list[str]) -> Capability:
    return a_capability(
        f"c{number:02}",
        draw.choice(members),
        " ".join(draw.choices(WORDS, k=draw.randrange(1, 5))),
        goals=tuple(sorted(draw.sample(range(1, 6), draw.randrange(3)))),
        delivers_in=_some(draw, PLACES),
        mode=draw.choice(("in_person", "remote", "either")),
        gives=_some(draw, HELP),
        beneficiaries=_some(draw, GROUPS),
        capacity=Capacity(draw.choice((0, 1, 5)), "partnerships"),
        requires=("", "A hall to meet in.", "Somebody to refer families, and a room.")[number % 3],
        terms=("free", "paid", "shared_cost", "funded")[number % 4],
        available_from=_some_day(draw),
        available_until=_some_day(draw),
        strict=_some(draw, ("goals", "beneficiaries", "gives")) if draw.random() < 0.3 else (),
        status=draw.choice(("published", "published", "published", "paused", "closed")),
        confirmed_at=_some_moment(draw),
    )


def _random_need(draw: Random, number: int, members: list[str]) -> Need:
    return a_need(
        f"n{number:02}",
        draw.choice(members),
        " ".join(draw.choices(WORDS, k=draw.randrange(1, 5))),
        goals=tuple(sorted(draw.sample(range(1, 6), draw.randrange(3)))),
        places=_some(draw, PLACES),
        wants=_some(draw, HELP),
        beneficiaries=_some(draw, GROUPS),
        partners=draw.choice((1, 1, 2)),
        offers=((), ("venue",), ("reach", "jobs"))[number % 3],
        budget=("none", "some", "to_be_found", "none")[number % 4],
        welcomes_same_sector=draw.random() < 0.3,
        by=_some_day(draw),
        strict=_some(draw, ("goals", "beneficiaries", "wants")) if draw.random() < 0.3 else (),
        status=draw.choice(("published", "published", "published", "draft")),
        confirmed_at=_some_moment(draw),
    )


def _random_state(
    draw: Random, members: list[Member], capabilities: list[Capability], needs: list[Need]
) -> PairState:
    pairs = [(need.id, one.id) for need in needs for one in capabilities]
    return PairState(
        capacity_left={one.id: draw.randrange(3) for one in draw.sample(capabilities, 3)},
        places_left={need.id: draw.randrange(2) for need in draw.sample(needs, 3)},
        cooling=frozenset(draw.sample(pairs, len(pairs) // 10)),
        conflicts={members[0].id: (Conflict(member=members[1].id),)},
        load={member.id: draw.randrange(4) for member in members[::2]},
    )


def _some(draw: Random, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(draw.sample(values, draw.choice((0, 1, 1, 2))))


def _some_day(draw: Random) -> date | None:
    return draw.choice((None, None, None, AS_OF + timedelta(days=draw.randrange(-40, 40))))


def _some_moment(draw: Random) -> datetime | None:
    age = timedelta(days=draw.randrange(300))
    return draw.choice((None, datetime(2026, 12, 1, tzinfo=UTC) - age))


def naive_refusals(
    need: Need, capability: Capability, world: World, as_of: date = AS_OF
) -> set[str]:
    """Every hard rule that refuses the pair, one plain question after the other."""
    members = {member.id: member for member in world.members}
    needing, bringing = members[need.member_id], members[capability.member_id]
    state = world.state
    questions = {
        "same_member": needing.id == bringing.id,
        "same_sector": needing.sector == bringing.sector and not need.welcomes_same_sector,
        "no_common_place": not _meet(need, capability, needing, bringing),
        "no_capacity": state.capacity_left.get(capability.id, capability.capacity.amount) <= 0,
        "no_partner_place": state.places_left.get(need.id, need.partners) <= 0,
        "not_available": not _in_time(need, capability, as_of),
        "conflict": _barred(needing, bringing, state, as_of)
        or _barred(bringing, needing, state, as_of),
        "paused": {needing.status, bringing.status} & {"paused", "withdrawn"} != set(),
        "not_published": {need.status, capability.status} != {"published"},
        "unconfirmed": any(_stale(one.confirmed_at, as_of) for one in (need, capability)),
        "cooling_off": (need.id, capability.id) in state.cooling,
        "strict_goals": _strictly_apart(need, capability, "goals", "goals"),
        "strict_beneficiaries": _strictly_apart(need, capability, "beneficiaries", "beneficiaries"),
        "strict_help": _strictly_apart(need, capability, "wants", "gives"),
    }
    return {rule for rule, refuses in questions.items() if refuses}


def _meet(need: Need, capability: Capability, needing: Member, bringing: Member) -> bool:
    asked = need.places or needing.places
    offered = capability.delivers_in or bringing.places
    if capability.mode == "remote" or not asked or not offered:
        return True
    return bool(_districts(asked) & _districts(offered))


def _districts(codes: Iterable[str]) -> set[str]:
    known = {place.code for place in Places.load().all()}
    return {one for code in codes if code in known for one in Places.load().districts_of(code)}


def _in_time(need: Need, capability: Capability, as_of: date) -> bool:
    first, last = capability.available_from, capability.available_until
    return (
        (first is None or first <= as_of)
        and (last is None or last >= as_of)
        and (need.by is None or need.by >= as_of)
    )


def _barred(one: Member, other: Member, state: PairState, as_of: date) -> bool:
    if one.id == other.id:
        return False
    told = (*one.conflicts, *state.conflicts.get(one.id, ()))
    return any(
        (entry.member == other.id or entry.sector == other.sector)
        and (entry.until is None or entry.until >= as_of)
        for entry in told
    )


def _stale(confirmed_at: datetime | None, as_of: date) -> bool:
    return confirmed_at is not None and (as_of - confirmed_at.date()).days > 274


def _strictly_apart(need: Need, capability: Capability, asked: str, offered: str) -> bool:
    marked = asked in need.strict or offered in capability.strict
    return marked and not set(getattr(need, asked)) & set(getattr(capability, offered))


def as_lines(world: World) -> list[Mapping[str, Any]]:
    """The members and listings of a simple world as objects of the coalition file."""
    return [
        *({"kind": "member", "id": one.id, "name": one.name, "sector": one.sector,
           "places": list(one.places)} for one in world.members),
        *({"kind": "capability", "id": one.id, "member": one.member_id, "title": one.title}
          for one in world.capabilities),
        *({"kind": "need", "id": one.id, "member": one.member_id, "title": one.title}
          for one in world.needs),
    ]  # fmt: skip
