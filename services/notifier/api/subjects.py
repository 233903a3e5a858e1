"""What the registry's subject commands need from us: everything about a person, or nothing any more."""

from typing import Any

from services.notifier.api.schemas import ErasedOut, SubjectIn
from services.notifier.erase import erase_subject, export_subject
from services.notifier.parts import Parts
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal


def subject_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("subjects", __name__, url_prefix="/v1/subjects")

    @blueprint.post("/export")
    @policy("service:registry")
    @blueprint.arguments(SubjectIn)
    @blueprint.response(200)
    def export(body: dict[str, Any]) -> Any:
        """All we hold about a contact, readable."""
        digest = parts.hash_of(body["email"])
        with parts.work(principal().acting_for) as work:
            return export_subject(work, parts.vault, body["contact_id"], digest)

    @blueprint.post("/erase")
    @policy("service:registry")
    @blueprint.arguments(SubjectIn)
    @blueprint.response(200, ErasedOut)
    def erase(body: dict[str, Any]) -> Any:
        """Erase a contact here; may be repeated. The address stays suppressed by its HMAC."""
        digest = parts.hash_of(body["email"])
        with parts.work(principal().acting_for) as work:
            parts.erased.add(body["contact_id"], digest, work.now)
            erased = erase_subject(work, parts.vault, body["contact_id"], digest)
        parts.forget_mail(erased)
        return {"messages_erased": len(erased)}

    return blueprint
