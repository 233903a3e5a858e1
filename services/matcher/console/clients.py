"""The other services, asked in the name of whoever is signed in.

What cannot be had at the moment is said on the page and never breaks it; what was refused comes
back as `Refused`, in the words of the service that refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from services.matcher.console.asking import Body, Refused, part, taken
from services.matcher.console.imports.client import Imports
from shared.observability.logging import get_logger
from shared.web.client import ServiceClient, ServiceUnavailable

__all__ = ["Body", "Edition", "Notifier", "Refused", "Registry", "Tasks", "Told"]
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """What the notifier knows of a match; `away` when it could not be asked."""

    messages: Sequence[Body] = ()
    answers: Sequence[Body] = ()
    outcomes: Sequence[Body] = ()
    suggestions: Sequence[Body] = ()
    wordings: Sequence[Body] = ()
    questions: Sequence[Body] = ()
    away: bool = False


@dataclass(frozen=True, slots=True)
class Tasks:
    """Mail that waits for a coordinator."""

    items: Sequence[Body] = field(default_factory=tuple)
    away: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """The version that was read, and the key of the form that changes it: sent twice, done once."""

    version: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"If-Match": f'"{self.version}"', "Idempotency-Key": self.key}


class Registry:
    """Members, their listings, contacts and conflicts, and imports."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self.imports = Imports(client)

    def entity(self, plural: str, id_: str, acting_for: str) -> Body:
        """A member, need or capability with its version."""
        path = f"/v1/{plural}/{part(id_)}"
        return taken(self._client.request("GET", path, acting_for=acting_for))

    def add(self, plural: str, body: Body, key: str, acting_for: str) -> Body:
        """Once, however often it comes with this key."""
        return self._write("POST", f"/v1/{plural}", body, {"Idempotency-Key": key}, acting_for)

    def replace(self, plural: str, id_: str, body: Body, at: Edition, acting_for: str) -> Body:
        path = f"/v1/{plural}/{part(id_)}"
        return self._write("PUT", path, body, at.headers, acting_for)

    def move(self, path: str, body: Body | None, acting_for: str) -> Body:
        """A step of the life of a member or listing; `path` is below /v1/."""
        return self._write("POST", f"/v1/{path}", body, {}, acting_for)

    def conflicts_of(self, member_id: str, acting_for: str) -> tuple[list[Body], str]:
        """The list with its codes, and the version it has."""
        path = f"/v1/members/{part(member_id)}/conflicts"
        response = self._client.request("GET", path, acting_for=acting_for)
        return list(taken(response)["conflicts"]), response.headers.get("ETag", "").strip('"')

    def put_conflicts(
        self, member_id: str, conflicts: Sequence[Body], at: Edition, acting_for: str
    ) -> Body:
        path = f"/v1/members/{part(member_id)}/conflicts"
        return self._write("PUT", path, {"conflicts": list(conflicts)}, at.headers, acting_for)

    def contacts_of(self, member_id: str, acting_for: str) -> list[Body]:
        path = f"/v1/members/{part(member_id)}/contacts"
        return list(taken(self._client.request("GET", path, acting_for=acting_for))["items"])

    def contact(self, contact_id: str, acting_for: str) -> tuple[Body, str]:
        """The record and its entity tag."""
        path = f"/v1/contacts/{part(contact_id)}"
        response = self._client.request("GET", path, acting_for=acting_for)
        return taken(response), response.headers.get("ETag", "")

    def correct_contact(self, contact_id: str, body: Body, tag: str, acting_for: str) -> Body:
        return taken(
            self._client.request(
                "PUT",
                f"/v1/contacts/{part(contact_id)}",
                json=body,
                headers={"If-Match": tag},
                acting_for=acting_for,
            )
        )

    def add_contact(self, member_id: str, body: Body, acting_for: str) -> Body:
        path = f"/v1/members/{part(member_id)}/contacts"
        return taken(self._client.request("POST", path, json=body, acting_for=acting_for))

    def _write(
        self, method: str, path: str, body: Body | None, headers: Mapping[str, str], acting_for: str
    ) -> Body:
        return taken(
            self._client.request(
                method, path, json=body, headers=headers or None, acting_for=acting_for
            )
        )


class Notifier:
    """Messages, answers with their notes, outcomes, mail tasks."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def told_of(self, match_id: str, acting_for: str, *, asked: bool) -> Told:
        """Of a match whose members were not asked yet there is only what coordinators wrote."""
        path = f"/v1/matches/{part(match_id)}"
        try:
            response = self._client.request("GET", f"{path}/written", acting_for=acting_for)
            written = taken(response)
            messages, answers, outcomes, suggestions = (
                self._items(f"{path}/{what}", acting_for) if asked else ()
                for what in ("messages", "answers", "outcomes", "suggestions")
            )
            wordings, questions = (written.get(name, ()) for name in ("wordings", "questions"))
            return Told(messages, answers, outcomes, suggestions, wordings, questions)
        except ServiceUnavailable as error:
            _log.warning("notifier_away", reason=str(error))
            return Told(away=True)

    def tasks(self, acting_for: str) -> Tasks:
        try:
            return Tasks(self._items("/v1/tasks", acting_for))
        except ServiceUnavailable as error:
            _log.warning("notifier_away", reason=str(error))
            return Tasks(away=True)

    def previews(self, state: Body, acting_for: str) -> list[Body]:
        """The emails that approving this match would send, as they read now."""
        response = self._client.request(
            "POST", "/v1/previews", json={"match": state}, acting_for=acting_for
        )
        return list(taken(response).get("items", ()))

    def save_wording(
        self, match_id: str, member_id: str, body: Body, version: int, acting_for: str
    ) -> Body:
        path = f"/v1/matches/{part(match_id)}/wordings/{part(member_id)}"
        return taken(
            self._client.request(
                "PUT",
                path,
                json=body,
                headers={"If-Match": f'"{version}"'},
                acting_for=acting_for,
            )
        )

    def ask(self, match_id: str, body: Body, key: str, acting_for: str) -> Body:
        """Send one party a question of a coordinator."""
        return self._once(f"/v1/matches/{part(match_id)}/questions", body, key, acting_for)

    def answered_questions(self, acting_for: str) -> Tasks:
        """Answers of members that no coordinator has marked as read."""
        try:
            return Tasks(self._items("/v1/questions/answered", acting_for))
        except ServiceUnavailable as error:
            _log.warning("notifier_away", reason=str(error))
            return Tasks(away=True)

    def mark_read(self, question_id: str, acting_for: str) -> Body:
        path = f"/v1/questions/{part(question_id)}/read"
        return taken(self._client.request("POST", path, acting_for=acting_for))

    def record_answer(self, match_id: str, body: Body, key: str, acting_for: str) -> Body:
        return self._once(f"/v1/matches/{part(match_id)}/answers", body, key, acting_for)

    def settle(self, message_id: str, what: str, acting_for: str) -> Body:
        """`retry` or `arrived`, for an email that stopped."""
        path = f"/v1/messages/{part(message_id)}/{what}"
        return taken(self._client.request("POST", path, acting_for=acting_for))

    def _once(self, path: str, body: Body, key: str, acting_for: str) -> Body:
        """Sent twice under one key it is done once."""
        headers = {"Idempotency-Key": key}
        return taken(
            self._client.request("POST", path, json=body, headers=headers, acting_for=acting_for)
        )

    def emails(self, acting_for: str) -> list[Body]:
        """Every email there is, with the words that count now."""
        return self._items("/v1/emails", acting_for)

    def email(self, key: str, acting_for: str) -> tuple[Body, str]:
        """One email with its versions, and the entity tag of its words."""
        response = self._client.request("GET", f"/v1/emails/{part(key)}", acting_for=acting_for)
        return taken(response), response.headers.get("ETag", "")

    def choose_words(self, key: str, body: Mapping[str, str], tag: str, acting_for: str) -> Body:
        return taken(
            self._client.request(
                "PUT",
                f"/v1/emails/{part(key)}",
                json=dict(body),
                headers={"If-Match": tag},
                acting_for=acting_for,
            )
        )

    def preview(self, key: str, body: Body, acting_for: str) -> Body:
        """Subject, text and HTML as they would be sent."""
        path = f"/v1/emails/{part(key)}/preview"
        return taken(self._client.request("POST", path, json=body, acting_for=acting_for))

    def complaints(self, acting_for: str) -> Tasks:
        try:
            return Tasks(self._items("/v1/complaints", acting_for))
        except ServiceUnavailable as error:
            _log.warning("notifier_away", reason=str(error))
            return Tasks(away=True)

    def complain(self, path: str, body: Body | None, acting_for: str) -> Body:
        """A step of a complaint; `path` is below /v1/complaints."""
        whole = f"/v1/complaints{quote(path)}"
        return taken(self._client.request("POST", whole, json=body, acting_for=acting_for))

    def schedule(self, acting_for: str) -> list[Body]:
        """The settings that decide when mail goes, in words."""
        return self._items("/v1/schedule", acting_for)

    def _items(self, path: str, acting_for: str) -> list[Body]:
        """Nothing for a match that the notifier has not heard of yet."""
        response = self._client.request("GET", path, acting_for=acting_for)
        if response.status_code == httpx.codes.NOT_FOUND:
            return []
        return list(taken(response).get("items", ()))
