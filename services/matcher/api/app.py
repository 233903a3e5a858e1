"""Puts the API into an application, and the domain's refusals into problem documents."""

from flask import Flask, Response

from services.matcher.api import fairness, feed, matches, previews, quiet
from services.matcher.api.parts import Parts
from services.matcher.domain.errors import NotAllowed
from shared.web.openapi import make_api
from shared.web.problems import Problem, answer

_STATUS = {
    "unknown_match": 404,
    "unknown_reason": 422,
    "date_needed": 422,
    "stale_revision": 412,
}
_OTHERWISE = 409


def install_api(app: Flask, parts: Parts) -> None:
    app.extensions["matcher"] = parts
    app.register_error_handler(NotAllowed, _answer)
    api = make_api(app, "Convene: matches")
    api.register_blueprint(matches.blueprint)
    api.register_blueprint(feed.blueprint)
    api.register_blueprint(fairness.blueprint)
    api.register_blueprint(previews.blueprint)
    api.register_blueprint(quiet.blueprint)


def _answer(error: NotAllowed) -> Response:
    return answer(Problem(_STATUS.get(error.code, _OTHERWISE), error.code, str(error)))
