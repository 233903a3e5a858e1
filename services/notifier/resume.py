"""After a restore nothing is sent until an operator says so, and then nothing a second time.

Message ids are made of what a message is about, so they come out the same in the life after the
restore. What the list of sent mail or the bus knows as sent goes through every step but the wire:
its links and its bytes are made again, and those in the mail that left still work. What may have
been sent is held for a person.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from services.notifier.domain.messages import WAITING, State
from services.notifier.erased_people import ErasedPeople
from services.notifier.sent_mail import ACCEPTED, DOT, SentMail
from services.notifier.store.stops import (
    SentFate,
    lift_stop,
    mail_stopped_at,
    note_sent_before,
    stop_mail,
)
from services.notifier.store.tables import messages
from services.notifier.store.vault import Vault
from shared.bus.port import Bus
from shared.bus.records import Record
from shared.clock import Clock
from shared.contracts.codec import Malformed, UnknownType, decode
from shared.contracts.topics import CORRESPONDENCE
from shared.contracts.types import MESSAGE_SENT
from shared.messaging.ahead import catch_up
from shared.messaging.retained import read_through
from shared.storage import Database, Work, unit_of_work

SOURCE = "/notifier"
GROUP = "notifier-reconcile"
_DONE = (State.ACCEPTED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What mail would do if it were resumed."""

    stopped_at: datetime | None
    list_is_there: bool
    sent: int
    doubtful: int
    waiting: int

    def sentences(self) -> list[str]:
        if self.stopped_at is None:
            return [f"Mail is not stopped. {self.waiting} email(s) wait for their time."]
        said = [
            f"Mail has been stopped since {self.stopped_at:%Y-%m-%d %H:%M} UTC, after a restore.",
            f"{self.sent} email(s) left after the backup was made and are not sent again.",
            f"{self.doubtful} may have left: each is held in its turn (`messages --state held`).",
            f"{self.waiting} email(s) wait for their time, these included.",
        ]
        if not self.list_is_there:
            said.append(
                "The list of sent mail is missing, so whatever was due before the restore counts "
                "as doubtful unless the bus knows better. Ask the mail server's log."
            )
        return said


def finish_restore(
    database: Database, bus: Bus, clock: Clock, vault: Vault, erased: ErasedPeople
) -> list[str]:
    """What must be done before any process starts; may be repeated."""
    with unit_of_work(database, source=SOURCE, clock=clock, actor="restore") as work:
        if mail_stopped_at(work.connection) is None:
            stop_mail(work.connection, work.now)
        people = erased.erase_again(work, vault)
        work.audit("database.restored", "notifier", {"erased_again": people})
    missing = catch_up(database, bus, clock)
    return [
        f"{people} person(s) erased after the backup were erased again.",
        *(f"{one}; look at the match" for one in missing),
        "No email leaves until `python -m services.notifier mail resume`.",
    ]


def compare(connection: Connection, sent: SentMail, on_bus: set[str]) -> Comparison:
    """Look, and change nothing."""
    return _compared(connection, sent, _fates(connection, sent, on_bus))


def resume_mail(work: Work, sent: SentMail, on_bus: set[str]) -> Comparison:
    """Keep what is known to have left, and let mail go again."""
    fates = _fates(work.connection, sent, on_bus)
    found = _compared(work.connection, sent, fates)
    if found.stopped_at is not None:
        note_sent_before(work.connection, fates, work.now)
        lift_stop(work.connection, work.now)
        work.audit("mail.resumed", "notifier", {"sent": found.sent, "doubtful": found.doubtful})
    return found


def _compared(connection: Connection, sent: SentMail, fates: dict[str, SentFate]) -> Comparison:
    doubtful = sum(fate is SentFate.DOUBTFUL for fate in fates.values())
    return Comparison(
        stopped_at=mail_stopped_at(connection),
        list_is_there=sent.exists,
        sent=len(fates) - doubtful,
        doubtful=doubtful,
        waiting=len(_waiting(connection)),
    )


def _fates(connection: Connection, sent: SentMail, on_bus: set[str]) -> dict[str, SentFate]:
    """Of every message that the ledger does not know as done."""
    listed = sent.fates()
    fates = {name: SentFate.DOUBTFUL for name, fate in listed.items() if fate in (DOT, "ambiguous")}
    stopped_at = mail_stopped_at(connection)
    if not sent.exists and stopped_at is not None:
        due = [name for name, due_at in _waiting(connection).items() if due_at <= stopped_at]
        fates |= dict.fromkeys(due, SentFate.DOUBTFUL)
    accepted = [name for name, fate in listed.items() if fate == ACCEPTED]
    fates |= dict.fromkeys([*accepted, *on_bus], SentFate.SENT)
    done = select(messages.c.message_id).where(messages.c.state.in_([s.value for s in _DONE]))
    for name in connection.execute(done).scalars():
        fates.pop(name, None)
    return fates


def _waiting(connection: Connection) -> dict[str, datetime]:
    states = [state.value for state in WAITING]
    query = select(messages.c.message_id, messages.c.due_at).where(messages.c.state.in_(states))
    return {row.message_id: row.due_at for row in connection.execute(query)}


def sent_on_bus(bus: Bus) -> set[str]:
    """Ids of the messages that were told to be sent; a parked record tells nothing."""
    found: set[str] = set()

    def take(record: Record) -> None:
        try:
            event = decode(record)
        except (UnknownType, Malformed):
            return
        if event.type == MESSAGE_SENT and event.data is not None:
            found.add(str(event.data["message_id"]))

    read_through(bus, [CORRESPONDENCE], GROUP, take)
    return found
