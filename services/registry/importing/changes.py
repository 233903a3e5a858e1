"""What an import wrote is kept for a while, so that the whole of it can be undone (decision 0165)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select

from services.registry.domain.contacts import Contact
from services.registry.domain.listings import Listing
from services.registry.domain.members import Member, MemberConflict
from services.registry.importing.batch import Change
from services.registry.store import tables
from services.registry.store.rows import chunks
from services.registry.vault import Vault
from shared.storage import Work, upsert


def keep_changes(work: Work, vault: Vault, import_id: str, changes: Sequence[Change]) -> None:
    """In the transaction that wrote them. Of what is written twice the first "before" counts."""
    known = _known(work, import_id, changes)
    rows = {
        (change.kind, change.after.id): {
            "import_id": import_id,
            "kind": change.kind,
            "subject": change.after.id,
            "version": getattr(change.after, "version", 1),
            "before": known.get((change.kind, change.after.id), _sealed(vault, import_id, change)),
        }
        for change in changes
    }
    key = ["import_id", "kind", "subject"]
    upsert(work.connection, tables.import_changes, list(rows.values()), key)


def changes_of(work: Work, import_id: str) -> Sequence[Row[Any]]:
    table = tables.import_changes
    query = select(table).where(table.c.import_id == import_id)
    return work.connection.execute(query.order_by(table.c.kind, table.c.subject)).all()


def opened(vault: Vault, import_id: str, sealed: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(vault.open_bytes(import_id, sealed))
    return found


def _known(work: Work, import_id: str, changes: Iterable[Change]) -> Mapping[Any, bytes | None]:
    table, found = tables.import_changes, {}
    for ids in chunks(sorted({change.after.id for change in changes})):
        query = select(table.c.kind, table.c.subject, table.c.before).where(
            table.c.import_id == import_id, table.c.subject.in_(ids)
        )
        found.update(
            {(row.kind, row.subject): row.before for row in work.connection.execute(query)}
        )
    return found


def _sealed(vault: Vault, import_id: str, change: Change) -> bytes | None:
    if change.before is None:
        return None
    plain = json.dumps(_plain(change.before), ensure_ascii=False, default=str)
    return vault.seal_bytes(import_id, plain.encode())


def _plain(before: Any) -> dict[str, Any]:
    """What a later undoing puts back: the words, not the times and counters."""
    match before:
        case Listing():
            return {
                "content": dict(before.content),
                "contact_id": before.contact_id,
                "places_typed": dict(before.places_typed),
                "imported": dict(before.imported),
            }
        case Contact():
            return {
                "content": dict(before.content),
                "main": before.main,
                "imported": dict(before.imported),
            }
        case (Member() as member, conflicts):
            return {
                "content": dict(member.content),
                "status": member.status,
                "places_typed": dict(member.places_typed),
                "imported": dict(member.imported),
                "conflicts": [_conflict(one) for one in conflicts],
            }
    raise TypeError(f"an import wrote a {type(before).__name__}, which cannot be put back")


def _conflict(one: MemberConflict) -> dict[str, Any]:
    return {**asdict(one), "until": one.until.isoformat() if one.until else None}
