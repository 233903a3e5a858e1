"""A partnership made elsewhere is put on record; no introduction is sent for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from services.registry.domain.errors import Problem, invalid
from services.registry.found import shown
from services.registry.store import tables
from services.registry.store.listings import load_listings
from services.registry.store.members import load_members
from shared.contracts import types
from shared.ids import stable_id
from shared.storage import Work, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Partnership:
    """Who works together since when, on which need or on what (`text`)."""

    need_id: str | None
    text: str | None
    member_ids: tuple[str, ...]
    state: str
    since: date
    goals: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """The same partnership told twice has the same id, whatever became of its state."""
        about = self.need_id or " ".join((self.text or "").casefold().split())
        return stable_id(
            "partnership", about, *sorted(set(self.member_ids)), self.since.isoformat()
        )


def record_partnership(work: Work, partnership: Partnership) -> bool:
    """Put it on record; False when it was there already, just so."""
    problems = partnership_problems(work, partnership)
    if problems:
        raise invalid(problems)
    table = tables.partnerships
    row = {
        "id": partnership.id,
        "need_id": partnership.need_id,
        "text": partnership.text,
        "member_ids": list(partnership.member_ids),
        "state": partnership.state,
        "since": partnership.since,
        "goals": list(partnership.goals),
    }
    held = work.connection.execute(select(table).where(table.c.id == partnership.id)).first()
    if held is not None and all(held._mapping[name] == value for name, value in row.items()):  # noqa: SLF001
        return False
    upsert(work.connection, table, {**row, "recorded_at": work.now}, key=["id"])
    tell_partnership(work, partnership)
    work.audit("partnership.recorded", partnership.id)
    return True


def tell_partnership(work: Work, partnership: Partnership) -> None:
    work.publish(types.PARTNERSHIP_RECORDED, partnership.id, _state(partnership))


def find_partnership(connection: Connection, partnership_id: str) -> Partnership | None:
    table = tables.partnerships
    row = connection.execute(select(table).where(table.c.id == partnership_id)).one_or_none()
    if row is None:
        return None
    return Partnership(
        need_id=row.need_id,
        text=row.text,
        member_ids=tuple(row.member_ids),
        state=row.state,
        since=row.since,
        goals=tuple(row.goals),
    )


def partnership_problems(work: Work, partnership: Partnership) -> list[Problem]:
    ids = partnership.member_ids
    problems = []
    if len(set(ids)) < 2:
        problems.append(Problem("members", list(ids), "must name at least two different members"))
    known = load_members(work.connection, ids)
    problems += [
        Problem("members", member_id, f"{shown(member_id)} is not the id of a member")
        for member_id in ids
        if member_id not in known
    ]
    problems += _need_problems(work, partnership.need_id)
    if partnership.need_id is None and not partnership.text:
        problems.append(Problem("need", None, "name the need, or say in text what it is about"))
    if partnership.since > work.now.date():
        message = "is in the future; give the day it began"
        problems.append(Problem("since", partnership.since.isoformat(), message))
    return problems


def _need_problems(work: Work, need_id: str | None) -> Sequence[Problem]:
    if need_id is None or load_listings(work.connection, "need", [need_id]):
        return []
    return [Problem("need", need_id, "is not the id of a need; give it as text instead")]


def _state(partnership: Partnership) -> Mapping[str, Any]:
    return {
        "partnership_id": partnership.id,
        "need_id": partnership.need_id,
        "text": partnership.text,
        "member_ids": list(partnership.member_ids),
        "state": partnership.state,
        "since": partnership.since.isoformat(),
        "goals": list(partnership.goals),
    }
