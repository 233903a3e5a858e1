"""The page behind a coordinator's question: read it, answer it in a few words."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.domain.errors import QuestionUnknown
from services.notifier.pages.fields import Fields
from services.notifier.pages.landing import Landing, not_valid
from services.notifier.parts import Parts
from services.notifier.question import answer_question
from services.notifier.store.wishes import Link
from services.notifier.store.written import find_question
from shared.web.limits import rate_limit
from shared.web.policy import policy

PURPOSE = "question"
MAX_ANSWER_CHARACTERS = 2000


class QuestionPage:
    """`/q/<token>` lands; `/question/<nonce>` shows the question and takes the answer."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/q/<token>")
        @policy("public")
        def question_landing(token: str) -> ResponseReturnValue:
            return self._landing.enter(token, PURPOSE, "pages.question")

        @blueprint.get("/question/<nonce>")
        @policy("public")
        def question(nonce: str) -> ResponseReturnValue:
            return self._show(self._landing.opened(nonce, PURPOSE), Fields({}))

        @blueprint.post("/question/<nonce>")
        @policy("public")
        @rate_limit("question", per_minute=30)
        def answer_to_question(nonce: str) -> ResponseReturnValue:
            return self._take(self._landing.opened(nonce, PURPOSE))

    def _take(self, link: Link) -> ResponseReturnValue:
        fields = Fields(request.form)
        answer = fields.text(
            "answer", most=MAX_ANSWER_CHARACTERS, needed="Please write your answer.", lines=True
        )
        who = {
            "name": fields.text("name", most=120, needed="Please tell us your name."),
            "role": fields.text("role", most=120),
        }
        if fields.errors:
            return make_response(self._show(link, fields), 422)
        try:
            with self._parts.work() as work:
                answer_question(
                    work,
                    self._parts.vault,
                    link.message_id,
                    answer=answer,
                    who=who,
                    contact_id=link.contact_id,
                )
        except QuestionUnknown:
            return not_valid()
        return redirect(url_for("pages.question", nonce=link.nonce), 303)

    def _show(self, link: Link, fields: Fields) -> ResponseReturnValue:
        with self._parts.database.read() as connection:
            question = find_question(connection, self._parts.vault, message_id=link.message_id)
        if question is None:
            return not_valid()
        return render_template(
            "pages/question.html",
            link=link,
            question=question,
            values=fields.values,
            errors=fields.errors,
            most=MAX_ANSWER_CHARACTERS,
        )
