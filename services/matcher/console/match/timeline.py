"""A match's story in order: its moves, who made them and why, and what people wrote about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.matcher.console import words
from services.matcher.console.clients import Body, Told
from services.matcher.console.match.read import MatchPage
from services.matcher.store.history import LATE, Entry

_LIST_OF_MOVE = {
    "approve": "verdict",
    "reject": "verdict",
    "hold": "hold",
    "release": "hold",
    "decline": "answer",
    "withdraw": "ending",
    "end": "ending",
    "complete": "ending",
}


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    title: str
    who: str = ""
    reason: str = ""
    note: str = ""
    late: bool = False
    main: bool = True
    """Whether the match moved; the rest is correspondence."""


def timeline(page: MatchPage, told: Told) -> list[Happening]:
    """Oldest first."""
    found = [*_happenings(page, told), *_written(page, told)]
    return sorted(found, key=lambda one: one.at)


def _happenings(page: MatchPage, told: Told) -> Iterator[Happening]:
    notes = {(one.decision, one.at): one.note for one in page.verdicts}
    for entry in page.history:
        yield Happening(
            at=entry.at,
            title=_title(page, entry),
            who=_who(page, entry),
            reason=reason_label(page, entry.move, entry.code),
            note=notes.get((entry.move, entry.at), "") or _note(entry, told),
            late=entry.kind == LATE,
            main=entry.to_state is not None,
        )


def _written(page: MatchPage, told: Told) -> Iterator[Happening]:
    """What coordinators wrote to the members beside the usual emails, and what came back."""
    for one in told.wordings:
        usual = not one.get("subject") and not one.get("opening")
        what = "set back to the usual words" if usual else "edited"
        title = f"Wording of the email to {_party(page, one)} {what}"
        yield from _correspondence(one, "edited", title, _by(page, one["edited_by"]))
    for one in told.questions:
        name = _party(page, one)
        asked = _by(page, one["asked_by"])
        yield from _correspondence(one, "asked", f"{name} was asked a question", asked, "text")
        who = one.get("who") or {}
        signed = ", ".join(part for part in (who.get("name"), who.get("role")) if part)
        said = f"({signed})" if signed else ""
        answered = f"{name} answered the question"
        yield from _correspondence(one, "answered", answered, said, "answer")


def _correspondence(
    one: Body, what: str, title: str, who: str, note: str = ""
) -> Iterator[Happening]:
    at = _moment(one.get(f"{what}_at"))
    if at is not None:
        yield Happening(at=at, title=title, who=who, note=str(one.get(note) or ""), main=False)


def _by(page: MatchPage, label: str | None) -> str:
    return f"by {page.names.get(label or '', 'a coordinator')}"


def _party(page: MatchPage, one: Body) -> str:
    party = page.match.party(str(one["member_id"]))
    return party.name if party else str(one["member_id"])


def reason_label(page: MatchPage, move: str, code: str | None) -> str:
    """The words of a reason, from the list it belongs to, else from any list that has it."""
    if not code or (move == "propose" and code == "first"):
        return ""
    if move in ("propose", "record"):
        return words.said(words.OPENED_BY, code)
    if move.endswith("_failed") or move == "mark_unreachable":
        return words.said(words.FAILURES, code)
    if move == "outcome":
        return words.said(words.STAGES, code)
    wanted = _LIST_OF_MOVE.get(move, "rule")
    lists = [wanted, *(name for name in page.codes if name != wanted)]
    for name in lists:
        for one in page.codes.get(name, ()):
            if one.code == code:
                return one.label
    return words.said(words.RULES, code)


def _title(page: MatchPage, entry: Entry) -> str:
    title = words.said(words.MOVES, entry.move)
    member = _member_name(page, entry)
    if entry.move == "answer" and member:
        answer = words.said(words.ANSWERS, str(entry.details.get("answer") or ""))
        return f"{member} answered: {answer}"
    if entry.move == "answer_undone" and member:
        return f"{member} took its answer back"
    if entry.move == "approach_sent" and member:
        return f"The question was sent to {member}"
    if entry.move == "approach_failed" and member:
        return f"The question could not be sent to {member}"
    if entry.move == "propose" and entry.details.get("round", 1) != 1:
        return f"{title} again (round {entry.details['round']})"
    return title


def _who(page: MatchPage, entry: Entry) -> str:
    named = page.who(entry.by, entry.actor_id)
    if entry.details.get("recorded_by") == "coordinator":
        return "recorded by a coordinator"
    if named:
        return f"by {named}"
    if entry.by == "coordinator":
        return "by a coordinator"
    return ""


def _note(entry: Entry, told: Told) -> str:
    """What a member wrote with the answer; shown to coordinators only."""
    if entry.move != "answer":
        return ""
    for one in told.answers:
        same = one.get("member_id") == entry.details.get("member_id")
        if same and _moment(one.get("given_at")) == _moment(entry.details.get("given_at")):
            return str(one.get("note") or "")
    return ""


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


def _member_name(page: MatchPage, entry: Entry) -> str:
    party = page.match.party(str(entry.details.get("member_id") or ""))
    return party.name if party else ""
