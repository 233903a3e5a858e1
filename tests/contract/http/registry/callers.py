"""Who calls the registry, each with the credential of their kind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from services.registry.keys import create_key
from services.registry.settings import RegistrySettings
from shared.clock import ManualClock
from shared.settings import keys
from shared.storage import Work, unit_of_work
from shared.web.tokens import ServiceTokens, SignedLinks

GROUND = {"basis": "consent", "date": "2026-01-01", "source": "form"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, with a JSON object for a body (empty where it has none)."""

    response: TestResponse

    @property
    def status_code(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Headers:
        return self.response.headers

    @property
    def json(self) -> dict[str, Any]:
        return self.response.get_json(silent=True) or {}

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)


@dataclass(slots=True)
class Caller:
    """A credential, and requests made with it."""

    app: Flask
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> Answer:
        named = {**self.headers, **_named(headers)}
        return Answer(self.app.test_client().get(path, headers=named))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any, version: object = None, **headers: str) -> Answer:
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._send("PUT", path, body, headers)

    def delete(self, path: str, version: object = None) -> Answer:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._send("DELETE", path, None, headers)

    def send_file(self, path: str, body: bytes, mimetype: str, **headers: str) -> Answer:
        named = {**self.headers, **_named(headers)}
        client = self.app.test_client()
        return Answer(client.post(path, data=body, content_type=mimetype, headers=named))

    def _send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        named = {**self.headers, **_named(headers)}
        client = self.app.test_client()
        if body is None:
            return Answer(client.open(path, method=method, headers=named))
        return Answer(client.open(path, method=method, json=body, headers=named))


@dataclass(slots=True)
class Api:
    app: Flask
    settings: RegistrySettings
    clock: ManualClock
    made: dict[str, Caller] = field(default_factory=dict)

    @contextmanager
    def work(self) -> Iterator[Work]:
        database = self.app.extensions["registry"].database
        with unit_of_work(database, source="/registry", clock=self.clock, actor="test") as work:
            yield work

    @property
    def coordinator(self) -> Caller:
        return self._key("coordinator", None)

    @property
    def admin(self) -> Caller:
        return self._key("admin", None)

    @property
    def nobody(self) -> Caller:
        return Caller(self.app, {})

    def member(self, member_id: str, scopes: tuple[str, ...] = ("read", "write")) -> Caller:
        return self._key("member", member_id, scopes)

    def service(self, name: str, acting_for: str | None = None) -> Caller:
        tokens = ServiceTokens(keys.signing_keys(self.settings, "service"), self.clock)
        return self._bearer(tokens.issue(name, "registry", acting_for=acting_for))

    def claim(
        self,
        match_id: str,
        answers: Mapping[str, str],
        contacts: Mapping[str, str] | None = None,
    ) -> str:
        links = SignedLinks(keys.signing_keys(self.settings, "service"), self.clock)
        given = [
            {"member_id": member, "answer": answer, "contact_id": (contacts or {}).get(member)}
            for member, answer in answers.items()
        ]
        claims = {"match_id": match_id, "member_ids": list(answers), "answers": given}
        return links.make("introduce-claim", claims, seconds=600)

    def a_member(self, member_id: str = "essex", **fields: Any) -> dict[str, Any]:
        body = {
            "id": member_id,
            "name": fields.pop("name", f"{member_id} council"),
            "sector": "local_government",
            "places": ["Essex County Council"],
            **fields,
        }
        return self._made(self.coordinator.post("/v1/members", body))

    def a_contact(self, member_id: str = "essex", **fields: Any) -> dict[str, Any]:
        email = fields.pop("email", f"jane@{member_id}.example")
        body = {"email": email, "name": "Jane Smith", "ground": GROUND, **fields}
        return self._made(self.coordinator.post(f"/v1/members/{member_id}/contacts", body))

    def a_need(self, member_id: str = "essex", **fields: Any) -> dict[str, Any]:
        body = {"member": member_id, "title": "Reading before school", "goals": [1], **fields}
        return self._made(self.coordinator.post("/v1/needs", body))

    def _made(self, answer: Answer) -> dict[str, Any]:
        assert answer.status_code == 201, answer.text
        return answer.json

    def _key(
        self, kind: Any, member_id: str | None, scopes: tuple[str, ...] = ("read", "write")
    ) -> Caller:
        name = f"{kind}:{member_id}:{scopes}"
        if name not in self.made:
            with self.work() as work:
                _, text = create_key(work, kind, member_id, scopes=scopes)
            self.made[name] = self._bearer(text)
        return self.made[name]

    def _bearer(self, text: str) -> Caller:
        return Caller(self.app, {"Authorization": f"Bearer {text}"})


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
