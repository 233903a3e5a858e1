"""What we hold about a person: to read, to take away, to correct, to have erased."""

import json
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from services.notifier.complaints import MOST_CHARACTERS, Complaint, make_complaint
from services.notifier.erase import export_subject
from services.notifier.erasures import LONGEST_WAIT, ask_erasure, erasure_of
from services.notifier.fresh_link import send_fresh_link
from services.notifier.pages.fields import Fields
from services.notifier.pages.landing import LISTINGS, Landing
from services.notifier.parts import Parts
from services.notifier.self_service import Body, Refused
from services.notifier.store.wishes import Link, revoke_links
from shared.web.limits import rate_limit
from shared.web.policy import policy


def day_in_words(moment: str) -> str:
    """`1 November 2026`, of a moment or day as the services write it."""
    day = date.fromisoformat(moment[:10])
    return f"{day.day} {day:%B %Y}"


class DataPage:
    """`/yours/<nonce>/data`."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/yours/<nonce>/data")
        @policy("public")
        def data(nonce: str) -> ResponseReturnValue:
            return self._show(self._landing.opened(nonce, LISTINGS), None)

        @blueprint.get("/yours/<nonce>/data.json")
        @policy("public")
        @rate_limit("data", per_minute=10)
        def data_file(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            text = json.dumps(self._everything(link), indent=2, ensure_ascii=False)
            response = Response(text, mimetype="application/json")
            response.headers["Content-Disposition"] = 'attachment; filename="what-we-hold.json"'
            return response

        @blueprint.post("/yours/<nonce>/data")
        @policy("public")
        @rate_limit("data", per_minute=30)
        def change_data(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            if request.form.get("do") == "erase":
                return self._erase(link)
            if request.form.get("do") == "complain":
                return self._complain(link)
            return self._correct(link)

    def _correct(self, link: Link) -> ResponseReturnValue:
        fields, own, contact_id = Fields(request.form), self._parts.self_service, link.contact_id
        body = {
            "name": fields.text("name", most=200),
            "role": fields.text("role", most=200),
            "email": fields.email("email"),
        }
        before, tag = own.contact(contact_id or "")
        if not fields.errors:
            try:
                own.correct(contact_id or "", body, tag)
            except Refused as refused:
                fields.errors.update(refused.faults or {"email": str(refused)})
        if fields.errors:
            return make_response(self._show(link, fields), 422)
        if body["email"].casefold() != str(before["email"]).casefold():
            return self._moved(link)
        flash("Thank you. That is corrected.", "success")
        return redirect(url_for("pages.data", nonce=link.nonce), 303)

    def _moved(self, link: Link) -> ResponseReturnValue:
        """Whoever can read the new address goes on from there; the old links end."""
        with self._parts.work() as work:
            revoke_links(work.connection, link.contact_id or "", work.now, purpose=LISTINGS)
            send_fresh_link(work, link.contact_id or "", link.member_id)
        return make_response(render_template("pages/link_sent.html"))

    def _erase(self, link: Link) -> ResponseReturnValue:
        if request.form.get("sure") != "yes":
            fields = Fields(request.form)
            fields.errors["sure"] = "Please tick the box, so that nobody is erased by mistake."
            return make_response(self._show(link, fields), 422)
        with self._parts.work() as work:
            ask_erasure(work, link.contact_id or "", link.member_id)
        return redirect(url_for("pages.data", nonce=link.nonce), 303)

    def _complain(self, link: Link) -> ResponseReturnValue:
        fields, contact_id = Fields(request.form), link.contact_id or ""
        needed = "Please write what you complain of."
        text = fields.text("complaint", most=MOST_CHARACTERS, needed=needed, lines=True)
        if fields.errors:
            return make_response(self._show(link, fields), 422)
        contact, _ = self._parts.self_service.contact(contact_id)
        who = f"{contact.get('name') or ''} {contact['email']}".strip()
        made = Complaint(text, who, "page", contact_id, link.member_id)
        with self._parts.work(f"contact:{contact_id}") as work:
            make_complaint(work, self._parts.vault, made)
        flash("We have your complaint. You hear from us within 30 days.", "success")
        return redirect(url_for("pages.data", nonce=link.nonce), 303)

    def _show(self, link: Link, fields: Fields | None) -> str:
        """`fields` as they were sent, where they could not be taken."""
        with self._parts.database.read() as connection:
            asked = erasure_of(connection, link.contact_id or "")
        if asked is not None:
            latest = asked.asked_at + LONGEST_WAIT
            return render_template("pages/yours/erasing.html", link=link, latest=latest)
        held = self._everything(link)
        errors = fields.errors if fields else {}
        corrects = fields is not None and request.form.get("do") == "correct"
        return render_template(
            "pages/yours/data.html",
            link=link,
            held=held,
            values=fields.values if corrects and fields else held["registry"],
            errors=errors,
            complaint={"complaint": request.form.get("complaint", "")},
            day=day_in_words,
        )

    def _everything(self, link: Link) -> dict[str, Any]:
        contact_id = link.contact_id or ""
        registry: Body = self._parts.self_service.held(contact_id)
        digest = self._parts.hash_of(str(registry["email"]))
        with self._parts.work(f"contact:{contact_id}") as work:
            ours = export_subject(work, self._parts.vault, contact_id, digest)
        return {"registry": registry, "notifier": ours}
