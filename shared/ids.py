"""Identifiers: time-ordered for what happens, derived for what must come out the same twice."""

import os
import threading
import time
from uuid import UUID, uuid5

NAMESPACE = UUID("6f1f5a0e-6a43-5d7e-9d0b-3f6c2b1f7a51")

_lock = threading.Lock()
_last_millisecond = 0
_counter = 0


def _tick() -> tuple[int, int]:
    """Millisecond and a 12-bit counter that rises within it, so ids of one process sort as made."""
    global _last_millisecond, _counter  # noqa: PLW0603 - one monotonic source per process
    with _lock:
        millisecond = time.time_ns() // 1_000_000
        if millisecond > _last_millisecond:
            _last_millisecond = millisecond
            _counter = int.from_bytes(os.urandom(2)) & 0x7FF
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_millisecond += 1
                _counter = 0
        return _last_millisecond, _counter


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): sorts by time of making."""
    millisecond, counter = _tick()
    value = millisecond << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62
    value |= int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    return str(UUID(int=value))


def stable_id(*parts: str) -> str:
    """A UUID of version 5: the same parts give the same id, on any machine, for ever."""
    return str(uuid5(NAMESPACE, "\x1f".join(parts)))
