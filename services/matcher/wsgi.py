"""The web process, for gunicorn: `gunicorn services.matcher.wsgi:app`.

`app` is built when it is first asked for, so that importing this module reads no setting and opens
nothing.
"""

import os
from functools import cache
from typing import Any

from flask import Flask

from services.matcher.settings import MatcherSettings
from services.matcher.wiring import build_web, warm_up
from shared import failpoints
from shared.observability.logging import configure
from shared.settings import load_settings


@cache
def create() -> Flask:
    settings = load_settings(MatcherSettings, os.environ)
    configure("matcher", settings.log_level)
    failpoints.arm(settings.failpoints)
    app = build_web(settings)
    warm_up(app)
    return app


def __getattr__(name: str) -> Any:
    if name == "app":
        return create()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
