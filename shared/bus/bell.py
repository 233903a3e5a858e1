"""Waiting for the embedded log to change: by inotify where the kernel has it, else by looking.

The bell rings after a commit, so who wakes up sees the new records. (The write-ahead log itself changes
before its commit can be read; watching it would wake us too early.)
"""

import ctypes
import os
import select
import struct
import time
from collections.abc import Callable
from pathlib import Path

_IN_MODIFY = 0x2
_IN_CLOSE_WRITE = 0x8
_EVENT = struct.Struct("iIII")
_LOOK_SECONDS = 0.005


class Bell:
    """Watches the sessions folder: its bell, and files closed by consumers that left or died."""

    def __init__(self, folder: Path, changed: Callable[[], bool], *, watch: bool = True) -> None:
        """`changed` is asked instead where there is no inotify."""
        self._changed = changed
        self._watch = _open_watch(folder) if watch else None

    def wait(self, timeout_seconds: float) -> bool:
        """Return when something happened or the time is over; whether a session may have ended."""
        if self._watch is None:
            return self._look(timeout_seconds)
        ready, _, _ = select.select([self._watch], [], [], max(0.0, timeout_seconds))
        return self._drain(self._watch) if ready else True

    def close(self) -> None:
        if self._watch is not None:
            os.close(self._watch)
            self._watch = None

    def _look(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not self._changed():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _LOOK_SECONDS))
        return True

    @staticmethod
    def _drain(watch: int) -> bool:
        events, start, ended = os.read(watch, 65_536), 0, False
        while start < len(events):
            _, mask, _, name_length = _EVENT.unpack_from(events, start)
            ended = ended or bool(mask & _IN_CLOSE_WRITE)
            start += _EVENT.size + name_length
        return ended


def _open_watch(folder: Path) -> int | None:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        watch = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if watch < 0:
            return None  # the user's watches are used up
        target = os.fsencode(folder)
        if libc.inotify_add_watch(watch, target, _IN_MODIFY | _IN_CLOSE_WRITE) < 0:
            os.close(watch)
            return None
    except (AttributeError, OSError):
        return None  # not Linux
    return watch
