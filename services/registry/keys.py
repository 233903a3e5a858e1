"""API keys: made once, shown once, kept as a hash; two may be live so that one can replace the other."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from services.registry.domain.errors import Invalid, InvalidMove, NotFound, Problem
from services.registry.found import find_member, shown
from services.registry.store import tables
from shared.storage import Work

KeyKind = Literal["member", "coordinator", "admin"]
KEY_KINDS: tuple[KeyKind, ...] = ("member", "coordinator", "admin")
SCOPES = ("read", "write")
PREFIX = "cvk_"
LIVE_KEYS = 2
LABEL_CHARACTERS = 200
_ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is known here: everything but the secret."""

    id: str
    kind: KeyKind
    member_id: str | None
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


def create_key(
    work: Work,
    kind: KeyKind,
    member_id: str | None,
    *,
    label: str = "",
    scopes: Sequence[str] = SCOPES,
    days: int = 365,
) -> tuple[ApiKey, str]:
    """The new key and its text, which is shown this once.

    Raises Invalid when the member is missing or has two live keys already.
    """
    _check_owner(work, kind, member_id)
    if len(label) > LABEL_CHARACTERS:
        message = f"has {len(label)} characters; shorten it to {LABEL_CHARACTERS} or fewer"
        raise Invalid(f"label: {message}", [Problem("label", label, message)])
    live = [key for key in list_keys(work.connection, member_id) if key.is_live(work.now)]
    if member_id is not None and len(live) >= LIVE_KEYS:
        raise Invalid(
            f"member {shown(member_id)} has {len(live)} live keys already; "
            f"revoke one of {', '.join(key.id for key in live)} first",
            [Problem("member", member_id, "has two live keys already")],
        )
    key_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    expires = work.now + timedelta(days=days)
    key = ApiKey(key_id, kind, member_id, label, tuple(scopes), work.now, expires, None)
    row = {
        "id": key.id,
        "kind": kind,
        "member_id": member_id,
        "label": label,
        "secret_hash": _hash(secret),
        "scopes": list(scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }
    work.connection.execute(insert(tables.api_keys).values(**row))
    work.audit("key.created", key.id, {"kind": kind, "member_id": member_id})
    return key, f"{PREFIX}{key.id}_{secret}"


def verify_key(connection: Connection, text: str, now: datetime) -> ApiKey | None:
    """The live key that this text is, or None. Takes as long for a wrong secret as for a right one."""
    key_id, _, secret = text.removeprefix(PREFIX).partition("_")
    table = tables.api_keys
    row = connection.execute(select(table).where(table.c.id == key_id)).first()
    expected = row.secret_hash if row is not None else _hash("")
    matches = hmac.compare_digest(expected, _hash(secret))
    if row is None or not matches:
        return None
    key = _key_of(row)
    return key if key.is_live(now) else None


def revoke_key(work: Work, key_id: str) -> None:
    """The key is refused from this moment on; raises NotFound, or InvalidMove when it was already."""
    table = tables.api_keys
    row = work.connection.execute(select(table).where(table.c.id == key_id)).first()
    if row is None:
        raise NotFound(f"No key has the id {shown(key_id)}. See `key list`.")
    if row.revoked_at is not None:
        raise InvalidMove(f"key {key_id} was revoked on {row.revoked_at:%Y-%m-%d} already")
    work.connection.execute(update(table).where(table.c.id == key_id).values(revoked_at=work.now))
    work.audit("key.revoked", key_id)


def list_keys(connection: Connection, member_id: str | None = None) -> list[ApiKey]:
    """Every key, or one member's, oldest first."""
    table = tables.api_keys
    query = select(table).order_by(table.c.created_at, table.c.id)
    if member_id is not None:
        query = query.where(table.c.member_id == member_id)
    return [_key_of(row) for row in connection.execute(query)]


def _check_owner(work: Work, kind: KeyKind, member_id: str | None) -> None:
    if (kind == "member") != (member_id is not None):
        raise Invalid(
            "a member's key needs the member, and no other key has one",
            [Problem("member", member_id, f"does not go with a key for a {kind}")],
        )
    if member_id is not None:
        find_member(work.connection, member_id)


def _key_of(row: Any) -> ApiKey:
    return ApiKey(
        row.id,
        row.kind,
        row.member_id,
        row.label,
        tuple(row.scopes),
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )


def _hash(secret: str) -> str:
    """A plain digest is enough: the secret has 256 bits and cannot be guessed from a list."""
    return hashlib.sha256(secret.encode()).hexdigest()
