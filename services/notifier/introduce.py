"""Step 13 of the walk: contacts are exchanged once, after every necessary yes, and never before.

One transaction locks the match, checks that every necessary answer is a yes older than the grace
period, marks the answers exchanged and plans one copy per party. Only messages planned by that
transaction may fetch contacts, so there is one point of truth and no second introduction.
"""

from datetime import timedelta
from typing import Protocol

from services.notifier.domain.answers import (
    Answer,
    blockers_of_exchange,
    current_answers,
    exchanged_members,
)
from services.notifier.domain.messages import COALITION, Kind, State
from services.notifier.domain.schedule import Pace
from services.notifier.notice import note_match
from services.notifier.store.ledger import Plan, messages_of_match, plan_message
from services.notifier.store.records import (
    StoredMatch,
    answers_of_match,
    await_exchange,
    due_exchanges,
    load_exchange,
    load_match,
    mark_exchanged,
    set_exchange,
)
from services.notifier.store.suggestions import open_suggestions
from services.notifier.waiting import Waiter
from shared.clock import Clock
from shared.contracts.envelope import Event, wire_time
from shared.contracts.types import INTRODUCTION_SENT
from shared.observability.logging import get_logger
from shared.storage import Busy, Database, StorageUnavailable, Work, unit_of_work
from shared.web.failures import ServiceUnavailable

SOURCE = "/notifier"
_RETRY_SECONDS = 15.0
_log = get_logger()


class Gate(Protocol):
    """The matcher's last word before contacts pass: hard rules are checked again."""

    def check(self, match_id: str) -> str | None:
        """None when the introduction is allowed, else the rule against it.

        Raises `ServiceUnavailable` when nobody answers; the introduction then waits.
        """
        ...


def await_agreement(pace: Pace, work: Work, event: Event) -> None:
    """Note that a match is agreed; contacts are exchanged when the last yes is old enough."""
    match = note_match(work, event)
    current = current_answers(answers_of_match(work.connection, match.match_id))
    last = max((answer.given_at for answer in current.values()), default=work.now)
    due_at = max(work.now, last + timedelta(seconds=pace.grace_seconds))
    await_exchange(work.connection, match.match_id, due_at)


def exchange_contacts(work: Work, match_id: str, pace: Pace) -> list[str]:
    """The one transaction that lets contacts pass; returns what still stands against it.

    Called any number of times, by any number of processes, it plans one introduction.
    """
    stored = load_match(work.connection, match_id, lock=True)
    exchange = load_exchange(work.connection, match_id)
    if stored is None or exchange is None:
        return ["match is not known here"]
    if exchange.state != "waiting":
        return [f"exchange is {exchange.state}"]
    current = current_answers(answers_of_match(work.connection, match_id))
    blockers = blockers_of_exchange(stored.match, current, work.now, pace.grace_seconds)
    if open_suggestions(work.connection, match_id):
        blockers.append("a suggested change is not dealt with yet")
    if blockers:
        return blockers
    members = exchanged_members(stored.match, current)
    if not set_exchange(
        work.connection,
        match_id,
        was="waiting",
        state="exchanged",
        member_ids=members,
        exchanged_at=work.now,
    ):
        return ["another process was first"]
    ids = [current[member].answer_id for member in members]
    mark_exchanged(work.connection, match_id, ids, work.now)
    _plan_copies(work, stored, members, current)
    work.audit("contacts.exchanged", match_id, {"members": members})
    return []


def _plan_copies(
    work: Work, stored: StoredMatch, members: list[str], current: dict[str, Answer]
) -> None:
    for member in [*members, COALITION]:
        answer = current.get(member)
        plan = Plan(
            kind=Kind.INTRODUCTION,
            match_id=stored.match.match_id,
            member_id=member,
            listing_id=answer.listing_id if answer else None,
            contact_id=answer.contact_id if answer else None,
            due_at=work.now,
            correlation_id=stored.correlation_id,
        )
        plan_message(work.connection, plan, work.now)


def introduction_accepted(work: Work, match_id: str) -> bool:
    """Publish `introduction.sent` once every party's copy has been accepted."""
    exchange = load_exchange(work.connection, match_id)
    if exchange is None or exchange.state != "exchanged":
        return False
    copies = messages_of_match(work.connection, match_id, [Kind.INTRODUCTION])
    accepted = {copy.member_id for copy in copies if copy.state is State.ACCEPTED}
    if not accepted.issuperset(exchange.member_ids):
        return False
    set_exchange(work.connection, match_id, was="exchanged", state="sent", sent_at=work.now)
    stored = load_match(work.connection, match_id)
    data = {
        "match_id": match_id,
        "member_ids": list(exchange.member_ids),
        "sent_at": wire_time(work.now),
    }
    correlation_id = stored.correlation_id if stored else None
    work.publish(INTRODUCTION_SENT, match_id, data, correlation_id=correlation_id, follows=True)
    return True


class Exchanger:
    """Task: takes agreed matches whose time has come through the gate and the one transaction."""

    def __init__(self, database: Database, gate: Gate, pace: Pace, clock: Clock) -> None:
        self.name = "exchange contacts"
        self._database = database
        self._gate = gate
        self._pace = pace
        self._clock = clock
        self._waiter = Waiter(database)

    def step(self, timeout_seconds: float = 0.0) -> bool:
        try:
            with self._database.read() as connection:
                due = due_exchanges(connection, self._clock.now())
            decided = [match_id for match_id in due if self._decide(match_id)]
        except (Busy, StorageUnavailable) as error:
            _log.warning("exchange_waits_for_database", kind=type(error).__name__)
            decided = []
        if not decided:
            self._waiter.wait(timeout_seconds)
        return bool(decided)

    def close(self) -> None:
        self._waiter.close()

    def _decide(self, match_id: str) -> bool:
        try:
            rule = self._gate.check(match_id)
        except ServiceUnavailable:
            self._put_off(match_id)
            return False
        with unit_of_work(self._database, source=SOURCE, clock=self._clock) as work:
            if rule is not None:
                work.audit("contacts.refused", match_id, {"rule": rule})
                return set_exchange(
                    work.connection, match_id, was="waiting", state="refused", reason=rule
                )
            blockers = exchange_contacts(work, match_id, self._pace)
        if blockers:
            _log.info("exchange_waits", match=match_id, blockers=len(blockers))
            self._put_off(match_id)
        return not blockers

    def _put_off(self, match_id: str) -> None:
        later = self._clock.now() + timedelta(seconds=_RETRY_SECONDS)
        with self._database.write() as connection:
            set_exchange(connection, match_id, was="waiting", due_at=later)
