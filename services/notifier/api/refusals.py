"""The domain's refusals as problem documents: a status and a code each, the words as they are."""

from typing import NoReturn

from flask import Flask, Response

from services.notifier.again import MessageUnknown
from services.notifier.domain.errors import (
    AlreadyExchanged,
    AlreadySent,
    Closed,
    ComplaintMoved,
    ComplaintUnknown,
    InvalidMove,
    MatchUnknown,
    NotAParty,
    NothingToUndo,
    NotifierError,
    OnHold,
    QuestionOpen,
    QuestionUnknown,
    WordingChanged,
    WordingRefused,
)
from shared.web.problems import Problem, answer, problem

_STATUS: dict[type[NotifierError], tuple[int, str]] = {
    MatchUnknown: (404, "match_unknown"),
    MessageUnknown: (404, "message_unknown"),
    NotAParty: (422, "not_a_party"),
    Closed: (409, "match_closed"),
    OnHold: (409, "match_on_hold"),
    AlreadyExchanged: (409, "already_exchanged"),
    NothingToUndo: (409, "nothing_to_undo"),
    InvalidMove: (409, "invalid_move"),
    AlreadySent: (409, "already_sent"),
    WordingChanged: (412, "changed_meanwhile"),
    QuestionOpen: (409, "question_open"),
    QuestionUnknown: (404, "question_unknown"),
    ComplaintUnknown: (404, "complaint_unknown"),
    ComplaintMoved: (409, "complaint_moved"),
}


def explain_refusals(app: Flask) -> None:
    app.register_error_handler(NotifierError, _answer)


def no_match(match_id: str) -> NoReturn:
    problem(
        404,
        "match_unknown",
        f"Match {match_id} is not known here. Check the id; a new match takes a second to arrive.",
    )


def _answer(error: Exception) -> Response:
    status, code = _STATUS.get(type(error), (409, "refused"))  # type: ignore[arg-type]
    text = str(error)
    if isinstance(error, WordingRefused):
        faults = [{"field": error.field, "message": text}]
        return answer(Problem(422, "wording_refused", text, faults))
    return answer(Problem(status, code, f"{text[:1].upper()}{text[1:]}."))
