"""What became of a member's other matches, in counts: whom one is about to write to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from services.matcher.domain.matches import Match
from services.matcher.domain.states import BEFORE_INTRODUCTION, State
from services.matcher.store import tables as t

_UNDER_WAY = frozenset(one.value for one in BEFORE_INTRODUCTION)
_CAME_TO_SOMETHING = frozenset({State.ACTIVE.value, State.COMPLETED.value})


@dataclass(slots=True)
class Record:
    """Counts of matches other than the one that is looked at."""

    member_id: str
    name: str
    under_way: int = 0
    yes: int = 0
    not_yes: int = 0
    silent: int = 0
    introduced: int = 0
    came_to_something: int = 0

    @property
    def is_new(self) -> bool:
        return not (self.under_way or self.yes or self.not_yes or self.silent or self.introduced)


def records_of(connection: Connection, match: Match) -> list[Record]:
    """One for each member of the match, in one question to the database."""
    found = {one.member_id: Record(one.member_id, one.name) for one in match.parties}
    for member_id, state, answer, introduced, number in _counts(connection, match, list(found)):
        record = found[member_id]
        record.under_way += number * (state in _UNDER_WAY)
        record.yes += number * (answer == "yes")
        record.not_yes += number * (answer in ("no", "not_now"))
        record.silent += number * (state == State.LAPSED.value and answer is None)
        record.introduced += number * introduced
        record.came_to_something += number * (state in _CAME_TO_SOMETHING)
    return list(found.values())


def _counts(
    connection: Connection, match: Match, member_ids: Sequence[str]
) -> Iterator[tuple[str, str, str | None, bool, int]]:
    parties, matches = t.parties, t.matches
    introduced = matches.c.introduced_at.is_not(None)
    columns = (parties.c.member_id, matches.c.state, parties.c.answer, introduced)
    query = (
        select(*columns, func.count(matches.c.match_id.distinct()))
        .join(matches, matches.c.match_id == parties.c.match_id)
        .where(parties.c.member_id.in_(member_ids), matches.c.match_id != match.match_id)
        .group_by(*columns)
    )
    for row in connection.execute(query):
        yield row[0], row[1], row[2], bool(row[3]), row[4]
