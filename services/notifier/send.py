"""The mail task: one message at a time from its intent to the server's answer.

claim → fetch the contact → commit the bytes → SMTP up to the dot → commit `dot_written` → the dot
→ accepted. A crash leaves a state that says what may have happened: before `dot_written` nothing
was delivered, in it nobody can know. A lease keeps a second sender idle, and every step is a
compare-and-set under the claim, so one that lost the lease cannot write the dot.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from jinja2 import TemplateError

from services.notifier import figures
from services.notifier.calendar import Calendar, move_along, places_of
from services.notifier.directory import DirectoryRefused
from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import NotifierError
from services.notifier.domain.messages import Kind, Message, State
from services.notifier.fates import Policy, doubt, fail, settle
from services.notifier.gather import Contacts, Gather
from services.notifier.mail.addresses import envelope_sender
from services.notifier.mail.headers import HeaderRefused
from services.notifier.mail.smtp import Delivery, Stage
from services.notifier.prepare import (
    Halt,
    Press,
    Ready,
    choose_contact,
    extra_for,
    make_ready,
    still_wanted,
)
from services.notifier.sent_already import settle_sent_before
from services.notifier.sent_mail import DOT, SentMail
from services.notifier.store.ledger import (
    abandoned,
    load_message,
    move,
    next_due,
)
from services.notifier.store.stops import mail_stopped_at
from services.notifier.waiting import Waiter
from shared import failpoints
from shared.clock import Clock
from shared.ids import new_id
from shared.observability.logging import get_logger
from shared.storage import Busy, Database, Lease, StorageUnavailable, Work, unit_of_work
from shared.web.failures import ServiceUnavailable

SOURCE = "/notifier"
_REGISTRY_WAIT_SECONDS = 5.0
_UNWRITABLE = (NotifierError, HeaderRefused, TemplateError, ValueError, LookupError)
_log = get_logger()

#: (envelope sender, recipient, bytes, before the dot) → what came of it.
Deliver = Callable[[str, str, bytes, Callable[[], None]], Delivery]


class Overtaken(Exception):
    """The message was cancelled or taken over while we spoke to the server; no dot is written."""


@dataclass(frozen=True, slots=True)
class Post:
    """The way out: who writes, who delivers, and by which rules."""

    press: Press
    policy: Policy
    deliver: Deliver
    coalition: Contact
    sent: SentMail


class MailTask:
    """Sends what is due; see the module's text for the order of its steps."""

    def __init__(
        self, database: Database, contacts: Contacts, calendar: Calendar, post: Post, clock: Clock
    ) -> None:
        self.name = "send mail"
        self._database = database
        self._gather = Gather(database, contacts, post.coalition)
        self._calendar = calendar
        self._post = post
        self._clock = clock
        self._lease = Lease(database, "mail")
        self._waiter = Waiter(database)
        self._recovered = False
        self._unsettled: tuple[Message, Delivery] | None = None

    def step(self, timeout_seconds: float = 0.0) -> bool:
        """Send one message; False when nothing is due or another process is sending."""
        try:
            if self._lease.acquire():
                if self._send_next():
                    return True
            else:
                self._recovered = False
        except (Busy, StorageUnavailable) as error:
            # Nothing is lost: what was claimed is found again by its state.
            _log.warning("mail_waits_for_database", kind=type(error).__name__)
            self._recovered = False
        self._waiter.wait(timeout_seconds)
        return False

    def _send_next(self) -> bool:
        self._settle()
        if not self._recovered:
            self._recover()
        message = self._claim()
        if message is not None:
            self._send(message)
        return message is not None

    def close(self) -> None:
        self._waiter.close()
        self._lease.release()

    def _work(self) -> AbstractContextManager[Work]:
        return unit_of_work(self._database, source=SOURCE, clock=self._clock)

    def _recover(self) -> None:
        """What an earlier sender left behind: safe to try again, except after the dot."""
        with self._work() as work:
            for message in abandoned(work.connection):
                _log.info("mail_recovered", message=message.message_id, state=message.state.value)
                if message.state is State.DOT_WRITTEN:
                    doubt(work, message, self._post.policy)
                else:
                    move(work.connection, message, State.RETRY_LATER, claim=None, due_at=work.now)
            failpoints.reach("mail.recovering")
        failpoints.reach("mail.recovered")
        self._recovered = True

    def _claim(self) -> Message | None:
        with self._database.read() as connection:
            if mail_stopped_at(connection) or next_due(connection, self._clock.now()) is None:
                return None
        claim = new_id()
        with self._work() as work:
            message = next_due(work.connection, work.now)
            if message is None or not move(work.connection, message, State.CLAIMED, claim=claim):
                return None
            failpoints.reach("mail.claiming")
        failpoints.reach("mail.claimed")
        return replace(message, state=State.CLAIMED, claim=claim)

    def _send(self, message: Message) -> None:
        try:
            ready = self._prepare(message)
        except ServiceUnavailable:
            figures.registry_waits.inc()
            self._halt(message, Halt(State.RETRY_LATER, due_at=self._later()))
            return
        except DirectoryRefused as refusal:
            _log.warning("contact_refused", message=message.message_id, detail=str(refusal))
            self._halt(message, Halt(State.FAILED, "no_contact"))
            return
        except _UNWRITABLE as error:
            _log.warning("mail_unwritable", message=message.message_id, kind=type(error).__name__)
            self._halt(message, Halt(State.FAILED, "refused"))
            return
        if isinstance(ready, Halt):
            self._halt(message, ready)
            return
        self._deliver(message, ready)

    def _prepare(self, message: Message) -> Ready | Halt:
        """Everything up to the committed bytes; contacts are fetched outside any transaction."""
        with self._work() as work:
            halt = still_wanted(work, message)
            if halt is not None:
                return halt
            places = places_of(work, message)
            failpoints.reach("mail.looking")
        failpoints.reach("mail.wanted")
        wake = self._calendar.waits_until(message, places)
        if wake is not None:
            with self._work() as work:
                move_along(work, message, wake)
                failpoints.reach("mail.moving")
            failpoints.reach("mail.moved")
            return Halt(State.PLANNED, due_at=wake.at)
        gathered = self._gather.fetch(message)
        if isinstance(gathered, Halt):
            return gathered
        return self._commit_bytes(message, *gathered)

    def _commit_bytes(
        self, message: Message, people: list[Contact], extra: dict[str, Any]
    ) -> Ready | Halt:
        with self._work() as work:
            halt = still_wanted(work, message)
            if halt is not None:
                return halt
            if message.kind is not Kind.INTRODUCTION:
                chosen = choose_contact(work, message, people)
                if isinstance(chosen, Halt):
                    return chosen
                people = [chosen]
            if not people:
                return Halt(State.FAILED, "no_contact")
            extra |= extra_for(work, self._post.press.vault, message)
            ready = make_ready(work, self._post.press, message, people, extra)
            failpoints.reach("mail.rendering")
        failpoints.reach("mail.rendered")
        return ready

    def _deliver(self, message: Message, ready: Ready) -> None:
        rendered = replace(message, state=State.RENDERED)
        with self._work() as work:
            left_before = settle_sent_before(work, rendered)
            failpoints.reach("mail.recalling")
        failpoints.reach("mail.recalled")
        if left_before:
            return

        def before_dot() -> None:
            with self._work() as work:
                if not move(work.connection, rendered, State.DOT_WRITTEN):
                    raise Overtaken(f"message {message.message_id} was taken from us")
                failpoints.reach("mail.noting_dot")
            failpoints.reach("mail.noted_dot")
            self._post.sent.note(message.message_id, DOT, self._clock.now())

        sender = envelope_sender(self._post.press.sender_email, ready.token)
        failpoints.reach("mail.delivering")
        try:
            delivery = self._post.deliver(sender, ready.recipient, ready.raw, before_dot)
        except Overtaken:
            _log.info("mail_overtaken", message=message.message_id)
            return
        failpoints.reach("mail.delivered")
        self._unsettled = (message, delivery)
        self._list(message, delivery)
        self._settle()
        _log.info(
            "mail_tried",
            message=message.message_id,
            kind=message.kind.value,
            verdict=delivery.verdict.value,
            stage=delivery.stage.value,
            code=delivery.code,
        )

    def _list(self, message: Message, delivery: Delivery) -> None:
        """Where the disk is full the list ends at the dot, and a restore would hold the message."""
        if delivery.stage not in (Stage.DOT, Stage.QUIT):
            return
        try:
            self._post.sent.note(message.message_id, delivery.verdict.value, self._clock.now())
        except OSError as error:
            _log.warning("sent_mail_not_listed", message=message.message_id, detail=str(error))

    def _settle(self) -> None:
        """Write down what the last try came to; kept until the database takes it."""
        if self._unsettled is None:
            return
        message, delivery = self._unsettled
        with self._work() as work:
            now = load_message(work.connection, message.message_id)
            if now is not None and now.claim == message.claim:
                settle(work, now, delivery, self._post.policy)
            failpoints.reach("mail.settling")
        failpoints.reach("mail.settled")
        self._unsettled = None

    def _halt(self, message: Message, halt: Halt) -> None:
        """Put the claimed message where it belongs instead of sending it."""
        with self._work() as work:
            now = load_message(work.connection, message.message_id)
            if now is None or now.claim != message.claim:
                return
            if halt.code is not None:
                fail(work, now, halt.code)
            elif halt.state is State.CANCELLED:
                move(work.connection, now, halt.state, claim=None, finished_at=work.now)
            else:
                due_at = halt.due_at or work.now
                move(work.connection, now, halt.state, claim=None, due_at=due_at)
            failpoints.reach("mail.halting")
        failpoints.reach("mail.halted")

    def _later(self) -> Any:
        return self._clock.now() + timedelta(seconds=_REGISTRY_WAIT_SECONDS)
