"""How gunicorn serves any of the three services; read from the working directory by itself.

Addresses come from the service's own settings (CONVENE_BIND_*), the number of processes from
WEB_CONCURRENCY, gunicorn's own variable.
"""

import os
import sys
from typing import Any

from shared.settings.common import Settings
from shared.settings.load import load_settings

_application = next((word for word in sys.argv if word.startswith("services.")), "")
_settings = load_settings(Settings, os.environ)
_service = _application.split(".")[1] if _application else "matcher"

bind = getattr(_settings, f"bind_{_service}")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 8
timeout = 60
graceful_timeout = 20
keepalive = 5
accesslog = None  # each request is logged by the application, as JSON
loglevel = "warning"
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
forwarded_allow_ips = "*" if _settings.trusted_proxies else "127.0.0.1"


def post_worker_init(worker: Any) -> None:
    """Streams of the console end as soon as their process is asked to, and do not hold it up."""
    extensions = getattr(worker.wsgi, "extensions", None)
    if extensions is not None:
        extensions["convene_stopping"] = lambda: not worker.alive
