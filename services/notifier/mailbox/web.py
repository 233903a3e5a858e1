"""The page of the mailbox: a list, each email as HTML, text and source, and JSON for tests.

An email's HTML is shown in a sandboxed frame with a policy of its own: it can show words and
follow links when clicked, and can run or load nothing.
"""

from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Flask,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue

from services.notifier.mailbox.box import Box, Received
from services.notifier.settings import NotifierSettings
from shared.clock import Clock
from shared.web.app import create_app, finish
from shared.web.headers import CONTENT_SECURITY_POLICY
from shared.web.policy import declare, policy
from shared.web.requests import csrf_exempt

#: allow-popups lets a clicked link open in a new tab, out of the sandbox.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_FRAME_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_FRAMING_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
_MOST_SHOWN = 500


def build_mailbox(settings: NotifierSettings, box: Box, clock: Clock) -> Flask:
    """The mailbox as a web application; has no sign-in, so it listens on loopback only."""
    app = create_app("mailbox", settings=settings, database=None, clock=clock)
    app.register_blueprint(_pages(box))
    app.jinja_env.globals["sandbox"] = SANDBOX
    declare(app, "mailbox.static", "public")
    return finish(app)


def _pages(box: Box) -> Blueprint:
    folder = Path(__file__).parent
    pages = Blueprint(
        "mailbox",
        __name__,
        template_folder=str(folder / "templates"),
        static_folder=str(folder / "static"),
        static_url_path="/static/mailbox",
    )

    @pages.get("/")
    @policy("public")
    def inbox() -> ResponseReturnValue:
        shown = [received for received, _ in zip(box.all(), range(_MOST_SHOWN), strict=False)]
        return render_template("mailbox/list.html", messages=shown, count=box.count())

    @pages.get("/messages/<message_id>")
    @policy("public")
    def message(message_id: str) -> ResponseReturnValue:
        page = render_template("mailbox/message.html", received=_find(box, message_id))
        response = make_response(page)
        response.headers["Content-Security-Policy"] = _FRAMING_POLICY
        return response

    @pages.get("/messages/<message_id>/html")
    @policy("public")
    def html(message_id: str) -> ResponseReturnValue:
        # Every link opens outside the frame, or the answer page would refuse to be framed.
        body = _find(box, message_id).body("html").replace("<a ", '<a target="_blank" ')
        response = make_response(body)
        response.headers["Content-Security-Policy"] = _FRAME_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    @pages.get("/messages/<message_id>/source")
    @policy("public")
    def source(message_id: str) -> ResponseReturnValue:
        response = make_response(_find(box, message_id).raw)
        response.mimetype = "text/plain"
        return response

    @pages.post("/clear")
    @policy("public")
    def clear() -> ResponseReturnValue:
        box.clear()
        return redirect(url_for("mailbox.inbox"), 303)

    _add_json(pages, box)
    return pages


def _add_json(pages: Blueprint, box: Box) -> None:
    @pages.get("/api/messages")
    @policy("public")
    def messages() -> ResponseReturnValue:
        return jsonify({"items": [_plain(received) for received in box.all()]})

    # For tests; the page has its own button. It only empties a box that holds copies.
    @pages.delete("/api/messages")
    @policy("public")
    @csrf_exempt
    def clear_all() -> ResponseReturnValue:
        return jsonify({"cleared": box.clear()})


def _find(box: Box, message_id: str) -> Received:
    return box.get(message_id) or abort(404)


def _plain(received: Received) -> dict[str, Any]:
    message = received.message
    return {
        "id": received.id,
        "received_at": received.received_at.isoformat(),
        "envelope_from": received.sender,
        "envelope_to": received.recipient,
        "headers": {name: received.header(name) for name in message},
        "subject": received.header("Subject"),
        "to": received.header("To"),
        "text": received.body("plain"),
        "html": received.body("html"),
    }
