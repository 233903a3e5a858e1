"""`python -m services.notifier mailbox`: both sides of the mailbox, until SIGTERM."""

import signal
import threading
from types import FrameType

from werkzeug.serving import make_server

from services.notifier.mailbox.box import Box
from services.notifier.mailbox.receive import receiver
from services.notifier.mailbox.web import build_mailbox
from services.notifier.settings import NotifierSettings
from shared.clock import Clock
from shared.observability.logging import get_logger

_log = get_logger()


def run_mailbox(settings: NotifierSettings, clock: Clock) -> None:
    """Take mail and show it; returns after SIGTERM or SIGINT."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    box = Box(settings.mailbox_folder)
    smtp = receiver(box, clock, settings.mailbox_smtp)
    smtp.start()
    host, _, port = settings.mailbox_web.rpartition(":")
    server = make_server(host, int(port), build_mailbox(settings, box, clock), threaded=True)
    serving = threading.Thread(target=server.serve_forever, name="mailbox page", daemon=True)
    serving.start()
    _log.info("mailbox_started", smtp=settings.mailbox_smtp, web=settings.mailbox_web)
    stop.wait()
    server.shutdown()
    serving.join(timeout=5)
    smtp.stop()
    _log.info("mailbox_stopped")
