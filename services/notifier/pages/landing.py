"""From a signed link to a short session: what was opened, checked again at every step."""

from datetime import timedelta

from flask import Response, abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from services.notifier.parts import Parts
from services.notifier.store.wishes import Link, load_link
from shared.web.tokens import LinkRefused

_OPEN_SECONDS = 2 * 3600.0
_MOST_OPENED = 20
#: The one purpose whose links grow old: behind it are a person's own data.
LISTINGS = "listings"
_KEY = "opened"


class Landing:
    """Knows which links this browser has opened lately. Cookies hold nonces, never tokens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def read(self, token: str, purpose: str) -> Link | None:
        """The link a token stands for, or None if it was altered, withdrawn or is not ours."""
        try:
            claims = self._parts.links.read(token, purpose)
        except LinkRefused:
            return None
        with self._parts.database.read() as connection:
            return load_link(connection, str(claims.get("n")), purpose)

    def enter(self, token: str, purpose: str, endpoint: str) -> ResponseReturnValue:
        """Answer the click in the email: remember the link and go on to its page."""
        link = self.read(token, purpose)
        if link is None:
            return not_valid()
        if self._is_old(link):
            return expired(token)
        opened = dict(session.get(_KEY) or {})
        opened[link.nonce] = self._parts.clock.now().timestamp()
        newest = sorted(opened.items(), key=lambda item: item[1])[-_MOST_OPENED:]
        session[_KEY] = dict(newest)
        return redirect(url_for(endpoint, nonce=link.nonce), 303)

    def opened(self, nonce: str, purpose: str) -> Link:
        """The link behind a page this browser may see; ends the request when it is too old."""
        since = (session.get(_KEY) or {}).get(nonce)
        oldest = self._parts.clock.now() - timedelta(seconds=_OPEN_SECONDS)
        if since is None or float(since) < oldest.timestamp():
            abort(open_again())
        with self._parts.database.read() as connection:
            link = load_link(connection, nonce, purpose)
        if link is None or self._is_old(link):
            abort(not_valid())
        return link

    def _is_old(self, link: Link) -> bool:
        lasts = timedelta(days=self._parts.pace.link_days)
        return link.purpose == LISTINGS and link.made_at + lasts < self._parts.clock.now()


def not_valid() -> Response:
    """An altered, cut or withdrawn link; says nothing about what it may have been."""
    return make_response(render_template("pages/not_valid.html"), 404)


def expired(token: str) -> Response:
    """A link that was right and has grown old: another goes to the same address."""
    return make_response(render_template("pages/expired.html", token=token), 410)


def away(_error: Exception) -> Response:
    """Another of our services does not answer; nothing was lost or half done."""
    return make_response(render_template("pages/away.html"), 503)


def open_again() -> Response:
    return make_response(render_template("pages/open_again.html"), 403)
