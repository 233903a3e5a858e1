"""Matches as last told, the answers given about them, and the exchange of contacts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from services.notifier.domain.answers import Answer
from services.notifier.domain.matches import Match, match_from
from services.notifier.store.tables import answers, exchanges, matches, outcomes, passes
from services.notifier.store.vault import Vault
from shared.storage import insert_ignore, upsert

_ANSWER_COLUMNS = [answers.c[name] for name in Answer.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class StoredMatch:
    match: Match
    correlation_id: str
    held_at: datetime | None


@dataclass(frozen=True, slots=True)
class Personal:
    """What a person said about an answer: sealed, and read only by coordinators."""

    note: str = ""
    who: Mapping[str, str] | None = None


def save_match(
    connection: Connection,
    match: Match,
    correlation_id: str,
    held_at: datetime | None,
    now: datetime,
) -> None:
    row = {
        "match_id": match.match_id,
        "revision": match.revision,
        "state": match.state,
        "attempt": match.attempt,
        "data": dict(match.data),
        "correlation_id": correlation_id,
        "held_at": held_at,
        "updated_at": now,
    }
    upsert(connection, matches, row, key=("match_id",))


def load_match(connection: Connection, match_id: str, *, lock: bool = False) -> StoredMatch | None:
    """The match; `lock` makes every other writer of its answers wait for this transaction."""
    query = select(matches.c.data, matches.c.correlation_id, matches.c.held_at).where(
        matches.c.match_id == match_id
    )
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return StoredMatch(match_from(row.data), row.correlation_id, row.held_at)


def matches_of_member(connection: Connection, member_id: str) -> list[Match]:
    rows = connection.execute(select(matches.c.data))
    found = (match_from(row.data) for row in rows)
    return [match for match in found if match.party(member_id) is not None]


def add_answer(
    connection: Connection,
    vault: Vault,
    answer: Answer,
    text_shown: Mapping[str, Any],
    personal: Personal,
    actor: str | None,
) -> None:
    subject = answer.contact_id or f"member:{answer.member_id}"
    note = personal.note.encode() if personal.note else None
    who = json.dumps(dict(personal.who)).encode() if personal.who else None
    sealed = [
        vault.seal(connection, subject, words, answer.given_at) if words else None
        for words in (note, who)
    ]
    connection.execute(
        answers.insert().values(
            answer_id=answer.answer_id,
            match_id=answer.match_id,
            member_id=answer.member_id,
            listing_id=answer.listing_id,
            contact_id=answer.contact_id,
            attempt=answer.attempt,
            answer=answer.answer,
            reason_code=answer.reason_code,
            until=answer.until.isoformat() if answer.until else None,
            recorded_by=answer.recorded_by,
            actor=actor,
            given_at=answer.given_at,
            text_hash=answer.text_hash,
            text_shown=dict(text_shown),
            vault_subject=subject,
            sealed_note=sealed[0],
            sealed_who=sealed[1],
        )
    )


def answers_of_match(connection: Connection, match_id: str) -> list[Answer]:
    """All answers in the order they were given, undone ones included."""
    query = (
        select(*_ANSWER_COLUMNS)
        .where(answers.c.match_id == match_id)
        .order_by(answers.c.given_at, answers.c.answer_id)
    )
    return [_answer(row) for row in connection.execute(query)]


def personal_of_answer(connection: Connection, vault: Vault, answer_id: str) -> Personal:
    """Note and name of an answer; empty when there were none or the person was erased."""
    row = connection.execute(
        select(answers.c.vault_subject, answers.c.sealed_note, answers.c.sealed_who).where(
            answers.c.answer_id == answer_id
        )
    ).one()
    note = vault.open(connection, row.vault_subject, row.sealed_note)
    who = vault.open(connection, row.vault_subject, row.sealed_who)
    return Personal((note or b"").decode(), json.loads(who) if who else None)


def undo(connection: Connection, answer_id: str, now: datetime) -> None:
    connection.execute(
        update(answers).where(answers.c.answer_id == answer_id).values(undone_at=now)
    )


def mark_exchanged(
    connection: Connection, match_id: str, answer_ids: list[str], now: datetime
) -> None:
    connection.execute(
        update(answers)
        .where(answers.c.match_id == match_id, answers.c.answer_id.in_(answer_ids))
        .values(exchanged_at=now)
    )


def await_exchange(connection: Connection, match_id: str, due_at: datetime) -> None:
    """Note that the match is agreed; an exchange that has happened stays as it is."""
    row = {
        "match_id": match_id,
        "state": "waiting",
        "due_at": due_at,
        "tries": 0,
        "reason": None,
        "member_ids": [],
    }
    if not insert_ignore(connection, exchanges, row):
        connection.execute(
            update(exchanges)
            .where(
                exchanges.c.match_id == match_id,
                exchanges.c.state.in_(["waiting", "refused", "cancelled"]),
            )
            .values(state="waiting", due_at=due_at, tries=0, reason=None)
        )


def load_exchange(connection: Connection, match_id: str) -> Row[Any] | None:
    query = select(exchanges).where(exchanges.c.match_id == match_id)
    return connection.execute(query).one_or_none()


def due_exchanges(connection: Connection, now: datetime) -> list[str]:
    """Those whose time has come; and those put off by a clock that ran far ahead for a while, or
    they would wait for the day it had shown. Being asked too early does no harm.
    """
    unbelievable = now + timedelta(days=1)
    is_due = (exchanges.c.due_at <= now) | (exchanges.c.due_at > unbelievable)
    query = (
        select(exchanges.c.match_id)
        .where(exchanges.c.state == "waiting", is_due)
        .order_by(exchanges.c.due_at, exchanges.c.match_id)
        .limit(20)
    )
    return [row.match_id for row in connection.execute(query)]


def set_exchange(connection: Connection, match_id: str, *, was: str, **values: object) -> bool:
    """Compare-and-set on the exchange's state."""
    written = connection.execute(
        update(exchanges)
        .where(exchanges.c.match_id == match_id, exchanges.c.state == was)
        .values(**values)
    )
    return written.rowcount == 1


def refused_exchanges(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(exchanges).where(exchanges.c.state == "refused")))


def add_pass(
    connection: Connection, match_id: str, member_id: str, from_id: str, to_id: str, now: datetime
) -> bool:
    """Note that one contact passed the question to another; False if they did so before."""
    row = {
        "match_id": match_id,
        "member_id": member_id,
        "from_contact_id": from_id,
        "to_contact_id": to_id,
        "at": now,
    }
    return insert_ignore(connection, passes, row) == 1


def passes_of_party(connection: Connection, match_id: str, member_id: str) -> list[Row[Any]]:
    query = select(passes).where(passes.c.match_id == match_id, passes.c.member_id == member_id)
    return list(connection.execute(query))


def outcomes_of_match(connection: Connection, match_id: str) -> list[Row[Any]]:
    query = select(outcomes).where(outcomes.c.match_id == match_id)
    return list(connection.execute(query.order_by(outcomes.c.reported_at)))


def _answer(row: Row[Any]) -> Answer:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["until"] = date.fromisoformat(values["until"]) if values["until"] else None
    return Answer(**values)
