"""Invitations: a member is told what we hold about it and opts in or out."""

from services.notifier.domain.messages import Kind
from services.notifier.store.ledger import Plan, cancel_unsent, plan_message
from services.notifier.store.wishes import Link
from shared.contracts.envelope import Event
from shared.contracts.types import INVITATION_ACCEPTED, INVITATION_DECLINED
from shared.storage import Work


def invite_member(work: Work, event: Event) -> None:
    """Plan the invitation; a later version of the member may be invited once more."""
    data = event.data or {}
    plan = Plan(
        kind=Kind.INVITATION,
        member_id=str(data["member_id"]),
        attempt=int(data.get("version") or 1),
        due_at=work.now,
        correlation_id=event.correlation_id,
    )
    plan_message(work.connection, plan, work.now)


def answer_invitation(work: Work, link: Link, *, accepted: bool) -> None:
    """Publish the member's decision; the registry acts on it and records the ground."""
    if link.contact_id is None:
        return
    data = {"contact_id": link.contact_id, "member_id": link.member_id}
    work.publish(INVITATION_ACCEPTED if accepted else INVITATION_DECLINED, link.contact_id, data)
    decision = "accepted" if accepted else "declined"
    work.audit(f"invitation.{decision}", link.member_id)


def stop_mailing_member(work: Work, event: Event) -> None:
    """A member left: nothing that waits is sent to it. Its open matches are the matcher's to end."""
    cancel_unsent(work.connection, work.now, member_id=event.subject)
