"""The notifier as a whole, with a real bus and database; registry and matcher are played by us."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient

from services.notifier import wiring
from services.notifier.domain.messages import Kind, Message
from services.notifier.settings import NotifierSettings
from services.notifier.store.ledger import list_messages, messages_of_match
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.clock import ManualClock
from shared.contracts import types
from shared.contracts.codec import decode, encode
from shared.contracts.envelope import Event, wire_time
from shared.ids import new_id
from shared.messaging.tasks import Task, pump
from shared.settings import keys, load_settings
from shared.web.tokens import SignedLinks
from tests.integration.notifier.played import BBC, ECC, NAMES, UKPN, Matcher, Registry, a_contact
from tests.integration.notifier.smtp_double import SmtpDouble

__all__ = ["BBC", "ECC", "MATCH", "START", "UKPN", "World", "a_contact", "a_match", "a_party"]

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class World:
    """Everything of one test; `tell` is the matcher speaking, `run` lets the worker work."""

    def __init__(self, settings: NotifierSettings, double: SmtpDouble) -> None:
        self.settings = settings
        self.double = double
        self.clock = ManualClock(START)
        self.bus: Bus = connect(settings.bus_url)
        links = SignedLinks(keys.signing_keys(settings, "service"), self.clock)
        read_claim = lambda text: links.read(text, "introduce-claim")  # noqa: E731
        self.registry = Registry(read_claim=read_claim)
        for member in NAMES:
            self.registry.people[member] = [a_contact(member, contact_id=f"c-{member}")]
        self.matcher = Matcher()
        self.transports = {
            "registry": httpx.MockTransport(self.registry),
            "matcher": httpx.MockTransport(self.matcher),
        }
        self.sequences: dict[tuple[str, str], int] = {}
        self.revision = 0
        self.parts = wiring.build_parts(settings, clock=self.clock, transports=self.transports)
        self.tasks: list[Task] = []
        self._web: Flask | None = None
        self.start()
        self._publisher = self.bus.publisher("test")
        self._reader = self.bus.consumer("test", ["convene.correspondence"], "1")
        self._reader_of_preferences = self.bus.consumer("test2", ["convene.preferences"], "1")

    def start(self) -> None:
        """(Re)start the worker, as after a crash."""
        for task in reversed(self.tasks):
            task.close()
        self.tasks = wiring.tasks_of(self.parts, self.bus)

    def close(self) -> None:
        for task in reversed(self.tasks):
            task.close()
        self._reader.close()
        self._reader_of_preferences.close()
        self._publisher.close()
        self.bus.close()
        self.parts.database.close()
        if self._web is not None:
            self._web.extensions["convene_database"].close()

    def run(self) -> None:
        pump(self.tasks, rounds=500)

    def later(self, *, seconds: float = 0.0, days: float = 0.0) -> None:
        self.clock.advance(seconds=seconds, days=days)
        self.run()

    def tell(self, type_: str, data: Mapping[str, Any] | None, subject: str) -> None:
        topic = types.EVENT_TYPES[type_].topic
        sequence = self.sequences.get((topic, subject), 0) + 1
        self.sequences[topic, subject] = sequence
        event = Event(
            id=new_id(),
            source=types.EVENT_TYPES[type_].source,
            type=type_,
            subject=subject,
            time=self.clock.now(),
            sequence=sequence,
            correlation_id="chain-1",
            causation_id=None,
            data=data,
        )
        self._publisher.publish([encode(event)])
        self.run()

    def match(self, type_: str, **changes: Any) -> dict[str, Any]:
        """The matcher tells a move of the one match of this test; returns its state."""
        self.revision += 1
        state = a_match(revision=self.revision, now=self.clock.now(), **changes)
        self.tell(type_, state, state["match_id"])
        return state

    def heard(self) -> list[Event]:
        """What the notifier has published about matches since the last call."""
        return [decode(d.record) for d in self._reader.poll(0.0)]

    def heard_preferences(self) -> list[Event]:
        return [decode(d.record) for d in self._reader_of_preferences.poll(0.0)]

    def ledger(self, kind: Kind | None = None) -> list[Message]:
        with self.parts.database.read() as connection:
            kinds = [kind] if kind else []
            return messages_of_match(connection, MATCH, kinds)

    def all_mail(self) -> list[Message]:
        with self.parts.database.read() as connection:
            return list_messages(connection)

    def web(self) -> Flask:
        if self._web is None:
            self._web = wiring.build_web(
                self.settings, clock=self.clock, transports=self.transports
            )
        return self._web

    def browser(self) -> FlaskClient:
        """A browser without any cookie yet."""
        return self.web().test_client()


MATCH = "match-1"


_TEXTS: dict[str, Any] = {
    "need": {
        "title": "Reading before school in Tendring",
        "description": "Too few children arrive at school ready to read.",
        "places": ["E07000076"],
        "place_names": ["Tendring"],
        "goals": [1],
        "wants": ["expertise", "reach"],
        "offers": ["venue"],
    },
    "capabilities": [
        {
            "capability_id": "bbc-first-words",
            "member_id": BBC,
            "title": "First words: stories for the early years",
            "description": "Stories, songs and training for parents and nurseries.",
            "gives": ["expertise", "reach"],
            "mode": "either",
            "terms": "free",
            "requires": "A local partner with venues",
        }
    ],
}


def a_match(*, revision: int, now: datetime, **changes: Any) -> dict[str, Any]:
    moment = wire_time(now)
    state: dict[str, Any] = {
        "match_id": MATCH,
        "round": 1,
        "origin": "convene",
        "need_id": "tendring-reading",
        "capability_ids": ["bbc-first-words"],
        "state": "approved",
        "revision": revision,
        "attempt": 1,
        "parties": [
            a_party(ECC, "needs", "tendring-reading"),
            a_party(BBC, "brings", "bbc-first-words"),
        ],
        **_TEXTS,
        "score": 0.81,
        "strength": "strong",
        "reasons": [
            {"feature": "goals", "contribution": 0.3, "text": "both work on early years"},
            {"feature": "place", "contribution": 0.2, "text": "BBC delivers in Tendring"},
            {"feature": "bias", "contribution": -0.1, "text": "not shown"},
        ],
        "model_version": "m1",
        "rules_version": "r1",
        "proposed_at": moment,
        "approved_at": moment,
    }
    return {**state, **changes}


def a_party(member_id: str, role: str, listing_id: str, **values: Any) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "name": NAMES[member_id],
        "role": role,
        "listing_kind": "need" if role == "needs" else "capability",
        "listing_id": listing_id,
        "necessary": True,
        "answer": None,
        "answered_at": None,
        **values,
    }


def settings_for(folder: Path, database_url: str, smtp_url: str) -> NotifierSettings:
    environment = {
        "CONVENE_ENVIRONMENT": "test",
        "CONVENE_BUS_URL": f"embedded:////{folder.as_posix().lstrip('/')}/bus.db",
        "CONVENE_DATABASE_URL": f"sqlite:////{folder.as_posix().lstrip('/')}/{{service}}.db",
        "CONVENE_KEYS_DIR": str(folder / "keys"),
        "CONVENE_VAR": str(folder),
        "CONVENE_SMTP_URL": smtp_url,
        "CONVENE_MAILBOX_FOLDER": str(folder / "mailbox"),
        "CONVENE_COALITION_NAME": "The Example Coalition",
        "CONVENE_COALITION_EMAIL": "office@coalition.example",
    }
    settings = load_settings(NotifierSettings, environment)
    # The embedded bus with PostgreSQL is a pair only tests use: one variable at a time.
    return replace(settings, database_url=database_url) if database_url else settings


@contextmanager
def world(
    folder: Path, double: SmtpDouble, *, database_url: str = "", **changes: Any
) -> Iterator[World]:
    settings = replace(settings_for(folder, database_url, double.url), **changes)
    wiring.setup(settings)
    here = World(settings, double)
    try:
        yield here
    finally:
        here.close()
