"""/v1/members/{id}/contacts and /v1/contacts: people, for their own member and the office only."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask.views import MethodView

from services.registry import keep_contacts, lookup
from services.registry.api.access import (
    EVERYONE,
    NOTIFIER,
    WRITERS,
    acting_contact,
    parts,
    transaction,
    within,
)
from services.registry.api.answers import show, write
from services.registry.api.bodies import (
    ContactFields,
    ContactNew,
    LookupBody,
    OwnChoices,
    OwnContactFields,
)
from services.registry.api.headers import REPEATABLE, VERSIONED
from services.registry.api.views import (
    ContactView,
    ContactWritten,
    LookedUp,
    contact_view,
    contact_written,
    looked_up,
    page_of,
)
from services.registry.domain.contacts import Contact
from services.registry.erase import erase_subject, subject_data
from services.registry.found import find_contact, find_member
from services.registry.prefer import choose_mail
from services.registry.store.contacts import contacts_of_members, load_contacts
from shared.ids import new_id
from shared.storage import Work
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal
from shared.web.preconditions import if_match
from shared.web.problems import problem
from shared.web.tokens import LinkRefused

blp = Blueprint("contacts", __name__, url_prefix="/v1", description="People of members.")


@blp.route("/members/<string:member_id>/contacts")
class Contacts(MethodView):
    @policy(*EVERYONE)
    @blp.response(200, page_of(ContactView))
    def get(self, member_id: str) -> Response:
        """The people of a member."""
        vault = parts().vault
        with parts().database.read() as connection:
            find_member(connection, member_id, within=within())
            held = contacts_of_members(connection, vault, [member_id]).get(member_id, [])
        return show({"items": [contact_view(contact) for contact in held], "next": None})

    @policy(*WRITERS, NOTIFIER)
    @blp.doc(parameters=REPEATABLE)
    @blp.arguments(ContactNew)
    @blp.response(201, ContactWritten)
    def post(self, data: dict[str, Any], member_id: str) -> Response:
        """Add a person. The answer does not repeat what was sent about them.

        A colleague whom the notifier enters may be there already: then that contact is the answer.
        """
        named = principal().kind == "service" and principal().id == "notifier"
        limit, contact_id, main = within(), data.pop("id") or new_id(), data.pop("main")

        def change(work: Work) -> Contact:
            find_member(work.connection, member_id, within=limit, lock=True)
            if named:
                held = keep_contacts.contact_with_address(
                    work, parts().vault, member_id, data["email"]
                )
                if held is not None:
                    return held
            contact = Contact(
                id=contact_id, member_id=member_id, content=data, main=main, changed_at=work.now
            )
            return keep_contacts.add_contact(work, parts().vault, contact, within=limit)

        return write(change, contact_written, status=201, location="/v1/contacts/{id}")


@blp.route("/contacts/<string:contact_id>")
class OneContact(MethodView):
    @policy(*EVERYONE)
    @blp.response(200, ContactView)
    def get(self, contact_id: str) -> Response:
        """Read a person's record."""
        with parts().database.read() as connection:
            contact = find_contact(connection, parts().vault, contact_id, within=within())
        return show(contact_view(contact), contact.version)

    @policy(*WRITERS)
    @blp.doc(parameters=VERSIONED)
    @blp.arguments(ContactFields)
    @blp.response(200, ContactWritten)
    def put(self, data: dict[str, Any], contact_id: str) -> Response:
        """Replace a person's record (If-Match). A corrected address can be asked again."""
        limit, main = within(), data.pop("main")

        def change(work: Work) -> Contact:
            contact = find_contact(
                work.connection, parts().vault, contact_id, within=limit, lock=True
            )
            if_match(contact.version)
            return keep_contacts.change_contact(work, parts().vault, contact, data, main=main)

        return write(change, contact_written)

    @policy(*WRITERS)
    @blp.doc(parameters=VERSIONED)
    @blp.response(204)
    def delete(self, contact_id: str) -> Response:
        """Remove a person (If-Match)."""
        limit = within()

        def change(work: Work) -> None:
            contact = find_contact(
                work.connection, parts().vault, contact_id, within=limit, lock=True
            )
            if_match(contact.version)
            keep_contacts.remove_contact(work, parts().vault, contact)

        return write(change, lambda _: {}, status=204)


@blp.route("/own-contact")
class OwnContact(MethodView):
    """The record of the person who came by a link, for the notifier's pages."""

    @policy(NOTIFIER)
    @blp.response(200, ContactView)
    def get(self) -> Response:
        """Read one's own record."""
        with parts().database.read() as connection:
            contact = find_contact(connection, parts().vault, acting_contact(), within=within())
        return show(contact_view(contact), contact.version)

    @policy(NOTIFIER)
    @blp.doc(parameters=VERSIONED)
    @blp.arguments(OwnContactFields)
    @blp.response(200, ContactWritten)
    def put(self, data: dict[str, Any]) -> Response:
        """Correct one's name, role and address (If-Match); the rest stays as it is."""
        limit, contact_id = within(), acting_contact()

        def change(work: Work) -> Contact:
            vault = parts().vault
            contact = find_contact(work.connection, vault, contact_id, within=limit, lock=True)
            if_match(contact.version)
            content = {**contact.content, **data}
            return keep_contacts.change_contact(work, vault, contact, content, main=contact.main)

        return write(change, contact_written)

    @policy(NOTIFIER)
    @blp.response(204)
    def delete(self) -> Response:
        """Erase one's own record; may be repeated, for nothing is left the second time."""

        def change(work: Work) -> None:
            vault, contact_id = parts().vault, acting_contact()
            held = load_contacts(work.connection, vault, [contact_id], lock=True)
            erase_subject(work, vault, list(held.values()), parts().erasures)

        return write(change, lambda _: {}, status=204)


@blp.route("/own-contact/choices", methods=["POST"])
@policy(NOTIFIER)
@blp.arguments(OwnChoices)
@blp.response(200, ContactWritten)
def choose_own(data: dict[str, bool]) -> Response:
    """Which kinds of mail one wants; what is left out stays as it is."""
    limit, contact_id = within(), acting_contact()

    def change(work: Work) -> Contact:
        vault = parts().vault
        contact = find_contact(work.connection, vault, contact_id, within=limit, lock=True)
        return choose_mail(work, vault, contact, data)

    return write(change, contact_written)


@blp.route("/own-contact/export")
@policy(NOTIFIER)
@blp.response(200)
def export_own() -> Response:
    """Everything the registry holds about the person who came by a link."""
    with transaction() as work:
        contact = find_contact(work.connection, parts().vault, acting_contact(), within=within())
        held = subject_data(work.connection, contact)
        work.audit("contact.exported", contact.id)
    return show(held)


@blp.route("/contacts/lookup", methods=["POST"])
@policy("service:notifier")
@blp.arguments(LookupBody)
@blp.response(200, LookedUp)
def look_up(data: Mapping[str, Any]) -> Response:
    """Addresses at the moment of sending, for the notifier alone; every look is audited."""
    vault = parts().vault
    with transaction() as work:
        if data["purpose"] == "send":
            contacts = lookup.contacts_to_send(
                work,
                vault,
                data["member_id"],
                listing_id=data["listing_id"],
                contact_id=data["contact_id"],
            )
        else:
            asked = lookup.Introduction(
                match_id=data["match_id"],
                member_ids=data["member_ids"],
                listing_ids=data["listing_ids"],
                claim=data["claim"],
            )
            contacts = lookup.contacts_to_introduce(work, vault, asked, _read_claim)
    return show({"contacts": [looked_up(contact) for contact in contacts]})


def _read_claim(text: str) -> Mapping[str, Any]:
    try:
        return parts().claims.read(text, "introduce-claim")
    except LinkRefused as refused:
        problem(
            403,
            "claim_refused",
            f"The claim is {refused.reason}. Sign a new one with the key the services share.",
        )
