"""Mail that needs somebody: tasks for coordinators, another try, and what mail servers send back."""

from typing import Any

from flask import request

from services.notifier.again import take_as_arrived, try_again
from services.notifier.api.schemas import BounceOut, MessageOut, TasksOut
from services.notifier.complaints import due_at, open_complaints
from services.notifier.domain.messages import Message
from services.notifier.erasures import LONGEST_WAIT, waiting_erasures
from services.notifier.mail.bounces import read_report
from services.notifier.parts import Parts
from services.notifier.returned import take_report
from services.notifier.store.ledger import needing_someone
from services.notifier.store.records import refused_exchanges
from services.notifier.store.suggestions import open_suggestions
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal
from shared.web.requests import accepts

SUGGESTED = {
    "place": "the place",
    "number": "the number",
    "dates": "the dates",
    "other": "something else",
}
_MOST_BOUNCE_BYTES = 2 * 2**20
_WORDS = {
    "no_contact": "Nobody could be written to. Add or correct a contact, then send it again.",
    "undeliverable": "The email could not be delivered. Correct the address, then send it again.",
    "suppressed": "This person does not want such emails, or their address is suppressed. "
    "Ask by telephone and record the answer.",
    "refused": "The email could not be written to this address. Correct the contact.",
    "held_ambiguous": "Perhaps it arrived, perhaps not. Ask the recipient; then send it again "
    "or take it as arrived.",
}


def mail_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("mail", __name__, url_prefix="/v1")

    @blueprint.get("/tasks")
    @policy("service:matcher")
    @blueprint.response(200, TasksOut)
    def list_tasks() -> Any:
        """What stopped or was asked for and waits for a coordinator."""
        with parts.database.read() as connection:
            stopped = needing_someone(connection)
            refused = refused_exchanges(connection)
            suggested = open_suggestions(connection)
            erasures = waiting_erasures(connection)
            complaints = open_complaints(connection)
        items = [_message_task(message) for message in stopped]
        items += [_refused_task(row) for row in refused]
        items += [_suggestion_task(row) for row in suggested]
        items += [_erasure_task(row) for row in erasures]
        items += [_complaint_task(row) for row in complaints]
        return {"items": items}

    @blueprint.post("/messages/<message_id>/retry")
    @policy("service:matcher")
    @blueprint.response(200, MessageOut)
    def retry(message_id: str) -> Any:
        """Send a failed or held message once more."""
        with parts.work(principal().acting_for) as work:
            return try_again(work, message_id)

    @blueprint.post("/messages/<message_id>/arrived")
    @policy("service:matcher")
    @blueprint.response(200, MessageOut)
    def arrived(message_id: str) -> Any:
        """Take a held message as arrived, because its recipient says so."""
        with parts.work(principal().acting_for) as work:
            return take_as_arrived(work, message_id)

    @blueprint.post("/bounces")
    @policy("service")
    @accepts("message/rfc822", max_bytes=_MOST_BOUNCE_BYTES)
    @blueprint.doc(requestBody={"content": {"message/rfc822": {"schema": {"type": "string"}}}})
    @blueprint.response(200, BounceOut)
    def bounce() -> Any:
        """A delivery report or complaint, as the mail server received it."""
        report = read_report(request.get_data(), request.headers.get("X-Envelope-To"))
        recipient_hash = parts.hash_of(report.recipient) if report.recipient else None
        with parts.work() as work:
            message = take_report(work, report, recipient_hash)
        return {
            "kind": report.kind.value,
            "status": report.status,
            "message_id": message.message_id if message else None,
        }

    return blueprint


def _message_task(message: Message) -> dict[str, Any]:
    code = message.code or message.state.value
    text = _WORDS.get(code, "Look at the message and decide.")
    return {
        "kind": "message",
        "match_id": message.match_id,
        "member_id": message.member_id,
        "message": message,
        "code": code,
        "text": text,
    }


def _refused_task(row: Any) -> dict[str, Any]:
    text = f"Both sides agreed, but a rule stands against introducing them: {row.reason}."
    return {
        "kind": "introduction",
        "match_id": row.match_id,
        "member_id": None,
        "message": None,
        "code": "rule_broken",
        "text": text,
    }


def _suggestion_task(row: Any) -> dict[str, Any]:
    return {
        "kind": "suggestion",
        "match_id": row.match_id,
        "member_id": row.member_id,
        "message": None,
        "code": "change_suggested",
        "text": f"A member would like a change before it answers ({SUGGESTED[row.about]}). The "
        "match waits. Read it, do what is to be done, then release the match.",
    }


def _erasure_task(row: Any) -> dict[str, Any]:
    last = row.asked_at + LONGEST_WAIT
    return {
        "kind": "erasure",
        "match_id": None,
        "member_id": row.member_id,
        "message": None,
        "code": "erasure_asked",
        "text": "A contact of this member asks to be erased, and a match that asked them is open. "
        f"Finish or withdraw it; the erasure follows by itself, at the latest on {last:%d %B %Y}.",
    }


def _complaint_task(row: Any) -> dict[str, Any]:
    told = row.acknowledged_at is not None
    return {
        "kind": "complaint",
        "match_id": None,
        "member_id": row.member_id,
        "message": None,
        "code": "complaint_to_close" if told else "complaint_to_acknowledge",
        "text": "Look into it and tell the person what you found."
        if told
        else f"Tell the person by {due_at(row):%d %B %Y} that it arrived.",
    }
