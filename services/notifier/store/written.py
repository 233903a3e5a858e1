"""What coordinators wrote to members about a match, and what members wrote back: all of it sealed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from services.notifier.mail.own_words import USUAL, OwnWords
from services.notifier.store.tables import own_words, questions
from services.notifier.store.vault import Vault
from shared.storage import insert_ignore

_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Written:
    """The words of one party's approach as they were last saved; version 0 when never."""

    member_id: str
    words: OwnWords
    version: int
    edited_by: str | None
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one party; the words are empty once its people were erased."""

    question_id: str
    match_id: str
    member_id: str
    number: int
    message_id: str
    member: str
    about: str
    text: str
    asked_by: str | None
    asked_at: datetime
    answer: str
    who: Mapping[str, str]
    answered_at: datetime | None
    read_by: str | None
    read_at: datetime | None


def written_for(
    connection: Connection, vault: Vault, match_id: str, member_ids: Iterable[str] = ()
) -> dict[str, Written]:
    """What was ever saved about a match, by member; of `member_ids` there is always an entry."""
    rows = connection.execute(select(own_words).where(own_words.c.match_id == match_id))
    found = {row.member_id: _written(connection, vault, row) for row in rows}
    return {one: Written(one, USUAL, 0, None, None) for one in member_ids} | found


def save_words(
    connection: Connection, vault: Vault, match_id: str, written: Written, now: datetime
) -> bool:
    """False when another version was saved meanwhile; `written.version` is the new one."""
    words = written.words
    plain = json.dumps({"subject": words.subject, "opening": words.opening}).encode()
    sealed = vault.seal(connection, _owner(written.member_id), plain, now)
    values = {
        "version": written.version,
        "sealed_words": sealed,
        "edited_by": written.edited_by,
        "edited_at": now,
    }
    mine = (own_words.c.match_id == match_id, own_words.c.member_id == written.member_id)
    if written.version == 1:
        row = {"match_id": match_id, "member_id": written.member_id, **values}
        return insert_ignore(connection, own_words, row) == 1
    changed = update(own_words).where(*mine, own_words.c.version == written.version - 1)
    return connection.execute(changed.values(**values)).rowcount == 1


def add_question(connection: Connection, vault: Vault, question: Question) -> bool:
    """False when the number is taken already."""
    row = {
        name: getattr(question, name)
        for name in ("question_id", "match_id", "member_id", "number", "message_id", "member")
    }
    sealed = vault.seal(
        connection, _owner(question.member_id), question.text.encode(), question.asked_at
    )
    row |= {
        "about": question.about,
        "sealed_text": sealed,
        "asked_by": question.asked_by,
        "asked_at": question.asked_at,
    }
    return insert_ignore(connection, questions, row) == 1


def last_number(connection: Connection, match_id: str, member_id: str) -> int:
    query = select(func.max(questions.c.number)).where(
        questions.c.match_id == match_id, questions.c.member_id == member_id
    )
    return connection.execute(query).scalar() or 0


def questions_of_match(connection: Connection, vault: Vault, match_id: str) -> list[Question]:
    """Oldest first."""
    query = select(questions).where(questions.c.match_id == match_id)
    return _questions(connection, vault, query.order_by(questions.c.asked_at))


def questions_answered_by(connection: Connection, vault: Vault, contact_id: str) -> list[Question]:
    query = select(questions).where(questions.c.contact_id == contact_id)
    return _questions(connection, vault, query.order_by(questions.c.answered_at))


def unread_answers(connection: Connection, vault: Vault) -> list[Question]:
    """What was answered and no coordinator has marked as read; the longest waiting first."""
    query = select(questions).where(
        questions.c.answered_at.is_not(None), questions.c.read_at.is_(None)
    )
    return _questions(connection, vault, query.order_by(questions.c.answered_at))


def find_question(
    connection: Connection, vault: Vault, *, lock: bool = False, **named: str
) -> Question | None:
    """By `question_id` or by `message_id`."""
    query = select(questions).where(*(questions.c[name] == value for name, value in named.items()))
    found = _questions(connection, vault, query.with_for_update() if lock else query)
    return found[0] if found else None


def keep_answer(
    connection: Connection,
    vault: Vault,
    question: Question,
    *,
    answer: str,
    who: Mapping[str, str],
    contact_id: str | None,
    now: datetime,
) -> None:
    subject = contact_id or _owner(question.member_id)
    _change(
        connection,
        question.question_id,
        contact_id=contact_id,
        vault_subject=subject,
        sealed_answer=vault.seal(connection, subject, answer.encode(), now),
        sealed_who=vault.seal(connection, subject, json.dumps(dict(who)).encode(), now),
        answered_at=now,
    )


def keep_read(connection: Connection, question_id: str, by: str | None, now: datetime) -> None:
    _change(connection, question_id, read_by=by, read_at=now)


def _change(connection: Connection, question_id: str, **values: Any) -> None:
    row = update(questions).where(questions.c.question_id == question_id)
    connection.execute(row.values(**values))


def _owner(member_id: str) -> str:
    return f"member:{member_id}"


def _written(connection: Connection, vault: Vault, row: Row[Any]) -> Written:
    plain = vault.open(connection, _owner(row.member_id), row.sealed_words)
    words = OwnWords(**json.loads(plain)) if plain else USUAL
    return Written(row.member_id, words, row.version, row.edited_by, row.edited_at)


def _questions(connection: Connection, vault: Vault, query: Select[Any]) -> list[Question]:
    rows = connection.execute(query.limit(_MOST_LISTED)).all()
    return [_question(connection, vault, row) for row in rows]


def _question(connection: Connection, vault: Vault, row: Row[Any]) -> Question:
    text = vault.open(connection, _owner(row.member_id), row.sealed_text)
    answer = vault.open(connection, row.vault_subject, row.sealed_answer)
    who = vault.open(connection, row.vault_subject, row.sealed_who)
    plain = {name: value for name, value in row._mapping.items()  # noqa: SLF001 - public in SQLAlchemy
             if name in Question.__dataclass_fields__}  # fmt: skip
    return Question(
        **plain,
        text=(text or b"").decode(),
        answer=(answer or b"").decode(),
        who=json.loads(who) if who else {},
    )
