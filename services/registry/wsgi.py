"""The web process, for gunicorn: `gunicorn services.registry.wsgi:app`.

`app` is built when it is first asked for, so that importing this module reads no setting and opens
nothing.
"""

import os
from functools import cache
from typing import Any

from flask import Flask

from services.registry.settings import RegistrySettings
from services.registry.wiring import build_web
from shared import failpoints
from shared.observability.logging import configure
from shared.settings import load_settings


@cache
def create() -> Flask:
    settings = load_settings(RegistrySettings, os.environ)
    configure("registry", settings.log_level)
    failpoints.arm(settings.failpoints)
    return build_web(settings)


def __getattr__(name: str) -> Any:
    if name == "app":
        return create()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
