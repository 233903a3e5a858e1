"""Cross-site request forgery: every form outside /v1 carries a token, as does any write by cookie.

Templates write `<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">`.
"""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from shared.web.policy import principal
from shared.web.problems import Problem, answer, for_programs
from shared.web.requests import accepted_by_view

csrf = CSRFProtect()
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def install_csrf(app: Flask) -> None:
    """After the policy check: a bearer key is no browser's doing, a cookie may be."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session: people leave pages open
    csrf.init_app(app)
    app.before_request(_protect)
    app.register_error_handler(CSRFError, _refused)


def _protect() -> None:
    if request.method in _SAFE or request.url_rule is None:
        return
    if accepted_by_view().without_csrf or (for_programs() and not principal().ambient):
        return
    csrf.protect()


def _refused(_error: CSRFError) -> Response:
    return answer(
        Problem(
            400,
            "form_expired",
            "This form was not sent from its own page, or the page had been open too long. "
            "Nothing was changed. Go back, reload the page and send it again.",
        )
    )
