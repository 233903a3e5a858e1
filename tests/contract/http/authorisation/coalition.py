"""The three services in one process, over real stores, with one of every kind of object.

Essex and the BBC have a match, a question and links; Kent is the stranger. Requests between the
services go to the applications directly, with their real tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from flask import Flask

from services.matcher import wiring as matcher
from services.matcher.console.accounts import passwords
from services.matcher.console.accounts.coordinators import ROLES, add_coordinator
from services.matcher.console.home.stream import STOPPING
from services.matcher.settings import MatcherSettings
from services.notifier import wiring as notifier
from services.notifier.consumer import handlers
from services.notifier.settings import NotifierSettings
from services.notifier.store.ledger import messages_of_match
from services.notifier.store.wishes import link_for
from services.registry import wiring as registry
from services.registry.keys import create_key
from services.registry.settings import RegistrySettings
from shared.clock import ManualClock
from shared.settings import keys, load_settings
from shared.storage import Database, unit_of_work
from shared.web.tokens import ServiceTokens
from tests.contract.http.registry.callers import Api
from tests.flow.one_process import _Later
from tests.integration.matcher.world import World, rules_model
from tests.integration.notifier.world import a_match
from tests.small_size import small_size

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "three plain words"
PURPOSES = ("answer", "outcome", "unsubscribe", "invitation", "question", "listings")


@dataclass(slots=True)
class Coalition:
    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    apps: dict[str, Flask] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    tokens: ServiceTokens = field(init=False)
    registry: Api = field(init=False)
    world: World = field(init=False)
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By purpose: the nonce and the signed token of a link of Essex's."""
    ids: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        environment = small_size(self.folder) | {"CONVENE_SEMANTIC": "false"}
        settings: dict[str, Any] = {
            "registry": load_settings(RegistrySettings, environment),
            "matcher": load_settings(MatcherSettings, environment),
            "notifier": load_settings(NotifierSettings, environment),
        }
        later = {name: _Later() for name in settings}
        for name, wiring in (("registry", registry), ("matcher", matcher), ("notifier", notifier)):
            wiring.setup(settings[name])
            app = wiring.build_web(settings[name], clock=self.clock, transports=later)
            app.config["WTF_CSRF_METHODS"] = set()  # tried apart: here it is about who calls
            later[name].app = httpx.WSGITransport(app=app)
            self.apps[name], self.databases[name] = app, app.extensions["convene_database"]
        self.apps["matcher"].extensions[STOPPING] = lambda: True
        self.tokens = ServiceTokens(keys.signing_keys(settings["registry"], "service"), self.clock)
        self.registry = Api(self.apps["registry"], settings["registry"], self.clock)
        self._fill_registry()
        self._fill_matcher()
        self._fill_notifier(settings["notifier"])

    def close(self) -> None:
        self.world.close()
        for database in self.databases.values():
            database.close()

    def key(self, kind: Any, member: str | None = None, *scopes: str, days: int = 365) -> str:
        with self.registry.work() as work:
            given = scopes or ("read", "write")
            return create_key(work, kind, member, scopes=given, days=days)[1]

    def sign_in(self, role: str) -> str:
        """The console's cookie of somebody of this role."""
        self.clock.advance(seconds=60)  # so that signing in again and again is not guessing
        client = self.apps["matcher"].test_client()
        form = {"email": f"{role}@coalition.example", "password": PASSWORD}
        answer = client.post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        found = client.get_cookie("convene-matcher-sign-in")
        assert found is not None
        return found.value

    def _fill_registry(self) -> None:
        api = self.registry
        for member in ("essex", "bbc", "kent"):
            api.a_member(member)
            api.a_contact(member, id=f"c-{member}")
        api.a_contact("essex", id="c-leaving", email="leaving@essex.example")
        api.a_need(id="reading")
        body = {"id": "first-words", "member": "bbc", "title": "First words", "goals": [1]}
        assert api.coordinator.post("/v1/capabilities", body).status_code == 201
        of_essex = {**body, "id": "hall", "member": "essex", "title": "A hall"}
        assert api.coordinator.post("/v1/capabilities", of_essex).status_code == 201
        line = b'{"kind":"member","id":"suffolk","name":"Suffolk","sector":"charity"}\n'
        sent = api.coordinator.send_file("/v1/imports", line, "application/jsonl")
        assert sent.status_code == 202, sent.text
        self.ids["import_id"] = sent.json["id"]

    def _fill_matcher(self) -> None:
        database = self.databases["matcher"]
        self.world = World(database, semantic=False)
        self.world.clock = self.clock
        self.world.story()
        self.world.propose()
        self.ids["match_id"] = self.world.all()[0].match_id
        with unit_of_work(database, source="/matcher", clock=self.clock) as work:
            for role in (*ROLES, "clerk"):
                email = f"{role}@coalition.example"
                given = role if role in ROLES else "viewer"
                made = add_coordinator(work, email, f"A {role}", given, PASSWORD)
                self.ids[role] = made.coordinator_id

    def _fill_notifier(self, settings: NotifierSettings) -> None:
        database = self.databases["notifier"]
        state = a_match(revision=1, now=self.clock.now(), match_id=self.ids["match_id"])
        for party, member in zip(state["parties"], ("essex", "bbc"), strict=True):
            party["member_id"] = member
        event = self.world.event("match.approved", state["match_id"], state)
        with unit_of_work(database, source="/notifier", clock=self.clock, cause=event) as work:
            handlers(settings.pace)[event.type](work, event)
        parts = notifier.build_parts(settings, clock=self.clock)
        with database.write() as connection:
            mail = messages_of_match(connection, self.ids["match_id"])
            own = next(one.message_id for one in mail if one.member_id == "essex")
            self.ids["message_id"] = own
            for purpose in PURPOSES:
                link = link_for(
                    connection,
                    purpose,
                    message_id=own,
                    match_id=self.ids["match_id"],
                    member_id="essex",
                    contact_id="c-essex",
                    attempt=1,
                    now=self.clock.now(),
                )
                claims = {"n": link.nonce, "m": link.match_id, "p": link.member_id}
                self.links[purpose] = (link.nonce, parts.links.make(purpose, claims))
        parts.database.close()


@contextmanager
def built_coalition(folder: Path) -> Iterator[Coalition]:
    """With cheap password hashes and a model that knows the rules: neither is the question here."""
    made = Coalition(folder)
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", hasher)
        patch.setattr(matcher, "load_model", lambda **_: rules_model())
        made.build()
        yield made
        made.close()
