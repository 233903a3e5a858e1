"""The invitation page: what we hold about a member, and whether it wants to take part."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.directory import DirectoryRefused
from services.notifier.invite import answer_invitation
from services.notifier.pages.landing import Landing
from services.notifier.parts import Parts
from services.notifier.store.wishes import Link
from shared.web.failures import ServiceUnavailable
from shared.web.limits import rate_limit
from shared.web.policy import policy

PURPOSE = "invitation"


class InvitationPage:
    """`/i/<token>` lands; `/invitation/<nonce>` shows what we hold and takes the decision."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/i/<token>")
        @policy("public")
        def invitation_landing(token: str) -> ResponseReturnValue:
            return self._landing.enter(token, PURPOSE, "pages.invitation")

        @blueprint.get("/invitation/<nonce>")
        @policy("public")
        def invitation(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, PURPOSE)
            return self._show(link, request.args.get("done", ""))

        @blueprint.post("/invitation/<nonce>")
        @policy("public")
        @rate_limit("invitation", per_minute=30)
        def decide(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, PURPOSE)
            decision = request.form.get("do", "")
            if decision not in {"in", "out"}:
                return redirect(url_for("pages.invitation", nonce=nonce), 303)
            with self._parts.work() as work:
                answer_invitation(work, link, accepted=decision == "in")
            return redirect(url_for("pages.invitation", nonce=nonce, done=decision), 303)

    def _show(self, link: Link, done: str) -> ResponseReturnValue:
        member, listings = self._held(link.member_id)
        return render_template(
            "pages/invitation.html", link=link, member=member, listings=listings, done=done
        )

    def _held(self, member_id: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """What the registry holds; without it the decision can still be taken."""
        try:
            directory = self._parts.directory
            return directory.member(member_id), directory.listings(member_id)
        except (ServiceUnavailable, DirectoryRefused):
            return {}, []
