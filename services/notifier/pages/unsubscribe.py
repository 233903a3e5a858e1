"""Which emails a person wants: a page, and the one-click POST that mail programs send (RFC 8058)."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from services.notifier.pages.landing import Landing, not_valid
from services.notifier.parts import Parts
from services.notifier.preferences import CHOICES, stop_mail
from services.notifier.store.wishes import Link, unsubscribed_choices
from shared.web.limits import rate_limit
from shared.web.policy import policy
from shared.web.requests import csrf_exempt

PURPOSE = "unsubscribe"
WORDS: Mapping[str, str] = {
    "proposals": "Proposals of partners, and reminders about them",
    "follow_ups": "Questions about what came of an introduction",
    "digest": "Summaries of several messages in one",
}


class UnsubscribePage:
    """`/u/<token>`: GET shows what would stop; POST stops it. Nothing else is needed to stop."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/u/<token>")
        @policy("public")
        def unsubscribe(token: str) -> ResponseReturnValue:
            link = self._landing.read(token, PURPOSE)
            return not_valid() if link is None else self._show(link, done=False)

        # No CSRF token: the mail program posts by itself, and knows nothing but the signed link.
        @blueprint.post("/u/<token>")
        @policy("public")
        @csrf_exempt
        @rate_limit("unsubscribe", per_minute=60)
        def stop(token: str) -> ResponseReturnValue:
            link = self._landing.read(token, PURPOSE)
            return not_valid() if link is None else self._stop(link)

    def _stop(self, link: Link) -> ResponseReturnValue:
        one_click = request.form.get("List-Unsubscribe") == "One-Click"
        chosen = [choice for choice in CHOICES if choice in request.form.getlist("stop")]
        on_page = "csrf_token" in request.form
        if one_click or not on_page:  # a mail program may leave the body out: it means everything
            chosen = list(CHOICES)
        if not chosen:
            return self._show(link, done=False)
        with self._parts.work() as work:
            stop_mail(work, link, chosen, "one_click" if one_click else "page")
        return self._show(link, done=True)

    def _show(self, link: Link, *, done: bool) -> ResponseReturnValue:
        with self._parts.database.read() as connection:
            stopped = unsubscribed_choices(connection, link.contact_id or "")
        return render_template("pages/unsubscribe.html", words=WORDS, stopped=stopped, done=done)
