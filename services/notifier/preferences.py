"""What people decide about their mail: here it stops at once, and the registry is told."""

from collections.abc import Sequence

from services.notifier.domain.messages import CHOICE_OF, Kind
from services.notifier.store.ledger import cancel_unsent, sealed_parts
from services.notifier.store.wishes import Link, add_unsubscribe, start_again, suppress
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.storage import Work

CHOICES = ("proposals", "follow_ups", "digest")


def choose_mail(work: Work, contact_id: str, address_hash: str, choices: Sequence[str]) -> None:
    """Send these kinds again: the person took back that they wanted none of them."""
    start_again(work.connection, contact_id, address_hash, choices)
    work.audit("mail.started", contact_id, {"choices": sorted(choices)})


def stop_mail(work: Work, link: Link, choices: Sequence[str], how: str) -> None:
    """Stop these kinds of mail for the contact and its address; repeating it changes nothing."""
    if link.contact_id is None:
        return
    stop_here(work, link, choices, how)
    data = {
        "contact_id": link.contact_id,
        "member_id": link.member_id,
        "choices": list(choices),
    }
    work.publish(CONTACT_UNSUBSCRIBED, link.contact_id, data)


def stop_here(work: Work, link: Link, choices: Sequence[str], how: str) -> None:
    """As `stop_mail` where the registry was told by a call already: an event on its way would
    undo what the person chooses next.
    """
    if link.contact_id is None or not choices:
        return
    digest = sealed_parts(work.connection, link.message_id).recipient_hash
    for choice in choices:
        add_unsubscribe(work.connection, link.contact_id, link.member_id, choice, how, work.now)
        if digest is not None:
            suppress(work.connection, digest, choice, "unsubscribe", work.now)
    kinds = [kind for kind in Kind if CHOICE_OF.get(kind) in choices]
    cancel_unsent(work.connection, work.now, contact_id=link.contact_id, kinds=kinds)
    work.audit("mail.stopped", link.contact_id, {"choices": list(choices), "how": how})
