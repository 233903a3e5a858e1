"""Add or change one listing, with a look at how many could match before anything is kept."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from services.notifier.pages.landing import LISTINGS, Landing
from services.notifier.pages.yours.form import (
    CHOICES,
    Form,
    body_of,
    faults_to_fields,
    form_of,
    read_form,
)
from services.notifier.parts import Parts
from services.notifier.self_service import PLURAL, Body, Refused
from services.notifier.store.wishes import Link
from shared.ids import new_id
from shared.reference.vocabulary import SECTORS
from shared.web.failures import ServiceUnavailable
from shared.web.limits import rate_limit
from shared.web.policy import policy

_CHANGED_MEANWHILE = 412
NEW = "new"


class EditPage:
    """`/yours/<nonce>/<kind>/<listing_id>`, and `…/new`."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/yours/<nonce>/<kind>/<listing_id>")
        @policy("public")
        def edit(nonce: str, kind: str, listing_id: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            listing, tag = self._listing(link, kind, listing_id)
            form = form_of(kind, listing)
            form.values |= {"tag": tag, "key": new_id()}
            return self._show(link, form, listing_id)

        @blueprint.post("/yours/<nonce>/<kind>/<listing_id>")
        @policy("public")
        @rate_limit("listing", per_minute=120)
        def save_listing(nonce: str, kind: str, listing_id: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            listing, _ = self._listing(link, kind, listing_id)
            form = read_form(kind, request.form)
            if request.form.get("do") == "preview":
                found = self._preview(link, form, listing)
                return self._show(link, form, listing_id, found)
            if not form.errors:
                self._save(link, form, listing, listing_id)
            if form.errors:
                return make_response(self._show(link, form, listing_id), 422)
            flash(_thanks(form, listing_id), "success")
            return redirect(url_for("pages.listings", nonce=nonce), 303)

    def _listing(self, link: Link, kind: str, listing_id: str) -> tuple[Body, str]:
        if kind not in PLURAL:
            abort(404)
        if listing_id == NEW:
            return {}, ""
        return self._parts.self_service.listing(link.contact_id or "", kind, listing_id)

    def _save(self, link: Link, form: Form, listing: Body, listing_id: str) -> None:
        own, contact_id = self._parts.self_service, link.contact_id or ""
        body = body_of(form, listing)
        try:
            if listing_id == NEW:
                key = form.values.get("key") or new_id()
                own.add(contact_id, form.kind, body, f"listing-{key[:100]}")
            else:
                own.change(contact_id, form.kind, listing_id, body, form.values.get("tag", ""))
        except Refused as refused:
            form.errors.update(_told(form.kind, refused))

    def _preview(self, link: Link, form: Form, listing: Body) -> dict[str, Any]:
        """How many could match; says why it cannot be said, and never stands in the way."""
        if form.errors:
            return {"waits": True}
        typed = body_of(form, listing) | {"member": link.member_id}
        body = {name: value for name, value in typed.items() if value is not None}
        try:
            found = self._parts.self_service.preview(link.contact_id or "", form.kind, body)
        except (ServiceUnavailable, Refused):
            return {"away": True}
        sectors = [(SECTORS.label(one["sector"]), one["count"]) for one in found["sectors"]]
        return {**found, "sectors": sectors}

    def _show(
        self, link: Link, form: Form, listing_id: str, found: Mapping[str, Any] | None = None
    ) -> str:
        return render_template(
            "pages/yours/edit.html",
            link=link,
            form=form,
            kind=form.kind,
            listing_id=listing_id,
            new=listing_id == NEW,
            choices=CHOICES,
            found=found,
        )


def _told(kind: str, refused: Refused) -> dict[str, str]:
    if refused.status == _CHANGED_MEANWHILE:
        text = (
            "Somebody else has changed this since you opened it. Open it again from your listings, "
            "so that nobody’s work is lost."
        )
        return {"tag": text}
    told = faults_to_fields(kind, refused.faults)
    return told or {"tag": str(refused)}


def _thanks(form: Form, listing_id: str) -> str:
    title = " ".join(form.values["title"].split())
    if listing_id == NEW:
        return f"Thank you. “{title}” is published, and we look for partners from now on."
    return f"Thank you. “{title}” is saved."
