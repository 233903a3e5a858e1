"""Puts a service's web application together; every service begins with create_app.

Order of a request: id and trace → size, type and text checks → who calls and may they → CSRF →
the view → headers, log line, figures. Errors of any of them are answered by problems.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.clock import Clock
from shared.observability import tracing
from shared.settings import Settings, keys
from shared.storage.database import Database
from shared.web.forms import install_csrf
from shared.web.headers import cookie_name, install_headers
from shared.web.policy import (
    Authenticator,
    PolicyMissing,
    declare,
    endpoints_without_policy,
    install_policy,
)
from shared.web.probes import add_check, install_probes
from shared.web.problems import install_problems
from shared.web.requests import install_request_checks

__all__ = ["add_check", "create_app", "finish"]

_LIBRARY_ENDPOINTS = ("static", "convene.static", "bootstrap.static", "api-docs.openapi_json")


def create_app(
    service: str,
    *,
    settings: Settings,
    database: Database | None,
    clock: Clock,
    template_folder: Path | str | None = None,
    authenticators: Sequence[Authenticator] = (),
) -> Flask:
    """An application without routes of its own; add them, then `return finish(app)`.

    `app.extensions["convene_clock"]` and `["convene_database"]` hold what was given.
    """
    app = Flask(
        "shared.web",
        template_folder=str(Path(template_folder).resolve()) if template_folder else None,
        static_folder=None,
        static_url_path="/static",  # Bootstrap-Flask builds its own path on it
    )
    tracing.configure(service, settings.traces_url)
    app.extensions["convene_clock"] = clock
    app.extensions["convene_database"] = database
    _configure(app, service, settings)
    _serve_assets(app, settings, service)
    install_headers(app, service, settings)
    install_request_checks(app)
    install_policy(app, authenticators)
    install_csrf(app)
    install_problems(app)
    install_probes(app, settings, database)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return app


def finish(app: Flask) -> Flask:
    """The last step of building: refuses to start while an endpoint declares no policy."""
    for endpoint in _LIBRARY_ENDPOINTS:
        if endpoint in app.view_functions:
            declare(app, endpoint, "public")
    missing = endpoints_without_policy(app)
    if missing:
        raise PolicyMissing(
            "These endpoints do not say who may call them: "
            f"{'; '.join(missing)}. Put @policy(…) on each view."
        )
    return app


def _configure(app: Flask, service: str, settings: Settings) -> None:
    newest, *older = keys.signing_keys(settings, "session")
    tls = settings.uses_tls(service)
    app.config.update(
        SECRET_KEY=newest,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME=cookie_name(service, "session", tls=tls),
        SESSION_COOKIE_SECURE=tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        SEND_FILE_MAX_AGE_DEFAULT=3_600,
        TESTING=settings.environment == "test",
        PROPAGATE_EXCEPTIONS=False,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.config["CONVENE_SERVICE"] = service
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if settings.environment == "production":
        addresses = (settings.public_url(service), settings.internal_url(service))
        names = {urlsplit(address).hostname for address in addresses}
        # A forged Host would otherwise end up in redirects and in the links of pages.
        app.config["TRUSTED_HOSTS"] = sorted({*filter(None, names), "127.0.0.1", "localhost"})


def _serve_assets(app: Flask, settings: Settings, service: str) -> None:
    """Style sheets and base templates, all from this process: no other host is ever asked."""
    app.register_blueprint(
        Blueprint(
            "convene",
            "shared.web",
            template_folder="templates",
            static_folder="static",
            static_url_path="/static/convene",
        )
    )
    Bootstrap5(app)
    app.jinja_env.globals.update(
        coalition_name=settings.coalition_name,
        coalition_email=settings.coalition_email,
        service_name=service,
        environment_name=settings.environment,
    )
