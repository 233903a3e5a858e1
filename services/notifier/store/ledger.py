"""The message ledger: plan, claim, advance, cancel. Every move is a compare-and-set."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, update

from services.notifier.domain.messages import (
    CANCELLABLE,
    WAITING,
    Kind,
    Message,
    State,
    check_move,
    dedupe_key,
)
from services.notifier.store.tables import matches, messages
from shared.ids import stable_id
from shared.storage import insert_ignore
from shared.storage.watch import notify

COLUMNS = [messages.c[name] for name in Message.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Plan:
    """An intent to mail one person; planning the same one twice writes nothing."""

    kind: Kind
    member_id: str
    due_at: datetime
    match_id: str | None = None
    listing_id: str | None = None
    contact_id: str | None = None
    attempt: int = 0
    step: int = 0
    correlation_id: str | None = None


def plan_message(connection: Connection, plan: Plan, now: datetime) -> str | None:
    """Write the intent; the message's id, or None when it stands in the ledger already."""
    key = dedupe_key(
        plan.kind, plan.match_id, plan.member_id, plan.contact_id, plan.attempt, plan.step
    )
    message_id = stable_id("message", key)
    row = {
        "message_id": message_id,
        "dedupe_key": key,
        "kind": plan.kind.value,
        "match_id": plan.match_id,
        "member_id": plan.member_id,
        "listing_id": plan.listing_id,
        "contact_id": plan.contact_id,
        "attempt": plan.attempt,
        "step": plan.step,
        "planned_at": now,
        "due_at": plan.due_at,
        "state": State.PLANNED.value,
        "tries": 0,
        "ambiguous_count": 0,
        "correlation_id": plan.correlation_id,
    }
    if not insert_ignore(connection, messages, row) and not _revive(connection, key, plan.due_at):
        return None
    notify(connection)
    return message_id


def _revive(connection: Connection, key: str, due_at: datetime) -> bool:
    """Plan again what was cancelled before anyone can have read it (a yes undone and given anew)."""
    fresh = {"state": State.PLANNED.value, "due_at": due_at, "finished_at": None, "claim": None}
    written = connection.execute(
        update(messages)
        .where(
            messages.c.dedupe_key == key,
            messages.c.state == State.CANCELLED.value,
            messages.c.ambiguous_count == 0,
        )
        .values(**fresh)
    )
    return written.rowcount == 1


def load_message(connection: Connection, message_id: str) -> Message | None:
    row = connection.execute(
        select(*COLUMNS).where(messages.c.message_id == message_id)
    ).one_or_none()
    return None if row is None else message_from(row)


def find_message(connection: Connection, *, token: str | None, mime: str | None) -> Message | None:
    """The message a bounce is about: by return token, else by our Message-ID."""
    for column, value in ((messages.c.return_token, token), (messages.c.mime_id, mime)):
        if value:
            row = connection.execute(select(*COLUMNS).where(column == value)).first()
            if row is not None:
                return message_from(row)
    return None


def last_to_address(connection: Connection, recipient_hash: str) -> Message | None:
    """The newest message to an address, known by its HMAC."""
    query = select(*COLUMNS).where(messages.c.recipient_hash == recipient_hash)
    row = connection.execute(query.order_by(messages.c.planned_at.desc()).limit(1)).first()
    return None if row is None else message_from(row)


def messages_of_match(
    connection: Connection, match_id: str, kinds: Collection[Kind] = ()
) -> list[Message]:
    query = select(*COLUMNS).where(messages.c.match_id == match_id)
    if kinds:
        query = query.where(messages.c.kind.in_([kind.value for kind in kinds]))
    rows = connection.execute(query.order_by(messages.c.planned_at, messages.c.message_id))
    return [message_from(row) for row in rows]


def list_messages(
    connection: Connection, *, states: Collection[State] = (), limit: int = 100
) -> list[Message]:
    """The newest rows of the ledger first."""
    query = select(*COLUMNS).order_by(messages.c.planned_at.desc(), messages.c.message_id)
    if states:
        query = query.where(messages.c.state.in_([state.value for state in states]))
    return [message_from(row) for row in connection.execute(query.limit(limit))]


def next_due(connection: Connection, now: datetime) -> Message | None:
    """The waiting message that is longest overdue; messages of a held match wait with it."""
    query = (
        _waiting()
        .where(messages.c.due_at <= now)
        .order_by(messages.c.due_at, messages.c.message_id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else message_from(row)


def next_due_at(connection: Connection) -> datetime | None:
    query = _waiting().with_only_columns(func.min(messages.c.due_at))
    moment: datetime | None = connection.execute(query).scalar()
    return moment


def _waiting() -> Select[Any]:
    return (
        select(*COLUMNS)
        .select_from(messages.outerjoin(matches, messages.c.match_id == matches.c.match_id))
        .where(
            messages.c.state.in_([state.value for state in WAITING]),
            matches.c.held_at.is_(None),  # true as well for mail about no match
        )
    )


def move(connection: Connection, message: Message, to: State, **values: object) -> bool:
    """Advance a message if it is still in the state and under the claim we saw.

    False means that someone else moved it first: whoever called must leave it alone.
    """
    check_move(message.message_id, message.state, to)
    claim = messages.c.claim
    same_claim = claim.is_(None) if message.claim is None else claim == message.claim
    written = connection.execute(
        update(messages)
        .where(
            messages.c.message_id == message.message_id,
            messages.c.state == message.state.value,
            same_claim,
        )
        .values(state=to.value, **values)
    )
    return written.rowcount == 1


def cancel_unsent(
    connection: Connection,
    now: datetime,
    *,
    match_id: str | None = None,
    member_id: str | None = None,
    kinds: Collection[Kind] = (),
    contact_id: str | None = None,
    before_attempt: int | None = None,
) -> int:
    """Cancel what has not reached the final dot; a claimed one stops at its next step."""
    states = [state.value for state in CANCELLABLE]
    query = update(messages).where(messages.c.state.in_(states))
    if match_id is not None:
        query = query.where(messages.c.match_id == match_id)
    if member_id is not None:
        query = query.where(messages.c.member_id == member_id)
    if contact_id is not None:
        query = query.where(messages.c.contact_id == contact_id)
    if kinds:
        query = query.where(messages.c.kind.in_([kind.value for kind in kinds]))
    if before_attempt is not None:
        query = query.where(messages.c.attempt < before_attempt)
    done = {"state": State.CANCELLED.value, "claim": None, "finished_at": now}
    return connection.execute(query.values(**done)).rowcount


def shift_due(connection: Connection, match_id: str, seconds: float, kinds: Sequence[Kind]) -> None:
    """Move what waits by the time a hold lasted, so that its clock stood still."""
    from_rows = connection.execute(
        select(messages.c.message_id, messages.c.due_at).where(
            messages.c.match_id == match_id,
            messages.c.kind.in_([kind.value for kind in kinds]),
            messages.c.state == State.PLANNED.value,
        )
    ).all()
    for row in from_rows:
        later = row.due_at.timestamp() + seconds
        connection.execute(
            update(messages)
            .where(messages.c.message_id == row.message_id)
            .values(due_at=datetime.fromtimestamp(later, tz=row.due_at.tzinfo))
        )


def abandoned(connection: Connection) -> list[Message]:
    """Rows under a claim: after a restart nobody works on them any more."""
    busy = [State.CLAIMED.value, State.RENDERED.value, State.DOT_WRITTEN.value]
    rows = connection.execute(select(*COLUMNS).where(messages.c.state.in_(busy)))
    return [message_from(row) for row in rows]


def sent_lately(
    connection: Connection, member_id: str, since: datetime, kinds: Collection[Kind]
) -> list[datetime]:
    """When mails that count to the daily cap were accepted for this member."""
    query = select(messages.c.finished_at).where(
        messages.c.member_id == member_id,
        messages.c.state == State.ACCEPTED.value,
        messages.c.kind.in_([kind.value for kind in kinds]),
        messages.c.finished_at > since,
    )
    return [row.finished_at for row in connection.execute(query)]


def needing_someone(connection: Connection) -> list[Message]:
    """Messages a coordinator has to look at: held ones, and those that failed for good."""
    failed = and_(
        messages.c.state.in_([State.FAILED.value, State.SUPPRESSED.value]),
        messages.c.kind.not_in([Kind.CLOSING.value, Kind.DIGEST.value]),
    )
    query = (
        select(*COLUMNS)
        .where(or_(messages.c.state == State.HELD.value, failed))
        .order_by(messages.c.planned_at.desc(), messages.c.message_id)
        .limit(500)
    )
    return [message_from(row) for row in connection.execute(query)]


def sealed_parts(connection: Connection, message_id: str) -> Row[Any, Any, Any, Any, Any]:
    """The encrypted recipient and bytes with whose key opens them."""
    return connection.execute(
        select(
            messages.c.vault_subject,
            messages.c.sealed_recipient,
            messages.c.sealed_bytes,
            messages.c.recipient_hash,
            messages.c.return_token,
        ).where(messages.c.message_id == message_id)
    ).one()


def forget_bytes(connection: Connection, message_ids: Sequence[str]) -> None:
    """Erase the stored bytes and addresses; the line in the ledger stays."""
    connection.execute(
        update(messages)
        .where(messages.c.message_id.in_(message_ids))
        .values(sealed_bytes=None, sealed_recipient=None, recipient_hash=None)
    )


def message_from(row: Row[Any]) -> Message:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Message(**{**values, "kind": Kind(values["kind"]), "state": State(values["state"])})
