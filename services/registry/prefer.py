"""What contacts decided about their mail, as the notifier heard it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.registry.domain.contacts import PROPOSALS, Contact
from services.registry.domain.members import Member
from services.registry.found import find_member
from services.registry.move_member import move_member
from services.registry.register import refresh_can_be_asked
from services.registry.store.contacts import load_contacts, save_contacts
from services.registry.store.members import load_members
from services.registry.vault import Vault
from shared.storage import Work


def unsubscribe_contact(work: Work, vault: Vault, contact_id: str, choices: Sequence[str]) -> None:
    """Switch off the kinds of mail named; no kind named means all of it.

    A contact that was erased meanwhile is nobody's: nothing is done.
    """
    contact = _held(work, vault, contact_id)
    if contact is None:
        return
    wanted = dict(contact.content.get("choices") or {})
    wanted.update(dict.fromkeys(choices or (PROPOSALS,), False))
    whole = not choices or PROPOSALS in choices
    after = replace(
        contact,
        content={**contact.content, "choices": wanted},
        unsubscribed_at=work.now if whole else contact.unsubscribed_at,
        version=contact.version + 1,
        changed_at=work.now,
    )
    _save(work, vault, after)
    work.audit("contact.unsubscribed", contact_id)


def choose_mail(work: Work, vault: Vault, contact: Contact, choices: Mapping[str, bool]) -> Contact:
    """Set which kinds of mail the person wants, in either direction; nothing when it is so."""
    held = dict(contact.content.get("choices") or {})
    if all(held.get(kind, True) == wants for kind, wants in choices.items()):
        return contact
    wants_proposals = choices.get(PROPOSALS)
    since = work.now if contact.unsubscribed_at is None else contact.unsubscribed_at
    unsubscribed_at = {True: None, False: since, None: contact.unsubscribed_at}[wants_proposals]
    after = replace(
        contact,
        content={**contact.content, "choices": {**held, **choices}},
        unsubscribed_at=unsubscribed_at,
        version=contact.version + 1,
        changed_at=work.now,
    )
    _save(work, vault, after)
    work.audit("contact.chose_mail", contact.id)
    return after


def note_bounce(work: Work, vault: Vault, contact_id: str, code: str) -> None:
    """Mail to the contact came back for good: nobody is asked there until it is corrected."""
    contact = _held(work, vault, contact_id)
    if contact is None or contact.unreachable_code == code:
        return
    after = replace(
        contact, unreachable_code=code, version=contact.version + 1, changed_at=work.now
    )
    _save(work, vault, after)
    work.audit("contact.bounced", contact_id, {"code": code})


def accept_invitation(work: Work, vault: Vault, contact_id: str, member_id: str) -> None:
    """The member opted in: it is active, and the person's agreement is the lawful ground."""
    contact = _held(work, vault, contact_id)
    if contact is not None and contact.member_id == member_id:
        ground = {"basis": "consent", "date": work.now.date().isoformat(), "source": "invitation"}
        content = {**contact.content, "ground": ground}
        after = replace(contact, content=content, version=contact.version + 1, changed_at=work.now)
        save_contacts(work.connection, vault, [], [after])
    member = _member(work, member_id)
    if member is None:
        return
    if member.status == "invited":
        move_member(work, member, "activate")
    else:
        refresh_can_be_asked(work, member)


def decline_invitation(work: Work, member_id: str) -> None:
    """The member opted out; whoever became active meanwhile by another hand stays so."""
    member = _member(work, member_id)
    if member is not None and member.status == "invited":
        move_member(work, member, "withdraw")


def _held(work: Work, vault: Vault, contact_id: str) -> Contact | None:
    return load_contacts(work.connection, vault, [contact_id], lock=True).get(contact_id)


def _member(work: Work, member_id: str) -> Member | None:
    return load_members(work.connection, [member_id], lock=True).get(member_id)


def _save(work: Work, vault: Vault, contact: Contact) -> None:
    save_contacts(work.connection, vault, [], [contact])
    refresh_can_be_asked(work, find_member(work.connection, contact.member_id, lock=True))
