"""A small coalition and everything the matcher does with it, driven step by step."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from services.matcher import consumer
from services.matcher.domain.matches import Match
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.proposing.task import Proposer
from services.matcher.review import Deps, approve_match
from services.matcher.scoring.index import Model, load_model
from services.matcher.settings import MatcherSettings
from services.matcher.store.feed import feed_after
from services.matcher.store.history import Entry, history_of
from services.matcher.store.known import capability_state
from services.matcher.store.matches import load_match, matches_where
from services.matcher.store.tables import matches
from services.matcher.timers import Timers
from shared.clock import ManualClock
from shared.contracts.codec import check_data
from shared.contracts.envelope import Event, wire_time
from shared.contracts.types import EVENT_TYPES
from shared.ids import new_id
from shared.messaging.tasks import pump
from shared.storage import Database, Work, unit_of_work

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
_PREFIX = "org.convene."


@cache
def rules_model() -> Model:
    """Without sentences: quick to build, and the rules are the same. One for all tests."""
    return load_model(semantic=False)


class World:
    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.clock = ManualClock(START)
        self.settings = MatcherSettings(environment="test", **settings)
        model = rules_model()
        self.deps = Deps(model=model, rules=model, settings=self.settings)
        self.handlers = consumer.handlers(self.settings)
        self.proposer = Proposer(database, model, self.settings, self.clock)
        self.timers = Timers(database, self.deps, self.clock)
        self.versions: dict[tuple[str, str], int] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.tokens: Any = None

    def close(self) -> None:
        self.proposer.close()
        self.timers.close()

    def settings_changed(self, **settings: Any) -> None:
        """The same coalition under other settings, as after a restart."""
        self.close()
        self.settings = replace(self.settings, **settings)
        self.deps = replace(self.deps, settings=self.settings)
        self.handlers = consumer.handlers(self.settings)
        self.proposer = Proposer(self.database, self.deps.model, self.settings, self.clock)
        self.timers = Timers(self.database, self.deps, self.clock)

    # --- events in ---
    def event(self, what: str, subject: str, data: Mapping[str, Any] | None) -> Event:
        kind = EVENT_TYPES[f"{_PREFIX}{what}.v1"]
        key = (kind.topic, subject)
        self.versions[key] = self.versions.get(key, 0) + 1
        return Event(
            id=new_id(),
            source=kind.source,
            type=kind.type,
            subject=subject,
            time=self.clock.now(),
            sequence=self.versions[key],
            correlation_id=new_id(),
            causation_id=None,
            data=None if data is None else check_data(kind.type, dict(data)),
        )

    def tell(self, what: str, subject: str, data: Mapping[str, Any] | None) -> Event:
        event = self.event(what, subject, data)
        self.handle(event)
        return event

    def handle(self, event: Event) -> None:
        with unit_of_work(self.database, source="/matcher", clock=self.clock, cause=event) as work:
            self.handlers[event.type](work, event)

    def member(self, id_: str, what: str = "member.registered", **fields: Any) -> None:
        state = {
            "member_id": id_,
            "name": id_.replace("-", " ").title(),
            "sector": "business",
            "places": ["E10000012"],
            "status": "active",
            "can_be_asked": True,
            "version": 1,
            "material_version": 1,
            "changed_at": wire_time(self.clock.now()),
        }
        self._tell_state(what, id_, state, fields)

    def need(self, id_: str, what: str = "need.published", **fields: Any) -> None:
        state = self._listing("need_id", id_, "Early reading") | {
            "member_id": "essex",
            "places": ["E07000076"],
            "goals": [1],
            "wants": ["expertise"],
            "beneficiaries": ["early_years"],
        }
        self._tell_state(what, id_, state, fields)

    def capability(self, id_: str, what: str = "capability.published", **fields: Any) -> None:
        state = self._listing("capability_id", id_, "Early reading") | {
            "member_id": "bbc",
            "goals": [1],
            "delivers_in": ["K02000001"],
            "gives": ["expertise"],
            "beneficiaries": ["early_years"],
        }
        self._tell_state(what, id_, state, fields)

    def _listing(self, key: str, id_: str, title: str) -> dict[str, Any]:
        words = "Reading with children before school, in families with few books at home."
        return {
            key: id_,
            "title": title,
            "description": words,
            "status": "published",
            "version": 1,
            "material_version": 1,
            "material": {"title": title, "description": words},
            "published_at": wire_time(START),
        }

    def _tell_state(
        self, what: str, id_: str, state: dict[str, Any], fields: Mapping[str, Any]
    ) -> None:
        whole = {**state, **self.states.get(id_, {}), **fields}
        if id_ in self.states and "version" not in fields:
            whole["version"] = self.states[id_]["version"] + 1
        whole["material_version"] = min(whole["material_version"], whole["version"])
        self.states[id_] = whole
        self.tell(what, id_, whole)

    def story(self) -> None:
        """One council, one broadcaster, one need, one capability that fits it."""
        self.member("essex", sector="local_government", name="Essex County Council")
        self.member("bbc", sector="public_body", name="BBC", places=["K02000001"])
        self.capability("first-words")
        self.need("reading")

    # --- the worker ---
    def propose(self) -> None:
        pump([self.proposer])

    def tick(self, **ahead: float) -> None:
        self.clock.advance(**ahead)
        while self.timers.run(self.clock.now()):
            pass

    def knowledge(self) -> Knowledge:
        fresh = Knowledge(self.deps.model, self.clock.now().date())
        fresh.catch_up(self.database, self.clock.now().date())
        return fresh

    # --- the coordinator ---
    def do(self, use_case: Callable[..., Any], *args: Any, actor: str = "c1", **kw: Any) -> Any:
        with unit_of_work(self.database, source="/matcher", clock=self.clock, actor=actor) as work:
            return use_case(work, *args, **kw)

    def approve(self, match_id: str, **kw: Any) -> Match:
        approved: Match = self.do(approve_match, self.deps, match_id, **kw)
        return approved

    def work(self) -> Any:
        return unit_of_work(self.database, source="/matcher", clock=self.clock, actor="c1")

    # --- the notifier ---
    def sent(self, match: Match, member_id: str, kind: str = "approach") -> None:
        self.tell("message.sent", match.match_id, self._message(match, member_id, kind))

    def failed(self, match: Match, member_id: str, code: str = "no_contact") -> None:
        data = self._message(match, member_id, "approach") | {"code": code}
        self.tell("message.failed", match.match_id, data)

    def _message(self, match: Match, member_id: str, kind: str) -> dict[str, Any]:
        return {
            "message_id": new_id(),
            "kind": kind,
            "match_id": match.match_id,
            "member_id": member_id,
            "attempt": self.match(match.match_id).attempt,
        }

    def answer(self, match: Match, member_id: str, answer: str | None, **fields: Any) -> None:
        what = {"yes": "accepted", "no": "declined", "not_now": "deferred", None: "undone"}
        party = match.party(member_id)
        data = {
            "match_id": match.match_id,
            "member_id": member_id,
            "listing_id": party.listing_id if party else None,
            "answer": answer,
            "given_at": wire_time(self.clock.now()),
            "attempt": 1,
        }
        self.tell(f"answer.{what[answer]}", match.match_id, data | fields)

    def introduced(self, match: Match) -> None:
        ids = [party.member_id for party in match.parties]
        data = {"match_id": match.match_id, "member_ids": ids}
        data["sent_at"] = wire_time(self.clock.now())
        self.tell("introduction.sent", match.match_id, data)

    def outcome(self, match: Match, member_id: str, stage: str, **fields: Any) -> None:
        data = {"match_id": match.match_id, "member_id": member_id, "stage": stage}
        data["reported_at"] = wire_time(self.clock.now())
        self.tell("outcome.reported", match.match_id, data | fields)

    # --- what there is ---
    def match(self, match_id: str) -> Match:
        with self.database.read() as connection:
            return load_match(connection, match_id)

    def all(self) -> list[Match]:
        with self.database.read() as connection:
            return matches_where(connection)

    def open(self) -> list[Match]:
        with self.database.read() as connection:
            return matches_where(connection, matches.c.open)

    def proposed(self) -> Match:
        """The one open proposal, where there is one."""
        found = [match for match in self.open() if match.state == "proposed"]
        assert len(found) == 1, [(m.need_id, m.capability_ids, m.state) for m in self.all()]
        return found[0]

    def open_pairs(self) -> set[tuple[str, str]]:
        return {(match.need_id, match.capability_set) for match in self.open()}

    def events(self, match_id: str | None = None) -> list[str]:
        """Last words of the types of the match events, in order."""
        with self.database.read() as connection:
            rows = [event for _, event in feed_after(connection, 0, 10_000)]
        return [
            event["type"].removeprefix(f"{_PREFIX}match.").removesuffix(".v1")
            for event in rows
            if match_id in (None, event["subject"])
        ]

    def stored_state(self, connection: Connection, capability_id: str) -> Any:
        return capability_state(connection, capability_id)

    def history(self, match_id: str) -> list[Entry]:
        with self.database.read() as connection:
            return history_of(connection, match_id)


def reach_asked(world: World) -> Match:
    """Proposed, approved, the grace is over, both were sent their email."""
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.tick(seconds=world.settings.grace_seconds)
    for party in match.parties:
        world.sent(match, party.member_id)
    return world.match(match.match_id)


def reach_agreed(world: World) -> Match:
    match = reach_asked(world)
    for party in match.parties:
        world.answer(match, party.member_id, "yes")
    world.tick(seconds=world.settings.grace_seconds)
    return world.match(match.match_id)


def reach_introduced(world: World) -> Match:
    match = reach_agreed(world)
    world.introduced(match)
    return world.match(match.match_id)


__all__ = ["START", "Work", "World", "reach_agreed", "reach_asked", "reach_introduced"]
