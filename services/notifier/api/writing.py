"""What coordinators write to members: previews of approaches, their wording, questions."""

from dataclasses import asdict
from typing import Any

from services.notifier.api.schemas_writing import (
    ApproachesOut,
    AskIn,
    MatchIn,
    OwnWordsIn,
    OwnWordsOut,
    QuestionOut,
    QuestionsOut,
    WrittenOut,
)
from services.notifier.domain.matches import match_from
from services.notifier.domain.messages import Kind
from services.notifier.mail.own_words import own_words
from services.notifier.parts import Parts
from services.notifier.post import sender_of
from services.notifier.previews import Previews
from services.notifier.question import Asked, ask_question, mark_read
from services.notifier.reword import save_wording
from services.notifier.store.ledger import messages_of_match
from services.notifier.store.written import (
    Question,
    Written,
    questions_of_match,
    unread_answers,
    written_for,
)
from shared.web.idempotency import idempotent, remember
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal
from shared.web.preconditions import etag, if_match


def writing_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("writing", __name__, url_prefix="/v1")
    _add_wording(blueprint, parts)
    _add_questions(blueprint, parts)
    return blueprint


def _add_wording(blueprint: Blueprint, parts: Parts) -> None:
    previews = Previews(sender_of(parts.settings), parts.pace, parts.vault)

    @blueprint.post("/previews")
    @policy("service:matcher")
    @blueprint.arguments(MatchIn)
    @blueprint.response(200, ApproachesOut)
    def preview(body: dict[str, Any]) -> Any:
        """The approaches of a match as they would be sent now; nobody is written to.

        The match comes with the request, because it is not known here before it is approved.
        """
        match = match_from(body["match"])
        with parts.database.read() as connection:
            found = list(previews.of_match(connection, match, parts.clock.now()))
        return {"items": [{**one, "wording": _wording(one["wording"])} for one in found]}

    @blueprint.get("/matches/<match_id>/written")
    @policy("service:matcher")
    @blueprint.response(200, WrittenOut)
    def list_written(match_id: str) -> Any:
        """What coordinators wrote to the members of a match, and what those answered."""
        with parts.work(principal().acting_for) as work:
            asked = questions_of_match(work.connection, parts.vault, match_id)
            saved = written_for(work.connection, parts.vault, match_id)
            mail = messages_of_match(work.connection, match_id, [Kind.QUESTION])
            if any(one.answered_at for one in asked):
                work.audit("questions.looked_at", match_id)
        fate = {one.message_id: {"mail_state": one.state, "mail_code": one.code} for one in mail}
        return {
            "wordings": [_wording(one) for one in saved.values()],
            "questions": [{**asdict(one), **fate.get(one.message_id, {})} for one in asked],
        }

    @blueprint.put("/matches/<match_id>/wordings/<member_id>")
    @policy("service:matcher")
    @blueprint.arguments(OwnWordsIn)
    @blueprint.response(200, OwnWordsOut)
    def put_wording(body: dict[str, Any], match_id: str, member_id: str) -> Any:
        """Say one party's approach in other words, or (both empty) in the usual ones again.

        If-Match names the version that was seen, `"0"` where nothing was saved before.
        """
        words = own_words(body["subject"], body["opening"])
        with parts.work(principal().acting_for) as work:
            present = written_for(work.connection, parts.vault, match_id, [member_id])[member_id]
            if_match(present.version)
            written = save_wording(work, parts.vault, match_id, member_id, words, present.version)
        return _wording(written), {"ETag": etag(written.version)}


def _add_questions(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.post("/matches/<match_id>/questions")
    @policy("service:matcher")
    @blueprint.arguments(AskIn)
    @blueprint.response(201, QuestionOut)
    def ask(body: dict[str, Any], match_id: str) -> Any:
        """Ask one party something by email; its answer comes back on a page."""
        with parts.work(principal().acting_for) as work:
            if (again := idempotent(work)) is not None:
                return again
            question = ask_question(work, parts.vault, match_id, Asked(**body))
            return remember(work, _dumped(question), 201)

    @blueprint.get("/questions/answered")
    @policy("service:matcher")
    @blueprint.response(200, QuestionsOut)
    def list_answered() -> Any:
        """Answers that no coordinator has marked as read, the longest waiting first."""
        with parts.database.read() as connection:
            return {"items": unread_answers(connection, parts.vault)}

    @blueprint.post("/questions/<question_id>/read")
    @policy("service:matcher")
    @blueprint.response(200, QuestionOut)
    def read(question_id: str) -> Any:
        """A coordinator has read the answer; said twice it changes nothing."""
        with parts.work(principal().acting_for) as work:
            return mark_read(work, parts.vault, question_id)


def _dumped(question: Question) -> Any:
    return QuestionOut().dump(question)


def _wording(written: Written) -> dict[str, Any]:
    return {
        "member_id": written.member_id,
        "subject": written.words.subject,
        "opening": written.words.opening,
        "version": written.version,
        "edited_by": written.edited_by,
        "edited_at": written.edited_at,
    }
