"""What came of it in detail: the measure of the goal, and the words about it, sealed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from services.notifier.store.tables import outcomes
from services.notifier.store.tables_of_pages import outcome_details
from services.notifier.store.vault import Vault
from shared.storage import upsert

PARTS = ("baseline", "activity", "input", "output", "outcome", "evidence")


@dataclass(frozen=True, slots=True)
class Details:
    """From how it was to what has changed, against one measure of the goal."""

    measure: str
    words: Mapping[str, str]


def save_details(
    connection: Connection, vault: Vault, outcome_id: str, details: Details, now: datetime
) -> None:
    """Keep them beside the outcome; told again, the later words stand."""
    query = select(outcomes).where(outcomes.c.outcome_id == outcome_id)
    about = connection.execute(query).one()
    words = json.dumps(dict(details.words)).encode()
    row = {
        "outcome_id": outcome_id,
        "match_id": about.match_id,
        "member_id": about.member_id,
        "contact_id": about.contact_id,
        "measure": details.measure or None,
        "vault_subject": about.vault_subject,
        "sealed_words": vault.seal(connection, about.vault_subject, words, now),
        "told_at": now,
    }
    upsert(connection, outcome_details, row, key=("outcome_id",))


def details_of(
    connection: Connection, vault: Vault, where: ColumnElement[bool]
) -> dict[str, dict[str, Any]]:
    """By outcome: the measure, and the words that can still be read."""
    found = {}
    for row in connection.execute(select(outcome_details).where(where)):
        words = vault.open(connection, row.vault_subject, row.sealed_words)
        said = json.loads(words) if words else {}
        found[row.outcome_id] = {"measure": row.measure or "", **said}
    return found


def details_of_match(
    connection: Connection, vault: Vault, match_id: str
) -> dict[str, dict[str, Any]]:
    return details_of(connection, vault, outcome_details.c.match_id == match_id)
