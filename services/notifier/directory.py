"""The other services as the notifier needs them: contacts at the moment of sending, the last check.

Nothing fetched here is kept: a contact lives as long as the message that is being written.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from services.notifier.domain.calendar import QuietPeriod
from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import NotifierError
from shared.web.client import ServiceClient
from shared.web.failures import ServiceUnavailable
from shared.web.tokens import SignedLinks

#: Purpose of the signed statement that every necessary party has said yes.
INTRODUCE_CLAIM = "introduce-claim"
_CLAIM_SECONDS = 60.0
_PAGE = 200


class DirectoryRefused(NotifierError):
    """The registry understood the request and refused it; repeating it will not help."""


class Directory:
    """The registry, read through its API with a service token; every lookup is audited there."""

    def __init__(self, client: ServiceClient, claims: SignedLinks) -> None:
        self._client = client
        self._claims = claims

    def contacts_to_send(
        self, member_id: str, listing_id: str | None, contact_id: str | None
    ) -> list[Contact]:
        """Whom to write to for this member, best first; empty when there is nobody."""
        body = {
            "purpose": "send",
            "member_id": member_id,
            "listing_id": listing_id,
            "contact_id": contact_id,
        }
        return self._lookup(body)

    def contacts_to_introduce(
        self, match_id: str, answers: Sequence[tuple[str, str, str | None]]
    ) -> list[Contact]:
        """One contact per party, against our signed statement of all the yeses.

        `answers` are (member, listing, contact who answered). Whoever said yes is introduced,
        even where the registry would write to somebody else of that member.
        """
        said = {
            "match_id": match_id,
            "member_ids": [member_id for member_id, _, _ in answers],
            "listing_ids": [listing_id for _, listing_id, _ in answers if listing_id],
        }
        yeses = [
            {"member_id": member_id, "answer": "yes", "contact_id": contact_id}
            for member_id, _, contact_id in answers
        ]
        claim = self._claims.make(
            INTRODUCE_CLAIM, {**said, "answers": yeses}, seconds=_CLAIM_SECONDS
        )
        found = self._lookup({"purpose": "introduce", **said, "claim": claim})
        chosen = {contact.member_id: contact for contact in found}
        for member_id, _, contact_id in answers:
            handed = chosen.get(member_id)
            if contact_id is None or handed is None or handed.contact_id == contact_id:
                continue
            for contact in self.contacts_to_send(member_id, None, contact_id)[:1]:
                chosen[member_id] = contact
        return list(chosen.values())

    def add_contact(self, member_id: str, *, name: str, role: str, email: str, today: date) -> str:
        """Enter a colleague whom a contact named; returns the contact's id."""
        ground = {
            "basis": "legitimate_interests",
            "date": today.isoformat(),
            "source": "named by a colleague who answered a proposal",
        }
        body = {"name": name, "role": role, "email": email, "ground": ground}
        found = self._json("POST", f"/v1/members/{quote(member_id, safe='')}/contacts", body)
        if "id" not in found:
            raise DirectoryRefused(f"the registry knows no member {member_id}")
        return str(found["id"])

    def member(self, member_id: str) -> Mapping[str, Any]:
        """What the registry holds about a member, for its own people to check."""
        return self._json("GET", f"/v1/members/{quote(member_id, safe='')}", None)

    def listings(self, member_id: str) -> list[Mapping[str, Any]]:
        """The member's capabilities and needs."""
        found: list[Mapping[str, Any]] = []
        for kind in ("capabilities", "needs"):
            page = self._json("GET", f"/v1/{kind}?member={quote(member_id, safe='')}", None)
            found += [{**item, "kind": kind} for item in page.get("items") or []]
        return found

    def unconfirmed(self, member_id: str | None = None) -> list[Mapping[str, Any]]:
        """Published listings that nobody confirmed for long, of one member or of all."""
        found: list[Mapping[str, Any]] = []
        of_member = f"&member={quote(member_id, safe='')}" if member_id else ""
        for kind in ("capabilities", "needs"):
            after: str | None = ""
            while after is not None:
                path = f"/v1/{kind}?unconfirmed=true&limit={_PAGE}{of_member}{after}"
                page = self._json("GET", path, None)
                found += [{**item, "kind": kind} for item in page.get("items") or []]
                following = page.get("next")
                after = f"&after={quote(str(following), safe='')}" if following else None
        return found

    def _lookup(self, body: Mapping[str, Any]) -> list[Contact]:
        found = self._json("POST", "/v1/contacts/lookup", body)
        return [
            Contact(
                contact_id=str(item["contact_id"]),
                member_id=str(item["member_id"]),
                email=str(item["email"]),
                name=str(item.get("name") or ""),
                role=str(item.get("role") or ""),
                choices=item.get("choices") or {},
                ground_ok=bool(item.get("ground_ok", True)),
                can_be_asked=bool(item.get("can_be_asked", True)),
            )
            for item in found.get("contacts") or []
        ]

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        response = self._client.request(method, path, json=body)
        if response.status_code == 404:
            return {}
        if response.status_code == 429 or response.status_code >= 500:
            raise ServiceUnavailable(f"the registry answered {response.status_code}; try later")
        if response.status_code >= 400:
            code = _problem_code(response.text, response)
            raise DirectoryRefused(
                f"the registry refused {method} {path.partition('?')[0]} with "
                f"{response.status_code} ({code})"
            )
        found: dict[str, Any] = response.json()
        return found


class MatcherGate:
    """The matcher's check before contacts pass, and the quiet periods it keeps."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def quiet_periods(self) -> list[QuietPeriod]:
        """The present and the coming ones; `ServiceUnavailable` when nobody says."""
        response = self._client.request("GET", "/v1/quiet-periods")
        if response.status_code != 200:
            raise ServiceUnavailable(
                f"the matcher answered {response.status_code} about quiet periods; try later"
            )
        return [
            QuietPeriod(
                nation=str(item["nation"]),
                first_day=date.fromisoformat(item["first_day"]),
                last_day=date.fromisoformat(item["last_day"]),
            )
            for item in response.json().get("items") or []
        ]

    def check(self, match_id: str) -> str | None:
        """None when allowed, else the rule against it; `ServiceUnavailable` when nobody says."""
        response = self._client.request("POST", f"/v1/matches/{quote(match_id, safe='')}/check")
        if response.status_code != 200:
            raise ServiceUnavailable(
                f"the matcher answered {response.status_code} to the check of {match_id}; try later"
            )
        found = response.json()
        return None if found.get("allowed") is True else str(found.get("reason") or "not_allowed")


def _problem_code(text: str, response: Any) -> str:
    try:
        return str(response.json().get("code") or "no code")
    except (ValueError, AttributeError):
        return f"{len(text)} bytes"
