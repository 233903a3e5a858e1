"""One match as the console sees it: answers with their notes, messages, outcomes; answers by telephone."""

from typing import Any

from services.notifier.api.refusals import no_match
from services.notifier.api.schemas import (
    AnswerOut,
    AnswersOut,
    MessagesOut,
    OutcomeOut,
    OutcomesOut,
    RecordAnswer,
    SuggestionOut,
    SuggestionsOut,
)
from services.notifier.domain.answers import Answer
from services.notifier.parts import Parts
from services.notifier.respond import Response, record_answer
from services.notifier.store.details import details_of_match
from services.notifier.store.ledger import messages_of_match
from services.notifier.store.records import (
    Personal,
    answers_of_match,
    load_match,
    outcomes_of_match,
    personal_of_answer,
)
from services.notifier.store.suggestions import suggestions_of_match, words_of
from shared.storage import Work
from shared.web.idempotency import idempotent, remember
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal


def conversation_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("conversation", __name__, url_prefix="/v1/matches")

    @blueprint.post("/<match_id>/answers")
    @policy("service:matcher")
    @blueprint.arguments(RecordAnswer)
    @blueprint.response(201, AnswerOut)
    def record(body: dict[str, Any], match_id: str) -> Any:
        """Record what a member said to a coordinator; the member gets a copy by email."""
        actor = principal().acting_for
        with parts.work(actor) as work:
            if (again := idempotent(work)) is not None:
                return again
            answer = record_answer(
                work, parts.vault, parts.pace, match_id, body["member_id"], _response(body, actor)
            )
            return remember(work, AnswerOut().dump(_told(work, parts, answer)), 201)

    @blueprint.get("/<match_id>/answers")
    @policy("service:matcher")
    @blueprint.response(200, AnswersOut)
    def list_answers(match_id: str) -> Any:
        """Every answer ever given about a match, with its note; for coordinators only."""
        with parts.work(principal().acting_for) as work:
            _known(work, match_id)
            found = [_told(work, parts, a) for a in answers_of_match(work.connection, match_id)]
            if found:
                work.audit("answers.read", match_id)
            return {"items": found}

    @blueprint.get("/<match_id>/messages")
    @policy("service:matcher")
    @blueprint.response(200, MessagesOut)
    def list_mail(match_id: str) -> Any:
        """The ledger of a match: what was or will be sent, and what became of it."""
        with parts.database.read() as connection:
            if load_match(connection, match_id) is None:
                no_match(match_id)
            return {"items": messages_of_match(connection, match_id)}

    _add_words(blueprint, parts)
    return blueprint


def _add_words(blueprint: Blueprint, parts: Parts) -> None:
    """What members wrote beside their answers."""

    @blueprint.get("/<match_id>/outcomes")
    @policy("service:matcher")
    @blueprint.response(200, OutcomesOut)
    def list_outcomes(match_id: str) -> Any:
        """What the parties reported, in their own words; for coordinators only."""
        with parts.work(principal().acting_for) as work:
            _known(work, match_id)
            rows = outcomes_of_match(work.connection, match_id)
            details = details_of_match(work.connection, parts.vault, match_id)
            told = [_outcome(work, parts, row) for row in rows]
            return {"items": [{**one, "details": details.get(one["outcome_id"])} for one in told]}

    @blueprint.get("/<match_id>/suggestions")
    @policy("service:matcher")
    @blueprint.response(200, SuggestionsOut)
    def list_suggestions(match_id: str) -> Any:
        """What parties would like changed before they answer, in their own words."""
        with parts.work(principal().acting_for) as work:
            _known(work, match_id)
            rows = suggestions_of_match(work.connection, match_id)
            if rows:
                work.audit("suggestions.read", match_id)
            return {"items": [_suggestion(work, parts, row) for row in rows]}


def _response(body: dict[str, Any], actor: str | None) -> Response:
    who = {"name": body["said_by"], "how": body["how"]}
    reason = body["reason_code"]
    if body["answer"] == "not_now":
        reason = reason or "not_now"
    return Response(
        answer=body["answer"],
        reason_code=reason,
        until=body["until"],
        personal=Personal(body["note"], who),
        actor=actor,
    )


def _known(work: Work, match_id: str) -> None:
    if load_match(work.connection, match_id) is None:
        no_match(match_id)


def _told(work: Work, parts: Parts, answer: Answer) -> dict[str, Any]:
    personal = personal_of_answer(work.connection, parts.vault, answer.answer_id)
    who = personal.who or {}
    plain = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    return {
        **plain,
        "note": personal.note,
        "said_by": who.get("name", ""),
        "role": who.get("role", ""),
        "how": who.get("how", ""),
    }


def _suggestion(work: Work, parts: Parts, row: Any) -> dict[str, Any]:
    text, who = words_of(work.connection, parts.vault, row)
    plain = {name: getattr(row, name) for name in SuggestionOut().fields if hasattr(row, name)}
    return {**plain, "text": text, "said_by": who.get("name", ""), "role": who.get("role", "")}


def _outcome(work: Work, parts: Parts, row: Any) -> dict[str, Any]:
    opened = [
        parts.vault.open(work.connection, row.vault_subject, sealed)
        for sealed in (row.sealed_sentence, row.sealed_who)
    ]
    sentence, said_by = [words.decode() if words else "" for words in opened]
    plain = {name: getattr(row, name) for name in OutcomeOut().fields if hasattr(row, name)}
    return {**plain, "sentence": sentence, "said_by": said_by}
