"""What a member offers and needs: see it, say that it is still true, pause it, take it away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.pages.landing import LISTINGS, Landing
from services.notifier.parts import Parts
from services.notifier.self_service import PLURAL, Body, Gone, Refused
from services.notifier.store.wishes import Link
from shared.web.limits import rate_limit
from shared.web.policy import policy

#: What a button of one listing does, and what is said when it is done.
STEPS = {
    "confirm": "Thank you. “{}” is marked as still true.",
    "publish": "“{}” is published, and we look for partners from now on.",
    "pause": "“{}” is paused: nobody is asked about it until you resume it.",
    "resume": "“{}” is back and can be matched again.",
    "close": "“{}” has been taken away.",
}
_CAN_BE_CONFIRMED = ("published", "paused")


class ListingsPage:
    """`/yours/<nonce>`."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/yours/<nonce>")
        @policy("public")
        def listings(nonce: str) -> ResponseReturnValue:
            return self._show(self._landing.opened(nonce, LISTINGS))

        @blueprint.post("/yours/<nonce>")
        @policy("public")
        @rate_limit("listings", per_minute=60)
        def take_step(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, LISTINGS)
            do = request.form.get("do", "")
            if do == "confirm_all":
                self._confirm_all(link)
            elif do in STEPS and request.form.get("kind", "") in PLURAL:
                self._step(link, do)
            else:
                abort(400)
            return redirect(url_for("pages.listings", nonce=nonce), 303)

    def _show(self, link: Link) -> str:
        own, contact_id = self._parts.self_service, link.contact_id or ""
        found = own.listings(contact_id)
        now = self._parts.clock.now()
        return render_template(
            "pages/yours/listings.html",
            link=link,
            member=own.member(contact_id, link.member_id),
            offers=[seen(one, now) for one in found if one["kind"] == "capability"],
            needs=[seen(one, now) for one in found if one["kind"] == "need"],
            to_confirm=len(_to_confirm(found)),
        )

    def _confirm_all(self, link: Link) -> None:
        own, contact_id = self._parts.self_service, link.contact_id or ""
        found = _to_confirm(own.listings(contact_id))
        for one in found:
            own.step(contact_id, one["kind"], one["id"], "confirm")
        flash(f"Thank you. All {len(found)} are marked as still true.", "success")

    def _step(self, link: Link, do: str) -> None:
        own, contact_id = self._parts.self_service, link.contact_id or ""
        kind, listing_id = request.form["kind"], request.form.get("id", "")
        try:
            title = own.listing(contact_id, kind, listing_id)[0]["title"]
            if do == "close":
                own.close(contact_id, kind, listing_id)
            else:
                own.step(contact_id, kind, listing_id, do)
        except (Refused, Gone):
            # Pressed twice, or changed by somebody else: the page shows how it stands.
            flash("That had changed in the meantime. This is how it stands now.", "warning")
            return
        flash(STEPS[do].format(title), "success")


def seen(listing: Body, now: datetime) -> dict[str, Any]:
    """A listing with what the page says about it."""
    confirmed = listing.get("confirmed_at") or listing.get("published_at")
    days = (now - datetime.fromisoformat(confirmed)).days if confirmed else None
    places = [place["name"] for place in listing.get("places_taken") or ()]
    return {**listing, "confirmed": in_words(days), "place_names": places}


def in_words(days: int | None) -> str:
    """How long ago, as people say it."""
    if days is None:
        return "not confirmed yet"
    for least, unit, per in ((730, "years", 365), (60, "months", 30), (14, "weeks", 7)):
        if days >= least:
            return f"confirmed {days // per} {unit} ago"
    if days < 2:
        return "confirmed today" if days < 1 else "confirmed yesterday"
    return f"confirmed {days} days ago"


def _to_confirm(found: Sequence[Body]) -> list[Body]:
    return [one for one in found if one["status"] in _CAN_BE_CONFIRMED]
