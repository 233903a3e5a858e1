"""Links with which somebody sets the password of an account: for a new one, and for a lost one.

An administrator makes one and hands it over; it works once, for three days, and a newer one ends
it. Opening it changes nothing: some mail programs open every link.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from services.matcher.console.accounts.coordinators import Coordinator, by_id, set_password
from services.matcher.console.tables import account_links
from shared.storage import Work

LASTS = timedelta(days=3)


def make_link(work: Work, coordinator: Coordinator) -> str:
    """The token of a new link, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    _end(work, coordinator.coordinator_id)
    work.connection.execute(
        insert(account_links).values(
            token_hash=_hash(token),
            coordinator_id=coordinator.coordinator_id,
            made_at=work.now,
            expires_at=work.now + LASTS,
            ended_at=None,
        )
    )
    work.audit("coordinator.link", coordinator.coordinator_id)
    return token


def whose_link(
    connection: Connection, token: str, now: datetime, *, lock: bool = False
) -> Coordinator | None:
    """None for a link that is unknown, used, replaced or too old, and for a closed account."""
    query = select(account_links.c.coordinator_id).where(
        account_links.c.token_hash == _hash(token),
        account_links.c.ended_at.is_(None),
        account_links.c.expires_at > now,
    )
    found = connection.scalar(query.with_for_update() if lock else query)
    coordinator = by_id(connection, found) if found else None
    return None if coordinator is None or coordinator.disabled_at else coordinator


def use_link(work: Work, token: str, password: str) -> Coordinator | None:
    """Set the password and end the link; None as of `whose_link`. Raises `PasswordRefused`."""
    coordinator = whose_link(work.connection, token, work.now, lock=True)
    if coordinator is None:
        return None
    work.actor = coordinator.coordinator_id
    set_password(work, coordinator, password)
    _end(work, coordinator.coordinator_id)
    return coordinator


def _end(work: Work, coordinator_id: str) -> None:
    work.connection.execute(
        update(account_links)
        .where(account_links.c.coordinator_id == coordinator_id, account_links.c.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
