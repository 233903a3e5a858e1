"""A person asks on their page to be erased: written down at once, carried out by the worker.

The registry's record goes first, then our words and emails; each step can be repeated, so a crash
in between loses nothing. Where a match that asked this person is still open, the coordinators see
a task and have time to finish it, for a partner may wait for an answer. It is done at the latest
three weeks later, within the month that the law gives.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, or_, select, update

from services.notifier.domain.matches import OPEN_STATES
from services.notifier.domain.messages import Kind
from services.notifier.erase import erase_subject
from services.notifier.parts import Parts
from services.notifier.self_service import Gone, Refused
from services.notifier.store.tables import matches, messages
from services.notifier.store.tables_of_pages import erasures
from shared.observability.logging import get_logger
from shared.storage import Busy, StorageUnavailable, Work, insert_ignore
from shared.web.failures import ServiceUnavailable

LONGEST_WAIT = timedelta(days=21)
EVERY_SECONDS = 5.0
_AT_ONCE = 20
_log = get_logger()


def ask_erasure(work: Work, contact_id: str, member_id: str) -> None:
    """Write the wish down; asking again changes nothing."""
    row = {"contact_id": contact_id, "member_id": member_id, "asked_at": work.now, "done_at": None}
    if insert_ignore(work.connection, erasures, row):
        work.audit("erasure.asked", contact_id)


def erasure_of(connection: Connection, contact_id: str) -> Row[Any] | None:
    query = select(erasures).where(erasures.c.contact_id == contact_id)
    return connection.execute(query).one_or_none()


def waiting_erasures(connection: Connection) -> list[Row[Any]]:
    """Those that an open match keeps waiting, oldest first."""
    query = _not_done().where(_asked_in_an_open_match())
    return list(connection.execute(query))


class Erasures:
    """`run(now)` is the function of a `Periodic` task: True while there may be more to do."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self, now: datetime) -> bool:
        overdue = erasures.c.asked_at <= now - LONGEST_WAIT
        query = _not_done().where(or_(~_asked_in_an_open_match(), overdue)).limit(_AT_ONCE)
        try:
            with self._parts.database.read() as connection:
                due = [row.contact_id for row in connection.execute(query)]
            done = [contact_id for contact_id in due if self._carry_out(contact_id)]
        except (ServiceUnavailable, Busy, StorageUnavailable) as error:
            _log.warning("erasures_wait", kind=type(error).__name__)
            return False
        return len(done) == _AT_ONCE

    def _carry_out(self, contact_id: str) -> bool:
        """False where the registry does not take it: that one is tried again, others go on."""
        try:
            digest = self._digest(contact_id)
            self._parts.self_service.erase(contact_id)
        except Refused as refused:
            _log.warning("erasure_refused", contact=contact_id, status=refused.status)
            return False
        with self._parts.work() as work:
            known = digest or _last_digest(work.connection, contact_id)
            self._parts.erased.add(contact_id, known, work.now)
            erased = erase_subject(work, self._parts.vault, contact_id, known)
            self._parts.forget_mail(erased)
            mine = erasures.c.contact_id == contact_id
            work.connection.execute(update(erasures).where(mine).values(done_at=work.now))
        return True

    def _digest(self, contact_id: str) -> str | None:
        """Of the address as the registry has it; None when it is erased there already."""
        try:
            contact, _ = self._parts.self_service.contact(contact_id)
        except Gone:
            return None
        return self._parts.hash_of(str(contact["email"]))


def _not_done() -> Select[Any]:
    return select(erasures).where(erasures.c.done_at.is_(None)).order_by(erasures.c.asked_at)


def _asked_in_an_open_match() -> Any:
    return exists().where(
        messages.c.contact_id == erasures.c.contact_id,
        messages.c.kind == Kind.APPROACH.value,
        matches.c.match_id == messages.c.match_id,
        matches.c.state.in_(sorted(OPEN_STATES)),
    )


def _last_digest(connection: Connection, contact_id: str) -> str | None:
    """Of the address we wrote to last, so that it stays suppressed whatever was lost meanwhile."""
    query = select(messages.c.recipient_hash).where(
        messages.c.contact_id == contact_id, messages.c.recipient_hash.is_not(None)
    )
    digest: str | None = connection.execute(
        query.order_by(messages.c.planned_at.desc()).limit(1)
    ).scalar()
    return digest
