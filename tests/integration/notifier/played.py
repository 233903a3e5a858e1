"""Registry and matcher, played by us: they answer what the notifier asks, and remember it."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.ids import new_id

ECC, BBC, UKPN = "essex-county-council", "bbc", "uk-power-networks"
NAMES = {
    ECC: "Essex County Council",
    BBC: "BBC",
    UKPN: "UK Power Networks",
}


@dataclass
class Registry:
    """Answers contact lookups as the registry does, and remembers every one."""

    people: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lookups: list[dict[str, Any]] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    away: bool = False
    listings: list[dict[str, Any]] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    read_claim: Any = None
    own_contact: dict[str, Any] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away", request=request)
        path = request.url.path
        if path == "/v1/contacts/lookup":
            return self._lookup(json.loads(request.content))
        if request.method == "POST" and path.endswith("/contacts"):
            return self._add(path.split("/")[3], json.loads(request.content))
        if path == "/v1/own-contact":
            return self._own(request.method)
        if path.startswith("/v1/members/"):
            member_id = path.split("/")[3]
            body = {"member_id": member_id, "name": NAMES.get(member_id, member_id)}
            return httpx.Response(
                200,
                json={**body, "sector": "business", "status": "invited", "places": ["E10000012"]},
            )
        return httpx.Response(200, json=self._listed(path.split("/")[-1], request.url.params))

    def _listed(self, kind: str, params: httpx.QueryParams) -> dict[str, Any]:
        """A page of one listing at a time, so that every reader has to ask for the next."""
        found = [
            one
            for one in self.listings
            if one["kind"] == kind
            and params.get("member") in (None, one["member"])
            and ("unconfirmed" not in params or one["id"] in self.stale)
        ]
        if "unconfirmed" not in params:
            return {"items": found, "next": None}
        after = int(params.get("after") or 0)
        following = str(after + 1) if after + 1 < len(found) else None
        return {"items": found[after : after + 1], "next": following}

    def _own(self, method: str) -> httpx.Response:
        """The record of the person who is erased in a test."""
        if method == "DELETE":
            self.own_contact = None
            return httpx.Response(204)
        if self.own_contact is None:
            return httpx.Response(403, json={"code": "contact_gone"})
        return httpx.Response(200, json=self.own_contact)

    def _lookup(self, body: dict[str, Any]) -> httpx.Response:
        self.lookups.append(body)
        if body["purpose"] == "introduce":
            claim = self.read_claim(body["claim"])
            said = {entry["member_id"] for entry in claim["answers"] if entry["answer"] == "yes"}
            if set(body["member_ids"]) != said or claim["match_id"] != body["match_id"]:
                return httpx.Response(403, json={"code": "claim_refused"})
            found = [self.people[member][0] for member in body["member_ids"]]
            return httpx.Response(200, json={"contacts": found})
        found = self.people.get(body["member_id"], [])
        if body.get("contact_id"):
            found = [person for person in found if person["contact_id"] == body["contact_id"]]
        return httpx.Response(200, json={"contacts": found})

    def _add(self, member_id: str, body: dict[str, Any]) -> httpx.Response:
        self.added.append({"member_id": member_id, **body})
        person = a_contact(member_id, name=body["name"], email=body["email"])
        self.people.setdefault(member_id, []).append(person)
        return httpx.Response(201, json={"id": person["contact_id"]})


def a_contact(member_id: str, **values: Any) -> dict[str, Any]:
    contact_id = values.pop("contact_id", None) or new_id()
    return {
        "contact_id": contact_id,
        "member_id": member_id,
        "name": f"Person of {member_id}",
        "role": "Partnerships",
        "email": f"person@{member_id}.example",
        "choices": {},
        "ground_ok": True,
        "main": True,
        "can_be_asked": True,
        **values,
    }


@dataclass
class Matcher:
    """Answers the check before an introduction."""

    rule: str | None = None
    away: bool = False
    checks: int = 0
    quiet: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away", request=request)
        if request.url.path == "/v1/quiet-periods":
            return httpx.Response(200, json={"items": self.quiet})
        self.checks += 1
        return httpx.Response(200, json={"allowed": self.rule is None, "reason": self.rule})
