"""Matches and their parties: rows to and from the domain, written by compare-and-set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, insert, select, update

from services.matcher.domain.assignment import CHOSEN_FIRST
from services.matcher.domain.errors import StaleRevision, UnknownMatch
from services.matcher.domain.matches import Ending, Hold, Match, Party
from services.matcher.domain.plan import Seat
from services.matcher.domain.rounds import Versions
from services.matcher.domain.states import OPEN, LastMove, State
from services.matcher.store import tables as t
from services.matcher.store.assignment_tables import chosen_pairs

_NESTED: Final = {"parties", "versions", "hold", "ending", "last", "state", "inputs"}
_PLAIN: Final = tuple(f.name for f in fields(Match) if f.name not in _NESTED)
_TUPLES: Final = {"capability_ids", "capabilities", "reasons", "warnings"}
_PARTY: Final = tuple(f.name for f in fields(Party))
_INTO_MATCHES: Final = insert(t.matches)
_INTO_PARTIES: Final = insert(t.parties)
_BROUGHT: Final = (
    select(
        t.parties.c.member_id,
        t.matches.c.match_id,
        t.matches.c.score,
        t.matches.c.need_id,
        t.matches.c.capability_set,
        t.matches.c.viewed_at,
        t.matches.c.hold_code,
        t.matches.c.model_version,
        chosen_pairs.c.round_id,
    )
    .select_from(
        t.parties.join(t.matches, t.matches.c.match_id == t.parties.c.match_id).outerjoin(
            chosen_pairs,
            and_(
                chosen_pairs.c.need_id == t.matches.c.need_id,
                chosen_pairs.c.capability_set == t.matches.c.capability_set,
            ),
        )
    )
    .where(t.parties.c.role == "brings", t.matches.c.state == State.PROPOSED)
)
_AT_ONCE: Final = 400  # names in one statement


def insert_match(connection: Connection, match: Match) -> None:
    """Raises `shared.storage.Conflict` (an open one exists) when the statement is run."""
    connection.execute(_INTO_MATCHES, _row_of(match))
    rows = [_party_row(match.match_id, i, p) for i, p in enumerate(match.parties)]
    connection.execute(_INTO_PARTIES, rows)


def save_match(connection: Connection, before: Match, after: Match) -> None:
    """Write the next revision.

    Raises
    ------
    StaleRevision
        Somebody else has written since `before` was read.

    """
    row = _row_of(after)
    statement = update(t.matches).where(
        t.matches.c.match_id == before.match_id, t.matches.c.revision == before.revision
    )
    if connection.execute(statement.values(**row)).rowcount != 1:
        current = load_match(connection, before.match_id)
        raise StaleRevision(before.match_id, before.revision, current.revision)
    for number, party in enumerate(after.parties):
        if party != before.parties[number]:
            connection.execute(
                update(t.parties)
                .where(t.parties.c.match_id == after.match_id, t.parties.c.number == number)
                .values(**_party_row(after.match_id, number, party))
            )


def load_match(connection: Connection, match_id: str, *, lock: bool = False) -> Match:
    """The match; with `lock`, its row stays ours until the commit (PostgreSQL).

    Raises
    ------
    UnknownMatch
        There is none with this id.

    """
    query = select(t.matches).where(t.matches.c.match_id == match_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise UnknownMatch(match_id)
    return _with_parties(connection, [row])[0]


def find_match(connection: Connection, match_id: str, *, lock: bool = False) -> Match | None:
    try:
        return load_match(connection, match_id, lock=lock)
    except UnknownMatch:
        return None


def matches_where(
    connection: Connection,
    *conditions: ColumnElement[bool],
    lock: bool = False,
    limit: int | None = None,
) -> list[Match]:
    """Matches by any condition on the table, by id."""
    query = select(t.matches).where(*conditions).order_by(t.matches.c.match_id)
    if limit is not None:
        query = query.limit(limit)
    if lock:
        query = query.with_for_update(skip_locked=True)
    return matches_of(connection, query)


def matches_of(connection: Connection, query: Select[Any]) -> list[Match]:
    """The matches of a query on the whole table, in its order."""
    return _with_parties(connection, list(connection.execute(query).mappings()))


def match_ids(connection: Connection) -> list[str]:
    """Of every match there ever was, in order."""
    return list(connection.scalars(select(t.matches.c.match_id).order_by(t.matches.c.match_id)))


def open_matches_of_need(connection: Connection, need_id: str) -> list[Match]:
    return matches_where(connection, t.matches.c.need_id == need_id, t.matches.c.open)


def matched_capabilities(connection: Connection, need_id: str) -> set[str]:
    """Those that an open match brings to the need."""
    query = select(t.matches.c.capability_ids).where(
        t.matches.c.need_id == need_id, t.matches.c.open
    )
    return {one for ids in connection.scalars(query) for one in ids}


def open_matches_of_needs(
    connection: Connection, need_ids: Sequence[str]
) -> dict[str, list[Match]]:
    """By need; needs without any are left out."""
    found: dict[str, list[Match]] = {}
    for start in range(0, len(need_ids), _AT_ONCE):
        part = list(need_ids[start : start + _AT_ONCE])
        for match in matches_where(connection, t.matches.c.need_id.in_(part), t.matches.c.open):
            found.setdefault(match.need_id, []).append(match)
    return found


def open_matches_of_listings(connection: Connection, listing_ids: Iterable[str]) -> list[Match]:
    ids = list(listing_ids)
    inside = select(t.parties.c.match_id).where(t.parties.c.listing_id.in_(ids))
    return matches_where(connection, t.matches.c.match_id.in_(inside), t.matches.c.open)


def open_matches_of_member(connection: Connection, member_id: str) -> list[Match]:
    inside = select(t.parties.c.match_id).where(t.parties.c.member_id == member_id)
    return matches_where(connection, t.matches.c.match_id.in_(inside), t.matches.c.open)


def needs_with_open_match_of(connection: Connection, listing_ids: Iterable[str]) -> set[str]:
    ids = list(listing_ids)
    if not ids:
        return set()
    inside = select(t.parties.c.match_id).where(t.parties.c.listing_id.in_(ids))
    query = select(t.matches.c.need_id).where(t.matches.c.match_id.in_(inside), t.matches.c.open)
    return set(connection.scalars(query.distinct()))


def proposals_brought_by(
    connection: Connection, member_ids: Iterable[str], scorer: str
) -> dict[str, list[Seat]]:
    """Open proposals by the member that is their supplier; an empty list where it has none.

    Those that another scorer than this one made are pinned, as are those seen or held; a consortium
    gives way to no pair.
    """
    found: dict[str, list[Seat]] = {name: [] for name in member_ids}
    names = sorted(found)
    for start in range(0, len(names), _AT_ONCE):
        query = _BROUGHT.where(t.parties.c.member_id.in_(names[start : start + _AT_ONCE]))
        for row in connection.execute(query):
            score = row.score + (CHOSEN_FIRST if row.round_id else 0.0)
            rank = (-score, row.need_id, row.capability_set)
            apart = row.model_version.partition("+")[0] != scorer or "\n" in row.capability_set
            pinned = apart or row.viewed_at is not None or row.hold_code is not None
            found[row.member_id].append(Seat(row.member_id, rank, row.match_id, pinned))
    return found


def set_viewed(connection: Connection, match: Match, at: Any) -> None:
    """A coordinator has seen it: proposing between reviews leaves it alone from now on."""
    statement = update(t.matches).where(
        t.matches.c.match_id == match.match_id, t.matches.c.viewed_at.is_(None)
    )
    connection.execute(statement.values(viewed_at=at))


# --- rows ---
def _row_of(match: Match) -> dict[str, Any]:
    row = {name: getattr(match, name) for name in _PLAIN}
    row |= {name: list(row[name]) for name in _TUPLES}
    row["features"] = dict(match.features)
    row["need"] = dict(match.need)
    row["state"] = match.state.value
    row["open"] = match.state in OPEN
    row["capability_set"] = match.capability_set
    row["need_version"] = match.versions.need
    row["capability_versions"] = dict(match.versions.capabilities)
    hold, ending, last = match.hold, match.ending, match.last
    row["hold_code"] = hold.code if hold else None
    row["hold_since"] = hold.since if hold else None
    row["hold_until"] = hold.until if hold else None
    row["hold_by"] = hold.by if hold else None
    row["ending_code"] = ending.code if ending else None
    row["ending_by"] = ending.by if ending else None
    row["cooling_off_until"] = ending.cooling_off_until if ending else None
    row["last_move"] = last.move if last else None
    row["last_by"] = last.by if last else None
    row["last_actor_id"] = last.actor_id if last else None
    row["last_at"] = last.at if last else match.proposed_at
    return row


def _party_row(match_id: str, number: int, party: Party) -> dict[str, Any]:
    return {
        "match_id": match_id,
        "number": number,
        **{name: getattr(party, name) for name in _PARTY},
    }


def _with_parties(connection: Connection, rows: Sequence[Any]) -> list[Match]:
    ids = [row["match_id"] for row in rows]
    if not ids:
        return []
    query = select(t.parties).where(t.parties.c.match_id.in_(ids))
    found: dict[str, list[Party]] = {id_: [] for id_ in ids}
    for row in connection.execute(query.order_by(t.parties.c.number)).mappings():
        found[row["match_id"]].append(Party(**{name: row[name] for name in _PARTY}))
    return [_match_of(row, tuple(found[row["match_id"]])) for row in rows]


def _match_of(row: Mapping[str, Any], parties: tuple[Party, ...]) -> Match:
    plain = {name: row[name] for name in _PLAIN}
    plain |= {name: tuple(plain[name]) for name in _TUPLES}
    return Match(
        **plain,
        state=State(row["state"]),
        parties=parties,
        versions=Versions(row["need_version"], dict(row["capability_versions"])),
        hold=_hold_of(row),
        ending=_ending_of(row),
        last=_last_of(row),
    )


def _hold_of(row: Mapping[str, Any]) -> Hold | None:
    if row["hold_code"] is None:
        return None
    return Hold(row["hold_code"], row["hold_since"], row["hold_until"], row["hold_by"])


def _ending_of(row: Mapping[str, Any]) -> Ending | None:
    if row["ending_code"] is None:
        return None
    return Ending(row["ending_code"], row["ending_by"], row["cooling_off_until"])


def _last_of(row: Mapping[str, Any]) -> LastMove | None:
    if row["last_move"] is None:
        return None
    return LastMove(row["last_move"], row["last_by"], row["last_actor_id"], row["last_at"])
