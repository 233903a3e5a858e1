"""One match by email, as the notifier does it: a scanner opens every link, the matcher tells things
twice and too early, a second worker looks in at a final dot. Recorded by the mail server itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from services.notifier import wiring
from services.notifier.domain.answers import current_answers
from services.notifier.domain.messages import Kind
from services.notifier.store.records import answers_of_match
from shared.contracts import types
from shared.messaging.tasks import Task
from tests.faults.history import Asked, Effect, History, Kept, Mailed, Private, Seen, Told, Yes
from tests.integration.notifier.browsing import links_to, open_link, press
from tests.integration.notifier.smtp_double import SmtpDouble, served, smtp_double
from tests.integration.notifier.world import BBC, ECC, MATCH, World, world

ANSWER = "answer"
PAST_GRACE_SECONDS = 200
PAST_DOUBT_SECONDS = 1_000


@dataclass
class Interrupted(SmtpDouble):
    """Lets somebody else work while the client waits for the answer to its final dot."""

    meanwhile: Callable[[], object] = field(default=lambda: None)

    def _take(
        self, connection: object, lines: Iterator[bytes], envelope: Mapping[str, str]
    ) -> bool:
        body = self._body(lines)
        if body is None:
            return False
        self.received.append(body)
        self.envelopes.append((envelope["mail"], envelope["rcpt"]))
        self.meanwhile()
        return self._say(connection, "dot")  # type: ignore[arg-type]


class Desk:
    """The notifier, its mail server, and what we note of both."""

    def __init__(self, here: World, double: SmtpDouble) -> None:
        self.here, self.double = here, double
        self.history = History()
        self._noted = 0
        for member in (ECC, BBC):
            address = f"person@{member}.example"
            self.history.note(Private(MATCH, member, address, address))

    def note_mail(self) -> None:
        pairs = list(zip(self.double.envelopes, self.double.received, strict=True))
        for (_, to), raw in pairs[self._noted :]:
            message = message_from_bytes(raw, policy=default)
            body = message.get_body(("plain",))
            text = f"{message['To']} {message['Cc']} {body.get_content() if body else ''}"
            self.history.note(Mailed(str(message["Message-ID"]), to, MATCH, text))
        self._noted = len(pairs)

    def wrong_clock(self, seconds: float) -> None:
        """The clock is wrong for a while, the worker works, and somebody sets it right."""
        self.here.later(seconds=seconds)
        self.here.clock.advance(seconds=-seconds)
        self.here.run()
        self.note_mail()

    def open_every_link(self) -> None:
        """As the scanner of a mail gateway does: with GET, in a browser of its own."""
        for member in (ECC, BBC):
            for kind in "aouiq":
                for link in links_to(self.here, member, kind):
                    open_link(self.here.browser(), link)

    def say_yes(self, member: str) -> None:
        change = f"{member} says yes"
        self.history.note(Asked(change, ANSWER, f"{MATCH}/{member}"), Yes(MATCH, member))
        browser = self.here.browser()
        page = open_link(browser, links_to(self.here, member, "a")[0])
        self.history.note(Told(change, press(browser, page, "yes").status_code))
        self.here.run()
        self.note_mail()

    def tell(self, type_: str, state: str) -> None:
        self.here.match(type_, state=state)
        self.note_mail()

    def tell_twice(self, type_: str, state: str) -> None:
        """Two events of one content, both taken in before the first email goes."""
        self.here.run = lambda: None  # type: ignore[method-assign]
        self.here.match(type_, state=state)
        del self.here.run
        self.tell(type_, state)

    def later(self, seconds: float) -> None:
        self.here.later(seconds=seconds)
        self.note_mail()

    def at_rest(self) -> None:
        with self.here.parts.database.read() as connection:
            standing = current_answers(answers_of_match(connection, MATCH))
        self.history.note(*(Kept(ANSWER, f"{MATCH}/{member}") for member in standing))
        for row in self.here.ledger():
            step = f"/{row.step}" if row.kind is Kind.REMINDER else ""
            self.history.note(Effect(row.kind.value, f"{row.match_id}/{row.member_id}{step}"))
        for event in self.here.heard():
            self.history.note(
                Seen("bus", event.id, "match", event.subject, event.sequence, str(event.data))
            )
            if event.type == types.INTRODUCTION_SENT:
                self.history.note(Effect("introduction.sent", event.subject))


def one_match(
    desk: Desk, *, before_introducing: Callable[[], None], jumps: Sequence[float] = ()
) -> History:
    desk.tell_twice(types.MATCH_APPROVED, "approved")
    desk.open_every_link()
    desk.tell(types.MATCH_ASKED, "asked")
    desk.say_yes(ECC)
    desk.tell(types.MATCH_AGREED, "agreed")  # it is not
    for seconds in jumps:
        desk.wrong_clock(seconds)
    desk.later(PAST_GRACE_SECONDS)
    desk.say_yes(BBC)
    before_introducing()
    desk.later(PAST_GRACE_SECONDS)
    desk.open_every_link()
    desk.later(PAST_DOUBT_SECONDS)
    desk.at_rest()
    return desk.history


@contextmanager
def second_worker(here: World, smtp_url: str) -> Iterator[Task]:
    """The loop that sends mail, of another process by all that it can see."""
    parts = wiring.build_parts(
        replace(here.settings, smtp_url=smtp_url), clock=here.clock, transports=here.transports
    )
    [sending] = [task for task in wiring.tasks_of(parts, here.bus) if task.name == "send mail"]
    try:
        yield sending
    finally:
        sending.close()
        parts.database.close()


def mail(folder: Path, database_url: str = "", jumps: Sequence[float] = ()) -> History:
    interrupted = Interrupted()
    with (
        smtp_double() as spare,
        served(interrupted),
        world(folder, interrupted, database_url=database_url) as here,
        second_worker(here, spare.url) as other,
    ):
        desk = Desk(here, interrupted)

        def let_the_other_look_in() -> None:
            interrupted.meanwhile = other.step

        history = one_match(desk, before_introducing=let_the_other_look_in, jumps=jumps)
        interrupted.received += spare.received
        interrupted.envelopes += spare.envelopes
        desk.note_mail()
    return history
