"""A few streams of server-sent events for each process, each for a few minutes.

A stream keeps a thread of the web server for as long as it lasts, so only so many are open at
once that most threads stay free for pages; whoever comes later is told to ask now and then.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flask import Response, current_app

from shared.storage import Busy, StorageUnavailable

STOPPING = "convene_stopping"
"""Extension of the application that says whether its process was asked to end (gunicorn.conf.py)."""
MOST = 3
"""Of the 8 threads of a process, see gunicorn.conf.py."""


@dataclass(slots=True)
class Streams:
    """`look` gives a word that changes when there is news; each change is one event `news`."""

    most: int = MOST
    lasts_seconds: float = 240.0
    look_seconds: float = 1.0
    beat_seconds: float = 5.0
    """How soon it is noticed that nobody listens any more: by writing to them."""
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, look: Callable[[], str]) -> Response:
        """The stream; 204 when there are enough, which tells a browser not to come again."""
        if not self._enter():
            return Response(status=204)
        stopping: Callable[[], bool] = current_app.extensions.get(STOPPING, lambda: False)
        response = Response(self._events(look, stopping), mimetype="text/event-stream")
        response.call_on_close(self._leave)  # runs even where not one event was taken
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        return response

    def _events(self, look: Callable[[], str], stopping: Callable[[], bool]) -> Iterator[str]:
        ends = time.monotonic() + self.lasts_seconds
        beat = time.monotonic() + self.beat_seconds
        told = ""
        yield "retry: 3000\n\n"
        while time.monotonic() < ends and not stopping():
            try:
                mark = look()
            except (Busy, StorageUnavailable):
                return  # the browser comes again by itself
            if mark != told:
                told = mark
                yield f"event: news\ndata: {mark}\n\n"
            elif time.monotonic() >= beat:
                beat = time.monotonic() + self.beat_seconds
                yield ": still here\n\n"
            time.sleep(self.look_seconds)

    def _enter(self) -> bool:
        with self._lock:
            if self._open >= self.most:
                return False
            self._open += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._open -= 1
