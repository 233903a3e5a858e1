"""Pages behind the links in emails: a GET shows, only a person's button acts (ARCHITECTURE, rule 7).

A link is exchanged for a short session on landing, so that its token stays out of addresses,
histories and referrers of what follows.
"""

from pathlib import Path

from flask import Blueprint, Flask

from services.notifier.pages.answer import AnswerPage
from services.notifier.pages.invitation import InvitationPage
from services.notifier.pages.landing import Landing, away, not_valid
from services.notifier.pages.links import LinkPage
from services.notifier.pages.outcome import OutcomePage
from services.notifier.pages.question import QuestionPage
from services.notifier.pages.unsubscribe import UnsubscribePage
from services.notifier.pages.yours.data import DataPage
from services.notifier.pages.yours.edit import EditPage
from services.notifier.pages.yours.emails import EmailsPage
from services.notifier.pages.yours.listings import ListingsPage
from services.notifier.parts import Parts
from services.notifier.self_service import Gone
from shared.web.failures import ServiceUnavailable
from shared.web.policy import declare

_PAGES = (
    AnswerPage,
    OutcomePage,
    UnsubscribePage,
    InvitationPage,
    QuestionPage,
    LinkPage,
    EmailsPage,
    DataPage,
    ListingsPage,
    EditPage,
)


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
    for page in _PAGES:
        page(parts, landing).add_to(blueprint)
    blueprint.register_error_handler(ServiceUnavailable, away)
    blueprint.register_error_handler(Gone, lambda _: not_valid())
    app.register_blueprint(blueprint)
    declare(app, "pages.static", "public")
