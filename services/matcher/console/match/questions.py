"""A coordinator asks a member something about a match, and reads the answer. The match stays put."""

from uuid import uuid4

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.clients import Body, Refused
from services.matcher.console.match.pages import show_match, the_match
from services.matcher.console.parts import actor, parts
from services.matcher.domain.matches import Match
from shared.web.client import ServiceUnavailable

MAX_QUESTION = 1_000
_AWAY = "The mail service does not answer at the moment. Nothing was sent; try again in a minute."


@console.post("/matches/<match_id>/questions")
@may_decide
def ask_member(match_id: str) -> Response | AnyResponse:
    match = the_match(match_id).match
    body = _asked(match, request.form.get("member_id", ""))
    text = request.form.get("text", "").strip()
    if match.hold is not None:
        return _again(match_id, "The match is on hold: no mail goes out. Release it first.", 409)
    if body is None or not 0 < len(text) <= MAX_QUESTION:
        faults = {} if body else {"member_id": "Choose whom to ask."}
        if not text:
            faults["text"] = "Write the question."
        elif len(text) > MAX_QUESTION:
            faults["text"] = f"This has {len(text):,} characters. Shorten it to {MAX_QUESTION:,}."
        return _again(match_id, "Nothing was sent yet. Look at the marked fields.", 422, faults)
    key = request.form.get("once") or str(uuid4())
    try:
        parts().notifier.ask(match_id, {**body, "text": text}, key, actor())
    except Refused as refused:
        return _again(match_id, f"Nothing was sent. {refused.detail}", 409, refused.faults)
    except ServiceUnavailable:
        return _again(match_id, _AWAY, 503)
    flash(f"The question goes to {body['member']} by email. The answer will show here.", "success")
    return redirect(url_for("console.match", match_id=match_id), 303)


@console.post("/matches/<match_id>/questions/<question_id>/read")
@may_decide
def mark_question_read(match_id: str, question_id: str) -> AnyResponse:
    try:
        parts().notifier.mark_read(question_id, actor())
        flash("Marked as read.", "success")
    except Refused as refused:
        flash(refused.detail, "error")
    except ServiceUnavailable:
        flash(_AWAY, "error")
    return redirect(url_for("console.match", match_id=match_id), 303)


def _asked(match: Match, member_id: str) -> Body | None:
    """The party, with its own listing: the question's email names nothing of another side."""
    party = match.party(member_id)
    if party is None:
        return None
    titles = {one["capability_id"]: one["title"] for one in match.capabilities}
    title = titles.get(party.listing_id) or match.need.get("title") or "your partnership"
    return {
        "member_id": party.member_id,
        "member": party.name,
        "listing_id": party.listing_id or None,
        "about": str(title),
    }


def _again(match_id: str, said: str, status: int, faults: dict[str, str] | None = None) -> Response:
    return show_match(
        match_id,
        said=said,
        form="question",
        faults=faults or {},
        values=request.form,
        status=status,
    )
