"""The console over a real matcher, with the registry and the notifier played by scripts."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.matcher.console.accounts.coordinators import Coordinator, add_coordinator
from services.matcher.console.home.stream import STOPPING
from services.matcher.wiring import build_web
from shared.storage import Database, unit_of_work
from tests.integration.matcher.world import World

PASSWORD = "three plain words"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Played:
    """A service that answers from a table and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, Any, dict[str, str]]] = {}
        self.asked: list[httpx.Request] = []
        self.away = False

    def says(
        self,
        method: str,
        path: str,
        body: Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.answers[method, path] = (status, body, dict(headers or {}))

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def sent(self, method: str) -> list[tuple[str, Any]]:
        """Paths and bodies of what was sent by this method."""
        return [
            (one.url.path, json.loads(one.content) if one.content else None)
            for one in self.asked
            if one.method == method
        ]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody listens", request=request)
        self.asked.append(request)
        known = self.answers.get((request.method, request.url.path))
        if known is None:
            return httpx.Response(200, json={"items": []})
        status, body, headers = known
        return httpx.Response(status, json=body, headers=headers)


class Desk:
    """A coordinator's browser without JavaScript."""

    def __init__(self, client: FlaskClient, who: Coordinator) -> None:
        self.client = client
        self.who = who

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(path, query_string=query)

    def text(self, path: str, **query: Any) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, *, via: str | None = None, **form: Any) -> TestResponse:
        """Send a form as the page `via` shows it, with its token."""
        found = _TOKEN.search(self.client.get(via or "/account").text)
        assert found is not None, f"{via} shows no form"
        return self.client.post(path, data={"csrf_token": found[1], **form})


class Office:
    """The world, the web application over it, and everybody who works there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.registry = Played()
        self.notifier = Played()
        self.app: Flask = build_web(
            world.settings,
            clock=world.clock,
            transports={
                "registry": self.registry.transport(),
                "notifier": self.notifier.transport(),
            },
        )

    def close(self) -> None:
        self.app.extensions[STOPPING] = lambda: True
        database: Database = self.app.extensions["convene_database"]
        database.close()

    def add(self, name: str, role: str = "coordinator") -> Coordinator:
        email = f"{name.split(maxsplit=1)[0].lower()}@coalition.example"
        with unit_of_work(self.world.database, source="/matcher", clock=self.world.clock) as work:
            return add_coordinator(work, email, name, role, PASSWORD)

    def desk(self, name: str = "Ann Osei", role: str = "coordinator") -> Desk:
        """Somebody new, signed in."""
        who = self.add(name, role)
        desk = Desk(self.app.test_client(), who)
        answer = self.sign_in(desk.client, who.email)
        assert answer.status_code == 303, answer.text
        return desk

    def sign_in(
        self, client: FlaskClient, email: str, password: str = PASSWORD, **form: str
    ) -> TestResponse:
        found = _TOKEN.search(client.get("/sign-in").text)
        assert found is not None
        data = {"csrf_token": found[1], "email": email, "password": password, **form}
        return client.post("/sign-in", data=data)

    def act(self, use_case: Callable[..., Any], *args: Any, who: Coordinator, **kw: Any) -> Any:
        """What a coordinator does without the console."""
        return self.world.do(use_case, *args, actor=who.coordinator_id, **kw)
