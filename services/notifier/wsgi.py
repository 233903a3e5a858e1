"""The web process, for gunicorn: `gunicorn services.notifier.wsgi:app`.

`app` is built when it is first asked for, so that importing this module reads no setting and opens
nothing.
"""

import os
from functools import cache
from typing import Any

from flask import Flask

from services.notifier.settings import NotifierSettings
from services.notifier.wiring import build_web
from shared import failpoints
from shared.observability.logging import configure
from shared.settings import load_settings


@cache
def create() -> Flask:
    settings = load_settings(NotifierSettings, os.environ)
    configure("notifier", settings.log_level)
    failpoints.arm(settings.failpoints)
    return build_web(settings)


def __getattr__(name: str) -> Any:
    if name == "app":
        return create()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
