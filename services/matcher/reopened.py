"""A consortium that ended because one supplier said no: its role is open again, the other yeses stay.

They are asked to confirm when the role is filled; whoever said no cools off with the need.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.matcher.domain.matches import Ending, Match, Party
from services.matcher.domain.rounds import PairMemory, Versions
from services.matcher.domain.states import CLOSED, State
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_where
from services.matcher.store.memory import memory_of, remember
from shared.storage import Work

_BY_ONE = (State.DECLINED, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Reopened:
    """The match that ended, its capabilities, whose suppliers are kept, and who had said yes."""

    match_id: str
    capability_ids: frozenset[str]
    keep: frozenset[str]
    said_yes: frozenset[str]


def role_reopened(work: Work, knowledge: Knowledge, need_id: str) -> Reopened | None:
    """The need's last consortium, if one supplier's no or silence ended it and it still cools off.

    A yes is kept only while neither text has changed in substance.
    """
    table = t.matches.c
    ended = matches_where(
        work.connection, table.need_id == need_id, table.state.in_([s.value for s in CLOSED])
    )
    past = [one for one in ended if one.consortium and one.closed_at]
    last = max(past, key=lambda one: (one.closed_at, one.match_id), default=None)
    if last is None or last.state not in _BY_ONE or not _by_a_supplier(last):
        return None
    until = last.ending.cooling_off_until if last.ending else None
    if until is None or until <= work.now or not _same(last, knowledge, need_id):
        return None
    yes = [one for one in last.parties if one.answer == "yes"]
    keep = {one.listing_id for one in yes if one.role == "brings"}
    return Reopened(
        last.match_id,
        frozenset(last.capability_ids),
        frozenset(one for one in keep if _same(last, knowledge, one)),
        frozenset(one.member_id for one in yes),
    )


def part_from(work: Work, match: Match, parties: Iterable[Party], ending: Ending) -> None:
    """Suppliers that ended a consortium cool off with its need by themselves too, so that the role
    goes to another; of a pair the memory of the match itself says it. A pair that cools for longer,
    as when a coordinator rejected it meanwhile, goes on doing so.
    """
    if not match.consortium:
        return
    for id_ in sorted(one.listing_id for one in parties if one.role == "brings"):
        before = memory_of(work.connection, match.need_id, id_)
        versions = Versions(match.versions.need, {id_: match.versions.capabilities[id_]})
        if before is not None and _cools_longer(before, ending, versions):
            continue
        memory = PairMemory(
            match.need_id,
            id_,
            match.match_id,
            before.last_round if before else 0,
            ending.code,
            ending.cooling_off_until,
            versions,
        )
        remember(work.connection, memory)


def _cools_longer(before: PairMemory, ending: Ending, versions: Versions) -> bool:
    until = before.cooling_until
    if until is None or not (before.for_good or before.versions == versions):
        return False
    return ending.cooling_off_until is None or until > ending.cooling_off_until


def _by_a_supplier(match: Match) -> bool:
    needing = next(one for one in match.parties if one.role == "needs")
    return needing.answer == "yes" or (needing.answer is None and match.state is State.DECLINED)


def _same(match: Match, knowledge: Knowledge, id_: str) -> bool:
    then = match.versions.need if id_ == match.need_id else match.versions.capabilities.get(id_)
    return knowledge.versions.get(id_) == then
