"""The event edge: what the notifier's contacts decided, and the function that records it."""

from functools import partial

from services.registry.prefer import (
    accept_invitation,
    decline_invitation,
    note_bounce,
    unsubscribe_contact,
)
from services.registry.vault import Vault
from shared.contracts import types
from shared.contracts.envelope import Event
from shared.messaging.runner import Handler
from shared.storage import Work


def _unsubscribed(vault: Vault, work: Work, event: Event) -> None:
    data = event.data or {}
    unsubscribe_contact(work, vault, data["contact_id"], data["choices"])


def _bounced(vault: Vault, work: Work, event: Event) -> None:
    data = event.data or {}
    note_bounce(work, vault, data["contact_id"], data["code"])


def _accepted(vault: Vault, work: Work, event: Event) -> None:
    data = event.data or {}
    accept_invitation(work, vault, data["contact_id"], data["member_id"])


def _declined(_: Vault, work: Work, event: Event) -> None:
    decline_invitation(work, (event.data or {})["member_id"])


def handlers(vault: Vault) -> dict[str, Handler]:
    return {type_: partial(handle, vault) for type_, handle in HANDLERS.items()}


HANDLERS = {
    types.CONTACT_UNSUBSCRIBED: _unsubscribed,
    types.CONTACT_BOUNCED: _bounced,
    types.INVITATION_ACCEPTED: _accepted,
    types.INVITATION_DECLINED: _declined,
}
