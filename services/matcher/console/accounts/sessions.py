"""Who is signed in: a random token in the cookie, its hash and its times in the database.

A session ends after 30 minutes without a request, after 12 hours in any case, at sign-out, and
when the password changes or the account is closed. Signing in always makes a new one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request
from sqlalchemy import insert, select, update

from services.matcher.console.accounts.coordinators import (
    Coordinator,
    by_id,
    find_by_email,
    keep_hash,
)
from services.matcher.console.accounts.passwords import (
    hash_password,
    needs_rehash,
    verify_password,
)
from services.matcher.console.tables import sessions
from shared.clock import Clock
from shared.storage import Database, Work, unit_of_work
from shared.web.policy import Authenticator, Principal

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)  # not every page view is worth a write
BY_ITSELF = "/live/"
"""Below here pages ask without anybody having done something: it keeps no session alive."""
_SOURCE = "/matcher"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just begun; `token` is for the cookie and kept nowhere."""

    coordinator: Coordinator
    token: str


def sign_in(work: Work, email: str, password: str) -> SignedIn | None:
    """None for an unknown address, a wrong password and a closed account alike."""
    found = find_by_email(work.connection, email)
    known_hash = found[1] if found else None
    if not verify_password(known_hash, password) or found is None:
        return None
    coordinator, password_hash = found
    if coordinator.disabled_at is not None:
        return None
    if needs_rehash(password_hash):
        keep_hash(work, coordinator.coordinator_id, hash_password(password))
    token = secrets.token_urlsafe(32)
    work.connection.execute(
        insert(sessions).values(
            token_hash=_hash(token),
            coordinator_id=coordinator.coordinator_id,
            started_at=work.now,
            seen_at=work.now,
            ended_at=None,
        )
    )
    work.actor = coordinator.coordinator_id
    work.audit("coordinator.sign_in", coordinator.coordinator_id)
    return SignedIn(coordinator, token)


def sign_out(work: Work, token: str) -> None:
    work.connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == _hash(token), sessions.c.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def coordinator_authenticator(database: Database, clock: Clock, cookie: str) -> Authenticator:
    """Accepts the console's cookie of a session that lives; anything else is nobody."""

    def authenticate(request: Request) -> Principal | None:
        token = request.cookies.get(cookie, "")
        if not token:
            return None
        by_itself = request.path.startswith(BY_ITSELF)
        found = _living(database, clock.now(), token, note=not by_itself)
        if found is None:
            return None
        return Principal("coordinator", found.coordinator_id, scopes=found.scopes, ambient=True)

    return authenticate


def _living(database: Database, now: datetime, token: str, *, note: bool) -> Coordinator | None:
    hashed = _hash(token)
    with database.read() as connection:
        query = select(sessions).where(
            sessions.c.token_hash == hashed,
            sessions.c.ended_at.is_(None),
            sessions.c.seen_at > now - IDLE,
            sessions.c.started_at > now - LONGEST,
        )
        row = connection.execute(query).first()
        coordinator = by_id(connection, row.coordinator_id) if row else None
    if row is None or coordinator is None or coordinator.disabled_at is not None:
        return None
    if note and row.seen_at < now - _SEEN_EVERY:
        with database.write() as connection:
            statement = update(sessions).where(sessions.c.token_hash == hashed)
            connection.execute(statement.values(seen_at=now))
    return coordinator


def forget_old_sessions(database: Database, clock: Clock) -> None:
    """Rows of sessions that cannot live any more; called when somebody signs in."""
    with unit_of_work(database, source=_SOURCE, clock=clock) as work:
        old = sessions.c.started_at < work.now - timedelta(days=30)
        work.connection.execute(sessions.delete().where(old))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
