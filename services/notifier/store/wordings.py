"""The words a coalition chose for its emails, version by version."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from services.notifier.domain.errors import InvalidMove
from services.notifier.mail.wording import WORDED, Wording
from services.notifier.store.tables import wordings
from shared.storage import Work, insert_ignore


@dataclass(frozen=True, slots=True)
class Chosen:
    """Version 0 are the words the email came with."""

    wording: Wording
    version: int = 0
    actor: str | None = None
    made_at: datetime | None = None


def wording_of(connection: Connection, key: str) -> Chosen:
    """The words of this email that count now."""
    found = versions_of(connection, key, limit=1)
    return found[0] if found else Chosen(WORDED[key].wording)


def versions_of(connection: Connection, key: str, *, limit: int = 20) -> list[Chosen]:
    """What was chosen for this email, the newest first."""
    query = select(wordings).where(wordings.c.key == key)
    rows = connection.execute(query.order_by(wordings.c.version.desc()).limit(limit))
    return [_chosen(row) for row in rows]


def choose_wording(
    work: Work, key: str, wording: Wording, *, before: int, actor: str | None
) -> Chosen:
    """Keep a new version after version `before`; `InvalidMove` when there is one already."""
    row = {
        "key": key,
        "version": before + 1,
        "opening": wording.opening,
        "closing": wording.closing,
        "sign_off": wording.sign_off,
        "actor": actor,
        "made_at": work.now,
    }
    if not insert_ignore(work.connection, wordings, row):
        raise InvalidMove(f"wording of {key}", f"version {before}", "a version that exists")
    work.audit("wording.chosen", key, {"version": before + 1})
    return Chosen(wording, before + 1, actor, work.now)


def _chosen(row: Row[tuple[object, ...]]) -> Chosen:
    wording = Wording(row.opening, row.closing, row.sign_off)
    return Chosen(wording, row.version, row.actor, row.made_at)
