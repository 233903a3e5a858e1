"""How long the registry keeps what it need not keep for ever. Decision 0241 says why so long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from services.registry.erase import ErasureList, erase_subject
from services.registry.store import tables
from services.registry.store.contacts import load_contacts
from services.registry.store.imports import RUNNING, WAITING
from services.registry.vault import Vault
from shared.clock import Clock
from shared.storage import Database, unit_of_work
from shared.storage.retention import STANDARD, Kept, Rule

_BATCH_CONTACTS = 50
_imports, _changes, _findings = tables.imports, tables.import_changes, tables.import_findings


def _requested_at(import_id: ColumnElement[str]) -> ColumnElement[datetime]:
    """When the import of a row was asked for."""
    query = select(_imports.c.requested_at).where(_imports.c.id == import_id)
    return query.scalar_subquery()


RULES = (
    *STANDARD,
    Rule(
        "uploaded files and their rows to correct",
        _imports,
        _imports.c.requested_at,
        7,
        "to correct the rows that were not taken",
        only=_imports.c.state.not_in((WAITING, RUNNING)),
        empties=(_imports.c.body, _imports.c.faulty),
    ),
    Rule(
        "what an import changed",
        _changes,
        _requested_at(_changes.c.import_id),
        30,
        "to undo an import",
    ),
    Rule(
        "what was said about an import",
        _findings,
        _requested_at(_findings.c.import_id),
        365,
        "to answer what became of a line",
    ),
    Rule(
        "API keys that have run out",
        tables.api_keys,
        tables.api_keys.c.expires_at,
        365,
        "to recognise a key in the audit log",
    ),
)


@dataclass(frozen=True)
class ContactsOfWithdrawn:
    """People of members that left long ago: nobody will write to them again, so they are erased."""

    vault: Vault
    listed: ErasureList
    clock: Clock
    name: str = "contacts of members that withdrew"
    days: float = 730
    why: str = "to answer for introductions that were made, and to take a member back that returns"
    deed: str = "erases"

    def count(self, connection: Connection, now: datetime) -> int:
        due = select(func.count()).select_from(self._due(now).subquery())
        return int(connection.execute(due).scalar_one())

    def apply(self, database: Database, now: datetime) -> int:
        done = 0
        while True:
            with unit_of_work(
                database, source="/registry", clock=self.clock, actor="retention"
            ) as work:
                query = self._due(now).limit(_BATCH_CONTACTS)
                ids = list(work.connection.execute(query).scalars())
                held = load_contacts(work.connection, self.vault, ids, lock=True)
                erase_subject(work, self.vault, list(held.values()), self.listed)
            done += len(held)
            if len(ids) < _BATCH_CONTACTS:
                return done

    def _due(self, now: datetime) -> Select[Any]:
        members, contacts = tables.members, tables.contacts
        return (
            select(contacts.c.id)
            .join(members, members.c.id == contacts.c.member_id)
            .where(
                members.c.status == "withdrawn",
                members.c.changed_at < now - timedelta(days=self.days),
            )
            .order_by(contacts.c.id)
        )


def rules(vault: Vault, listed: ErasureList, clock: Clock) -> tuple[Kept, ...]:
    return (*RULES, ContactsOfWithdrawn(vault, listed, clock))
