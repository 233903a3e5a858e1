"""The other services as one person may use them who came by a link: nothing but what is theirs.

Every call names the contact, whom the registry checks anew each time; what was refused comes back
in the words of the service that refused.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from services.notifier.domain.errors import NotifierError
from shared.web.client import ServiceClient
from shared.web.failures import ServiceUnavailable

Body = dict[str, Any]
PLURAL: Mapping[str, str] = {"capability": "capabilities", "need": "needs"}
_PAGE = 100


class Refused(NotifierError):
    """Not taken as it is; `faults` by field where the service said so."""

    def __init__(self, detail: str, faults: Mapping[str, str], status: int) -> None:
        super().__init__(detail)
        self.faults = dict(faults)
        self.status = status


class Gone(NotifierError):
    """The person or the listing is not there (any more), or was never theirs."""


class SelfService:
    """Registry and matcher, asked for one contact."""

    def __init__(self, registry: ServiceClient, matcher: ServiceClient) -> None:
        self._registry = registry
        self._matcher = matcher

    def member(self, contact_id: str, member_id: str) -> Body:
        return self._body(contact_id, "GET", f"/v1/members/{_part(member_id)}")[0]

    def listings(self, contact_id: str) -> list[Body]:
        """All of the member's, each with its `kind`; closed ones are left out."""
        found: list[Body] = []
        for kind, plural in PLURAL.items():
            after = ""
            while True:
                path = f"/v1/{plural}?limit={_PAGE}{after}"
                page = self._body(contact_id, "GET", path)[0]
                found += [{**one, "kind": kind} for one in page["items"]]
                if not page["next"]:
                    break
                after = f"&after={quote(page['next'], safe='')}"
        return [one for one in found if one["status"] != "closed"]

    def listing(self, contact_id: str, kind: str, listing_id: str) -> tuple[Body, str]:
        """The listing and its entity tag."""
        return self._body(contact_id, "GET", f"/v1/{PLURAL[kind]}/{_part(listing_id)}")

    def add(self, contact_id: str, kind: str, body: Body, key: str) -> Body:
        """Publish a new one; `key` makes a second press the same one."""
        headers = {"Idempotency-Key": key}
        return self._body(contact_id, "POST", f"/v1/{PLURAL[kind]}", body, headers)[0]

    def change(self, contact_id: str, kind: str, listing_id: str, body: Body, tag: str) -> None:
        path = f"/v1/{PLURAL[kind]}/{_part(listing_id)}"
        self._body(contact_id, "PUT", path, body, {"If-Match": tag})

    def step(self, contact_id: str, kind: str, listing_id: str, step: str) -> None:
        """`publish`, `confirm`, `pause` or `resume`."""
        path = f"/v1/{PLURAL[kind]}/{_part(listing_id)}/{step}"
        self._body(contact_id, "POST", path)

    def close(self, contact_id: str, kind: str, listing_id: str) -> None:
        path = f"/v1/{PLURAL[kind]}/{_part(listing_id)}/close"
        self._body(contact_id, "POST", path, {"code": "withdrawn"})

    def contact(self, contact_id: str) -> tuple[Body, str]:
        """One's own record and its entity tag; raises `Gone` once it is erased."""
        return self._body(contact_id, "GET", "/v1/own-contact")

    def correct(self, contact_id: str, body: Body, tag: str) -> None:
        self._body(contact_id, "PUT", "/v1/own-contact", body, {"If-Match": tag})

    def choose(self, contact_id: str, choices: Mapping[str, bool]) -> None:
        """Which kinds of mail the person wants."""
        self._body(contact_id, "POST", "/v1/own-contact/choices", dict(choices))

    def held(self, contact_id: str) -> Body:
        """Everything the registry holds about the person."""
        return self._body(contact_id, "GET", "/v1/own-contact/export")[0]

    def erase(self, contact_id: str) -> None:
        self._body(contact_id, "DELETE", "/v1/own-contact")

    def preview(self, contact_id: str, kind: str, listing: Body) -> Body:
        """How many a listing would find as it is typed, and what its text says."""
        label = f"contact:{contact_id}"
        body = {"kind": kind, "listing": listing}
        answer = self._matcher.request("POST", "/v1/previews", json=body, acting_for=label)
        return _taken(answer)

    def _body(
        self,
        contact_id: str,
        method: str,
        path: str,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Body, str]:
        label = f"contact:{contact_id}"
        answer = self._registry.request(method, path, json=body, headers=headers, acting_for=label)
        return _taken(answer), answer.headers.get("ETag", "")


def _taken(answer: httpx.Response) -> Body:
    found = _json(answer)
    if answer.is_success:
        return found
    if answer.status_code == 404 or found.get("code") == "contact_gone":
        raise Gone("it is not there any more, or was never yours")
    if answer.status_code == 429 or answer.status_code >= 500:
        raise ServiceUnavailable(f"the service answered {answer.status_code}; try again later")
    faults = {
        str(one.get("field", "")).partition(".")[0]: str(one.get("message", ""))
        for one in found.get("errors") or ()
    }
    detail = str(found.get("detail") or f"The service answered {answer.status_code}.")
    raise Refused(detail, faults, answer.status_code)


def _json(answer: httpx.Response) -> Body:
    try:
        found = answer.json() if answer.content else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _part(value: str) -> str:
    return quote(value, safe="")
