"""A fresh link to a person's own pages, by email and to the address the registry has: nobody who
forwards an old link or finds one gets in with it, or learns whether it was good.
"""

from collections.abc import Mapping

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.notifier.fresh_link import send_fresh_link
from services.notifier.pages.landing import LISTINGS, Landing
from services.notifier.parts import Parts
from services.notifier.store.wishes import Link
from shared.web.limits import rate_limit
from shared.web.policy import policy

#: Pages that offer the link, by the purpose of their own.
_OFFERED_ON: Mapping[str, str] = {
    "answer": "pages.answer",
    "outcome": "pages.outcome",
    "invitation": "pages.invitation",
}


class LinkPage:
    """`/l/<token>` lands on the member's own pages; a POST sends another link instead."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/l/<token>")
        @policy("public")
        def listings_landing(token: str) -> ResponseReturnValue:
            return self._landing.enter(token, LISTINGS, "pages.listings")

        @blueprint.post("/l/<token>")
        @policy("public")
        @rate_limit("fresh_link", per_minute=6)
        def fresh_link(token: str) -> ResponseReturnValue:
            link = self._landing.read(token, LISTINGS)
            return self._send(link)

        @blueprint.post("/own-link/<purpose>/<nonce>")
        @policy("public")
        @rate_limit("fresh_link", per_minute=6)
        def own_link(purpose: str, nonce: str) -> ResponseReturnValue:
            if purpose not in _OFFERED_ON:
                abort(404)
            return self._send(self._landing.opened(nonce, purpose))

        @blueprint.get("/own-link/<purpose>/<nonce>")
        @policy("public")
        def back(purpose: str, nonce: str) -> ResponseReturnValue:
            """Whoever reloads or bookmarks the page after is taken back to where they were."""
            if purpose not in _OFFERED_ON:
                abort(404)
            return redirect(url_for(_OFFERED_ON[purpose], nonce=nonce), 303)

    def _send(self, link: Link | None) -> ResponseReturnValue:
        """The same words whether or not anything is sent."""
        if link is not None and link.contact_id is not None:
            with self._parts.work() as work:
                send_fresh_link(work, link.contact_id, link.member_id)
        return make_response(render_template("pages/link_sent.html"))
