"""Step 11 of the walk, as a person sees it: the proposal in plain words, and five ways to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from services.notifier.directory import DirectoryRefused
from services.notifier.domain.answers import (
    MAX_NOTE_CHARACTERS,
    NO_REASONS,
    Answer,
    current_answers,
)
from services.notifier.domain.errors import (
    AlreadyExchanged,
    Closed,
    MatchUnknown,
    NotAParty,
    NothingToUndo,
    OnHold,
    PassedOnTooOften,
    TextChanged,
)
from services.notifier.domain.matches import Match
from services.notifier.domain.story import Story, tell
from services.notifier.pages.fields import Fields
from services.notifier.pages.landing import Landing
from services.notifier.parts import Parts
from services.notifier.respond import Response, give_answer, may_pass_on, pass_on, undo_answer
from services.notifier.store.records import (
    Personal,
    answers_of_match,
    load_match,
    passes_of_party,
)
from services.notifier.store.suggestions import Suggestion, open_suggestions, still_held, words_of
from services.notifier.store.wishes import Link
from services.notifier.suggest import (
    MAX_SUGGESTION_CHARACTERS,
    suggest_change,
    take_suggestion_back,
)
from shared.web.failures import ServiceUnavailable
from shared.web.limits import rate_limit
from shared.web.policy import policy

PURPOSE = "answer"
_NOT_NOW_DAYS = 180
_MOST_NOT_NOW_DAYS = 730
ABOUT_WORDS: Mapping[str, str] = {
    "place": "The place",
    "number": "How many",
    "dates": "The dates",
    "other": "Something else",
}
_TAKE_BACK = {"undo": undo_answer, "take_back": take_suggestion_back}
_GONE = (Closed, MatchUnknown, NotAParty)


@dataclass(frozen=True, slots=True)
class Suggested:
    """What this party suggested and nobody has dealt with yet."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page shows: the story with the party's own answer, and whether it may change."""

    match: Match
    story: Story
    answer: Answer | None
    exchanged: bool
    passed_on: bool
    on_hold: bool
    suggestion: Suggested | None


class AnswerPage:
    """`/a/<token>` lands; `/answer/<nonce>` shows and takes the answer."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/a/<token>")
        @policy("public")
        def answer_landing(token: str) -> ResponseReturnValue:
            return self._landing.enter(token, PURPOSE, "pages.answer")

        @blueprint.get("/answer/<nonce>")
        @policy("public")
        def answer(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, PURPOSE)
            return self._show(link, Fields({}), request.args.get("to", ""))

        @blueprint.post("/answer/<nonce>")
        @policy("public")
        @rate_limit("answer", per_minute=30)
        def give(nonce: str) -> ResponseReturnValue:
            return self._take(self._landing.opened(nonce, PURPOSE))

    def _take(self, link: Link) -> ResponseReturnValue:
        fields = Fields(request.form)
        do = request.form.get("do", "")
        try:
            self._do(do, link, fields)
        except (*_GONE, OnHold, AlreadyExchanged, NothingToUndo):
            # The page itself says how things stand, worded alike for every cause of an end.
            return redirect(url_for("pages.answer", nonce=link.nonce), 303)
        except TextChanged as changed:
            fields.errors["text"] = f"{str(changed)[:1].upper()}{str(changed)[1:]}."
        except PassedOnTooOften as refusal:
            fields.errors["email"] = f"{str(refusal)[:1].upper()}{str(refusal)[1:]}."
        if fields.errors:
            return make_response(self._show(link, fields, do), 422)
        return redirect(url_for("pages.answer", nonce=link.nonce), 303)

    def _do(self, do: str, link: Link, fields: Fields) -> None:
        match_id = link.match_id or ""
        if do == "suggest":
            self._suggest(link, fields)
        elif do == "not_me":
            self._pass_on(link, fields)
        elif do in _TAKE_BACK:
            with self._parts.work() as work:
                _TAKE_BACK[do](work, match_id, link.member_id)
        else:
            self._answer(link, fields)

    def _answer(self, link: Link, fields: Fields) -> None:
        answer = fields.one_of(
            "do", {"yes": "", "no": "", "not_now": ""}, "Please choose one of the answers."
        )
        reason = None
        if answer == "no":
            reason = fields.one_of(
                "reason_code", NO_REASONS, "Please choose the reason that fits best."
            )
        until: date | None = None
        if answer == "not_now":
            today = self._parts.clock.now().date()
            default = today + timedelta(days=_NOT_NOW_DAYS)
            until = fields.day("until", today, most_days=_MOST_NOT_NOW_DAYS, default=default)
            reason = "not_now"
        who = _who(fields)
        note = fields.text("note", most=MAX_NOTE_CHARACTERS, lines=True)
        if fields.errors or answer is None:
            return
        response = Response(
            answer=answer,
            reason_code=reason,
            until=until,
            personal=Personal(note, who),
            text_hash=request.form.get("text_hash", ""),
            contact_id=link.contact_id,
        )
        with self._parts.work() as work:
            give_answer(
                work,
                self._parts.vault,
                self._parts.pace,
                link.match_id or "",
                link.member_id,
                response,
            )

    def _suggest(self, link: Link, fields: Fields) -> None:
        about = fields.one_of("about", ABOUT_WORDS, "Please say what it is about.")
        text = fields.text(
            "change",
            most=MAX_SUGGESTION_CHARACTERS,
            needed="Please say what would have to change.",
            lines=True,
        )
        suggestion = Suggestion(about or "", text, _who(fields), link.contact_id)
        if fields.errors:
            return
        with self._parts.work() as work:
            suggest_change(work, self._parts.vault, link.match_id or "", link.member_id, suggestion)

    def _pass_on(self, link: Link, fields: Fields) -> None:
        """Enter the colleague in the registry, then ask them; both can be repeated safely."""
        name = fields.text("colleague", most=120, needed="Please tell us your colleague’s name.")
        role = fields.text("colleague_role", most=120)
        email = fields.email("email")
        if fields.errors:
            return
        match_id, contact_id = link.match_id or "", link.contact_id or ""
        with self._parts.work() as work:
            may_pass_on(work, match_id, link.member_id, contact_id)
        try:
            colleague = self._parts.directory.add_contact(
                link.member_id,
                name=name,
                role=role,
                email=email,
                today=self._parts.clock.now().date(),
            )
        except DirectoryRefused:
            fields.errors["email"] = (
                "We could not write this colleague down; perhaps we know this address already. "
                "Reply to our email and we will sort it out."
            )
            return
        except ServiceUnavailable:
            fields.errors["email"] = (
                "That cannot be done at the moment. Nothing was lost: please try again in a minute."
            )
            return
        with self._parts.work() as work:
            pass_on(work, match_id, link.member_id, contact_id, colleague)

    def _show(self, link: Link, fields: Fields, do: str) -> str:
        standing = self._standing(link)
        if standing is None or (not standing.match.is_open and not standing.exchanged):
            return render_template("pages/closed.html")
        if standing.exchanged:
            return render_template("pages/exchanged.html", standing=standing, link=link)
        if standing.on_hold and standing.suggestion is None:
            return render_template("pages/on_hold.html", standing=standing)
        today = self._parts.clock.now().date()
        return render_template(
            "pages/answer.html",
            link=link,
            standing=standing,
            story=standing.story,
            values=fields.values,
            errors=fields.errors,
            do=do,
            reasons=NO_REASONS,
            tomorrow=(today + timedelta(days=1)).isoformat(),
            usual_day=(today + timedelta(days=_NOT_NOW_DAYS)).isoformat(),
            abouts=ABOUT_WORDS,
        )

    def _standing(self, link: Link) -> Standing | None:
        with self._parts.database.read() as connection:
            stored = load_match(connection, link.match_id or "")
            if stored is None or stored.match.party(link.member_id) is None:
                return None
            answers = answers_of_match(connection, stored.match.match_id)
            passes = passes_of_party(connection, stored.match.match_id, link.member_id)
            suggested = self._suggested(connection, link)
            on_hold = still_held(connection, stored.match)
        mine = [answer for answer in answers if answer.member_id == link.member_id]
        return Standing(
            match=stored.match,
            story=tell(stored.match, link.member_id),
            answer=current_answers(mine).get(link.member_id),
            exchanged=any(answer.exchanged_at is not None for answer in mine),
            passed_on=any(row.from_contact_id == link.contact_id for row in passes),
            on_hold=on_hold,
            suggestion=suggested,
        )

    def _suggested(self, connection: Connection, link: Link) -> Suggested | None:
        for row in open_suggestions(connection, link.match_id or ""):
            if row.member_id == link.member_id:
                text, _ = words_of(connection, self._parts.vault, row)
                return Suggested(ABOUT_WORDS[row.about], text)
        return None


def _who(fields: Fields) -> dict[str, str]:
    return {
        "name": fields.text("name", most=120, needed="Please tell us your name."),
        "role": fields.text("role", most=120),
    }
