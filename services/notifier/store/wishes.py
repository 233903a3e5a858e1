"""What people wish about their mail, by address and by contact, and the links sent to whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from services.notifier.store.tables import bounces, links, preferences, suppressions, unsubscribes
from shared.ids import stable_id
from shared.storage import insert_ignore, upsert

EVERYTHING = "all"
DIGESTS = ("none", "weekly", "monthly")


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link was sent to and what about; `nonce` is what the signed token names."""

    nonce: str
    purpose: str
    message_id: str
    match_id: str | None
    member_id: str
    contact_id: str | None
    attempt: int
    made_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preference:
    """How a contact wants to be written to. Quiet hours are local times, both or neither."""

    digest: str = "none"
    quiet_from: str | None = None
    quiet_until: str | None = None


def suppress(
    connection: Connection, address_hash: str, scope: str, reason: str, now: datetime
) -> None:
    """Never mail this address again for `scope` (a mail choice, or `all`)."""
    row = {"address_hash": address_hash, "scope": scope, "reason": reason, "since": now}
    insert_ignore(connection, suppressions, row)


def suppressed(connection: Connection, address_hash: str, choice: str | None) -> str | None:
    """Why this address gets no mail of this choice, or None."""
    scopes = [EVERYTHING] if choice is None else [EVERYTHING, choice]
    query = select(suppressions.c.reason).where(
        suppressions.c.address_hash == address_hash, suppressions.c.scope.in_(scopes)
    )
    reason: str | None = connection.execute(query).scalar()
    return reason


def lift(connection: Connection, address_hash: str, reasons: Iterable[str]) -> None:
    """Mail the address again, for example after its owner opted in."""
    connection.execute(
        suppressions.delete().where(
            suppressions.c.address_hash == address_hash,
            suppressions.c.reason.in_(list(reasons)),
        )
    )


def add_unsubscribe(
    connection: Connection, contact_id: str, member_id: str, choice: str, how: str, now: datetime
) -> None:
    row = {
        "contact_id": contact_id,
        "choice": choice,
        "member_id": member_id,
        "how": how,
        "at": now,
    }
    upsert(connection, unsubscribes, row, key=("contact_id", "choice"))


def start_again(
    connection: Connection, contact_id: str, address_hash: str, choices: Iterable[str]
) -> None:
    """Forget that these kinds were unsubscribed; what bounced or was complained of stays."""
    kinds = list(choices)
    connection.execute(
        delete(unsubscribes).where(
            unsubscribes.c.contact_id == contact_id, unsubscribes.c.choice.in_(kinds)
        )
    )
    connection.execute(
        delete(suppressions).where(
            suppressions.c.address_hash == address_hash,
            suppressions.c.scope.in_(kinds),
            suppressions.c.reason == "unsubscribe",
        )
    )


def unsubscribed_choices(connection: Connection, contact_id: str) -> set[str]:
    query = select(unsubscribes.c.choice).where(unsubscribes.c.contact_id == contact_id)
    return {row.choice for row in connection.execute(query)}


def preference_of(connection: Connection, contact_id: str) -> Preference:
    """What the contact chose; who chose nothing gets every email at any hour, and no digest."""
    columns = [preferences.c[name] for name in Preference.__slots__]
    query = select(*columns).where(preferences.c.contact_id == contact_id)
    row = connection.execute(query).one_or_none()
    return Preference() if row is None else Preference(*row)


def save_preference(
    connection: Connection, contact_id: str, member_id: str, wish: Preference, now: datetime
) -> None:
    row = {
        "contact_id": contact_id,
        "member_id": member_id,
        "digest": wish.digest,
        "quiet_from": wish.quiet_from,
        "quiet_until": wish.quiet_until,
        "changed_at": now,
    }
    upsert(connection, preferences, row, key=("contact_id",))


def forget_preferences(
    connection: Connection, *, contact_id: str | None = None, member_id: str | None = None
) -> None:
    """Of a contact, or of every contact of a member, when they are erased."""
    column, value = (
        (preferences.c.contact_id, contact_id)
        if contact_id is not None
        else (preferences.c.member_id, member_id)
    )
    connection.execute(delete(preferences).where(column == value))


def add_bounce(connection: Connection, row: Mapping[str, object]) -> bool:
    """Keep what came back; False when this very report was seen before."""
    return insert_ignore(connection, bounces, row) == 1


def link_for(  # noqa: PLR0913 - the row as it is
    connection: Connection,
    purpose: str,
    *,
    message_id: str,
    match_id: str | None,
    member_id: str,
    contact_id: str | None,
    attempt: int,
    now: datetime,
) -> Link:
    """The link of this message, purpose, match and person, made the first time it is asked for.

    Its nonce is made of these, so that after a restore the link in mail that left before works
    again. That it can be guessed opens nothing: a token counts by its signature.
    """
    nonce = stable_id("link", purpose, message_id, match_id or "", contact_id or "")
    row = connection.execute(select(links).where(links.c.nonce == nonce)).first()
    if row is None:
        link = Link(nonce, purpose, message_id, match_id, member_id, contact_id, attempt, now, None)
        connection.execute(
            links.insert().values(**{name: getattr(link, name) for name in Link.__slots__})
        )
        return link
    return Link(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def load_link(connection: Connection, nonce: str, purpose: str) -> Link | None:
    """The link a token names; None when unknown, withdrawn or made for something else."""
    query = select(links).where(
        links.c.nonce == nonce, links.c.purpose == purpose, links.c.revoked_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Link(**row._mapping)  # noqa: SLF001


def revoke_links(
    connection: Connection, contact_id: str, now: datetime, *, purpose: str | None = None
) -> None:
    """Every link of the person, or those of one purpose, is worth nothing from now on."""
    where = [links.c.contact_id == contact_id, links.c.revoked_at.is_(None)]
    if purpose is not None:
        where.append(links.c.purpose == purpose)
    connection.execute(update(links).where(*where).values(revoked_at=now))
