"""Everything the page of one match shows from the matcher's own database, in one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.console.accounts.coordinators import names_of
from services.matcher.domain.capacity import CAPACITY
from services.matcher.domain.codes import ANSWER, ENDING, HOLD, RULE, VERDICT, ReasonCode
from services.matcher.domain.matches import Match, Party
from services.matcher.domain.states import BEFORE_INTRODUCTION, RUNNING, By, State, moves_from
from services.matcher.proposing.as_scored import capability_of
from services.matcher.proposing.standing import left_of, places_left_of, published_at
from services.matcher.scoring.choosing.consortia import ROLE
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.history import Entry, history_of
from services.matcher.store.learning import Verdict, codes_of_lists, verdicts_of
from services.matcher.store.matches import load_match, matches_of
from services.matcher.store.reservations import counting_of

Row = Mapping[str, Any]
OTHERS = 6


@dataclass(frozen=True, slots=True)
class Left:
    """How much of an offer is left to reserve."""

    capability_id: str
    left: int
    amount: int
    unit: str
    per: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of the score, with where its bar starts and how long it is, in hundredths."""

    feature: str
    text: str
    contribution: float
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class MatchPage:
    match: Match
    history: Sequence[Entry]
    verdicts: Sequence[Verdict]
    names: Mapping[str, str]
    """Coordinators by label or id."""
    members: Mapping[str, Row]
    need: Row | None
    capabilities: Mapping[str, Row]
    left: Sequence[Left]
    places_left: int | None
    partners: int | None
    others: Sequence[Match]
    codes: Mapping[str, Sequence[ReasonCode]]
    moves: frozenset[str]

    @property
    def undo_until(self) -> datetime | None:
        """Until when an approval can be taken back; None when it cannot."""
        match = self.match
        if match.state is State.APPROVED and not match.announced:
            return match.effective_at
        return None

    @property
    def awaited(self) -> tuple[Party, ...]:
        if self.match.state not in (State.APPROVED, State.ASKED, State.UNREACHABLE):
            return ()
        return tuple(one for one in self.match.parties if one.necessary and one.answer is None)

    @property
    def can_record_answers(self) -> bool:
        return self.match.state in (State.ASKED, State.UNREACHABLE) or self.match.announced

    @property
    def can_be_questioned(self) -> bool:
        """Whether a coordinator may still ask the members something about it."""
        return self.before_introduction or self.match.state in RUNNING

    @property
    def before_introduction(self) -> bool:
        return self.match.state in BEFORE_INTRODUCTION

    def who(self, entry_by: str, actor_id: str | None) -> str:
        """A coordinator's or a member's name, where the actor is one of them."""
        if actor_id is None:
            return ""
        if actor_id in self.names:
            return self.names[actor_id]
        member = self.match.party(actor_id)
        return member.name if member and entry_by == By.MEMBER else ""


def load_page(connection: Connection, match_id: str, now: datetime) -> MatchPage:
    """Raises `UnknownMatch`."""
    match = load_match(connection, match_id)
    history = history_of(connection, match_id)
    verdicts = verdicts_of(connection, match_id)
    actors = {entry.actor_id for entry in history} | {one.coordinator_id for one in verdicts}
    if match.hold:
        actors.add(match.hold.by)
    capabilities = known.states_of(connection, t.capabilities, match.capability_ids)
    need = known.need_state(connection, match.need_id) if match.need_id else None
    return MatchPage(
        match=match,
        history=history,
        verdicts=verdicts,
        names=names_of(connection, actors),
        members=known.states_of(connection, t.members, [one.member_id for one in match.parties]),
        need=need,
        capabilities=capabilities,
        left=_left(connection, capabilities, now),
        places_left=places_left_of(connection, match.need_id, need["partners"]) if need else None,
        partners=need["partners"] if need else None,
        others=_others(connection, match),
        codes=codes_of_lists(connection, (VERDICT, ANSWER, ENDING, HOLD, RULE)),
        moves=frozenset(moves_from(match.state, By.COORDINATOR)),
    )


def contributions(match: Match) -> list[Contribution]:
    """Bars that add up: each begins where the one before it ended, the last ends at the score."""
    found = []
    total = 0.0
    for reason in match.reasons:
        if reason["feature"] == ROLE:
            continue  # says who does what; moves no score
        part = float(reason["contribution"])
        begin, total = total, total + part
        found.append(
            Contribution(
                feature=str(reason["feature"]),
                text=str(reason["text"]),
                contribution=part,
                start=round(max(0.0, min(begin, total)) * 100, 2),
                length=round(abs(part) * 100, 2),
            )
        )
    return found


def roles(match: Match) -> list[str]:
    """Of a consortium: a sentence for each party, with what nobody brings without it."""
    return [str(one["text"]) for one in match.reasons if one["feature"] == ROLE]


def best_reasons(match: Match, most: int = 2) -> list[str]:
    """The sentences that speak for it most."""
    helping = [one for one in match.reasons if one["contribution"] > 0]
    helping = [one for one in helping if one["feature"] != "baseline"]
    helping.sort(key=lambda one: -one["contribution"])
    return [str(one["text"]) for one in helping[:most]]


def _left(connection: Connection, states: Mapping[str, Row], now: datetime) -> list[Left]:
    held = counting_of(connection, CAPACITY, states)
    found = []
    for one, state in states.items():
        amount = capability_of(state).capacity
        left = left_of(amount, published_at(state), held.get(one, []), now)
        found.append(Left(one, left, amount.amount, amount.unit, amount.per))
    return found


def _others(connection: Connection, match: Match) -> list[Match]:
    """Other matches of the same need, the open ones first, then the latest."""
    if not match.need_id:
        return []
    table = t.matches
    query = (
        select(table)
        .where(table.c.need_id == match.need_id, table.c.match_id != match.match_id)
        .order_by(table.c.open.desc(), table.c.score.desc(), table.c.last_at.desc())
        .limit(OTHERS)
    )
    return matches_of(connection, query)
