"""Changes that parties suggest: kept with their sealed words until somebody has dealt with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from services.notifier.domain.matches import Match
from services.notifier.store.tables_of_pages import suggestions
from services.notifier.store.vault import Vault
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would have to change for a party to answer, in its own words."""

    about: str
    text: str
    who: Mapping[str, str]
    contact_id: str | None = None


def add_suggestion(
    connection: Connection,
    vault: Vault,
    match_id: str,
    member_id: str,
    suggestion: Suggestion,
    now: datetime,
) -> str:
    suggestion_id = new_id()
    subject = suggestion.contact_id or f"member:{member_id}"
    text, who = suggestion.text.encode(), json.dumps(dict(suggestion.who)).encode()
    row = {
        "suggestion_id": suggestion_id,
        "match_id": match_id,
        "member_id": member_id,
        "contact_id": suggestion.contact_id,
        "about": suggestion.about,
        "vault_subject": subject,
        "sealed_text": vault.seal(connection, subject, text, now),
        "sealed_who": vault.seal(connection, subject, who, now),
        "made_at": now,
    }
    connection.execute(suggestions.insert().values(**row))
    return suggestion_id


def suggestions_of_match(connection: Connection, match_id: str) -> list[Row[Any]]:
    query = select(suggestions).where(suggestions.c.match_id == match_id)
    order = (suggestions.c.made_at, suggestions.c.suggestion_id)
    return list(connection.execute(query.order_by(*order)))


def open_suggestions(connection: Connection, match_id: str | None = None) -> list[Row[Any]]:
    """Those nobody has dealt with yet, oldest first; of one match or of all."""
    query = select(suggestions).where(suggestions.c.settled_at.is_(None))
    if match_id is not None:
        query = query.where(suggestions.c.match_id == match_id)
    return list(connection.execute(query.order_by(suggestions.c.made_at)))


def still_held(connection: Connection, match: Match) -> bool:
    """Whether it is on hold; not for a suggestion just taken back, of which the matcher will hear
    before it hears of any answer.
    """
    if match.waits_for_change:
        return bool(open_suggestions(connection, match.match_id))
    return match.on_hold


def settle_suggestions(
    connection: Connection, match_id: str, by: str, now: datetime, *, member_id: str | None = None
) -> int:
    """Note that the open ones (of one member) are dealt with; how many there were."""
    where = [suggestions.c.match_id == match_id, suggestions.c.settled_at.is_(None)]
    if member_id is not None:
        where.append(suggestions.c.member_id == member_id)
    values = {"settled_at": now, "settled_by": by}
    return int(connection.execute(update(suggestions).where(*where).values(**values)).rowcount)


def words_of(connection: Connection, vault: Vault, row: Row[Any]) -> tuple[str, dict[str, str]]:
    """The text and who wrote it; empty once the person was erased."""
    text = vault.open(connection, row.vault_subject, row.sealed_text)
    who = vault.open(connection, row.vault_subject, row.sealed_who)
    return (text or b"").decode(), json.loads(who) if who else {}
