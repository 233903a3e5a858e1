"""Pages behind the links in emails: a GET shows, only a person's button acts (ARCHITECTURE, rule 7).

A link is exchanged for a short session on landing, so that its token stays out of addresses,
histories and referrers of what follows.
"""

from pathlib import Path

from flask import Blueprint, Flask

from services.notifier.pages.answer import AnswerPage
from services.notifier.pages.invitation import InvitationPage
from services.notifier.pages.landing import Landing
from services.notifier.pages.outcome import OutcomePage
from services.notifier.pages.question import QuestionPage
from services.notifier.pages.unsubscribe import UnsubscribePage
from services.notifier.parts import Parts
from shared.web.policy import declare


def add_pages(app: Flask, parts: Parts) -> None:
    """Register every page; nothing here is known to robots or needs a sign-in."""
    folder = Path(__file__).parent
    blueprint = Blueprint(
        "pages",
        __name__,
        template_folder=str(folder / "templates"),
        static_folder=str(folder / "static"),
        static_url_path="/static/pages",
    )
    landing = Landing(parts)
    for page in (AnswerPage, OutcomePage, UnsubscribePage, InvitationPage, QuestionPage):
        page(parts, landing).add_to(blueprint)
    app.register_blueprint(blueprint)
    declare(app, "pages.static", "public")
