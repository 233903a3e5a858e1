"""Which emails a person wants, how often the summary comes, and when not to write."""

import re
from collections.abc import Mapping

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.pages.fields import Fields
from services.notifier.pages.landing import LISTINGS, Landing
from services.notifier.parts import Parts
from services.notifier.preferences import choose_mail, stop_here
from services.notifier.store.wishes import (
    Link,
    Preference,
    preference_of,
    save_preference,
    unsubscribed_choices,
)
from shared.web.limits import rate_limit
from shared.web.policy import policy

KINDS: Mapping[str, str] = {
    "proposals": "Proposals of partners, and reminders about them",
    "follow_ups": "Questions about what came of an introduction",
}
DIGESTS: Mapping[str, str] = {
    "none": "No summary",
    "weekly": "Once a week",
    "monthly": "Once a month",
}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class EmailsPage:
    """`/yours/<nonce>/emails`."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/yours/<nonce>/emails")
        @policy("public")
        def emails(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            wish, wanted = self._chosen(link)
            values = {
                "digest": wish.digest,
                "quiet_from": wish.quiet_from or "",
                "quiet_until": wish.quiet_until or "",
            }
            return _show(link, Fields(values), wanted)

        @blueprint.post("/yours/<nonce>/emails")
        @policy("public")
        @rate_limit("emails", per_minute=30)
        def choose_emails(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            fields = Fields(request.form)
            wanted = {kind for kind in KINDS if kind in request.form.getlist("wanted")}
            wish = _read(fields)
            if fields.errors:
                return make_response(_show(link, fields, wanted), 422)
            self._save(link, wish, wanted)
            flash("Saved. It counts from now on.", "success")
            return redirect(url_for("pages.emails", nonce=nonce), 303)

    def _chosen(self, link: Link) -> tuple[Preference, set[str]]:
        contact_id = link.contact_id or ""
        with self._parts.database.read() as connection:
            wish = preference_of(connection, contact_id)
            stopped = unsubscribed_choices(connection, contact_id)
        contact, _ = self._parts.self_service.contact(contact_id)
        known = contact.get("choices") or {}
        wanted = {kind for kind in KINDS if kind not in stopped and known.get(kind) is not False}
        return wish, wanted

    def _save(self, link: Link, wish: Preference, wanted: set[str]) -> None:
        """The registry first: should it not answer, nothing was changed here either."""
        contact_id = link.contact_id or ""
        email = str(self._parts.self_service.contact(contact_id)[0]["email"])
        choices = {kind: kind in wanted for kind in KINDS}
        self._parts.self_service.choose(contact_id, choices)
        started = [*wanted, *(["digest"] if wish.digest != "none" else [])]
        with self._parts.work() as work:
            choose_mail(work, contact_id, self._parts.hash_of(email), started)
            stop_here(work, link, sorted(KINDS.keys() - wanted), "page")
            save_preference(work.connection, contact_id, link.member_id, wish, work.now)
            work.audit("mail.preferred", contact_id, {"digest": wish.digest})


def _read(fields: Fields) -> Preference:
    digest = fields.one_of("digest", DIGESTS, "Please choose how often.") or "none"
    start, end = (fields.text(name, most=8)[:5] for name in ("quiet_from", "quiet_until"))
    for name, value in (("quiet_from", start), ("quiet_until", end)):
        if value and not _CLOCK.fullmatch(value):
            fields.errors[name] = "Please give a time such as 18:00."
    if bool(start) != bool(end):
        fields.errors["quiet_until" if start else "quiet_from"] = "Please give both times, or none."
    elif start and start == end:
        fields.errors["quiet_until"] = (
            "These are the same; leave both empty to have no quiet hours."
        )
    return Preference(digest, start or None, end or None)


def _show(link: Link, fields: Fields, wanted: set[str]) -> str:
    return render_template(
        "pages/yours/emails.html",
        link=link,
        values=fields.values,
        errors=fields.errors,
        wanted=wanted,
        kinds=KINDS,
        digests=DIGESTS,
    )
