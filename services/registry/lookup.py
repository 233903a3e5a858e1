"""Contacts handed to the notifier at the moment of sending, each time with a purpose and an audit line.

`send`: a member's own people, for mail to them. `introduce`: one person per party, and only against
the notifier's signed statement that every one of them said yes. No contact detail leaves the vault
in any other way but a member's or coordinator's own look at it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.domain.contacts import Contact, whom_to_ask
from services.registry.domain.errors import InvalidMove, NotAllowed
from services.registry.domain.listings import LISTING_KINDS
from services.registry.found import find_contact, find_member, shown
from services.registry.store.contacts import contacts_of_members
from services.registry.store.listings import load_listings
from services.registry.vault import Vault
from shared.storage import Work

ReadClaim = Callable[[str], Mapping[str, Any]]


class ClaimRefused(NotAllowed):
    """The statement of the yeses does not cover what is asked for."""

    code = "claim_refused"


class MemberWithdrawn(InvalidMove):
    """The member left: nobody is written to on its behalf."""

    code = "member_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """Which contacts are asked for, and the claim that they may be had."""

    match_id: str
    member_ids: Sequence[str]
    listing_ids: Sequence[str]
    claim: str


def contacts_to_send(
    work: Work,
    vault: Vault,
    member_id: str,
    *,
    listing_id: str | None = None,
    contact_id: str | None = None,
) -> list[Contact]:
    """Whom to write to for a member, best first; raises MemberWithdrawn when it left."""
    _refuse_withdrawn(work, member_id)
    if contact_id is not None:
        contacts = [find_contact(work.connection, vault, contact_id, within=member_id)]
    else:
        contacts = _of_member(work, vault, member_id, [listing_id] if listing_id else [])
    _audit(work, contacts, "send", listing_id)
    return contacts


def contacts_to_introduce(
    work: Work, vault: Vault, asked: Introduction, read_claim: ReadClaim
) -> list[Contact]:
    """One contact for each party: who said yes, else the listing's own, else the main one.

    Raises ClaimRefused unless all of them are known to say yes.
    """
    claim = read_claim(asked.claim)
    _check_claim(asked, claim)
    answered = _who_answered(claim)
    chosen = []
    for member_id in asked.member_ids:
        _refuse_withdrawn(work, member_id)
        contacts = _of_member(work, vault, member_id, asked.listing_ids)
        contacts.sort(key=lambda contact: contact.id != answered.get(contact.member_id))
        chosen += contacts[:1]
    _audit(work, chosen, "introduce", asked.match_id)
    return chosen


def _check_claim(asked: Introduction, claim: Mapping[str, Any]) -> None:
    if claim.get("match_id") != asked.match_id:
        raise ClaimRefused(f"the claim is not about match {shown(asked.match_id)}; make one for it")
    if set(claim.get("member_ids") or ()) != set(asked.member_ids) or len(asked.member_ids) < 2:
        raise ClaimRefused("the claim names other members than are asked for; make one for these")
    answers = {
        entry.get("member_id"): entry.get("answer")
        for entry in claim.get("answers") or ()
        if isinstance(entry, Mapping)
    }
    silent = [member_id for member_id in asked.member_ids if answers.get(member_id) != "yes"]
    if silent:
        raise ClaimRefused(
            f"the claim has no yes of {', '.join(shown(each) for each in silent)}; "
            "contacts are passed on only when every party said yes"
        )


def _who_answered(claim: Mapping[str, Any]) -> dict[str, str]:
    """The contact of each member who said yes, where the claim names one."""
    return {
        entry["member_id"]: entry["contact_id"]
        for entry in claim.get("answers") or ()
        if entry.get("contact_id")
    }


def _of_member(
    work: Work, vault: Vault, member_id: str, listing_ids: Sequence[str]
) -> list[Contact]:
    preferred = _listing_contact(work, member_id, listing_ids)
    held = contacts_of_members(work.connection, vault, [member_id]).get(member_id, [])
    best = whom_to_ask(held, preferred)
    return sorted(best, key=lambda contact: not contact.can_be_asked)


def _listing_contact(work: Work, member_id: str, listing_ids: Sequence[str]) -> str | None:
    for kind in LISTING_KINDS:
        for listing in load_listings(work.connection, kind, listing_ids).values():
            if listing.member_id == member_id and listing.contact_id is not None:
                return listing.contact_id
    return None


def _refuse_withdrawn(work: Work, member_id: str) -> None:
    member = find_member(work.connection, member_id)
    if member.status == "withdrawn":
        raise MemberWithdrawn(
            f"member {shown(member_id)} has withdrawn; nobody is written to on its behalf"
        )


def _audit(work: Work, contacts: Sequence[Contact], purpose: str, about: str | None) -> None:
    for contact in contacts:
        details = {"purpose": purpose, "about": about, "member_id": contact.member_id}
        work.audit("contact.looked_up", contact.id, details)
