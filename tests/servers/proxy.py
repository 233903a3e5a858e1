"""A TCP proxy that goes wrong as it is told, between a client and the real server it wants to reach.

    with Proxy(("127.0.0.1", 5432)) as proxy:
        ... connect to 127.0.0.1:proxy.port ...
        proxy.black_hole()   # bytes are taken and go nowhere, as behind a firewall that drops
        proxy.heal()

Faults hold for what goes through from now on, on connections that stand as on new ones.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with 0 seconds: closing sends RST instead of FIN

Change = Callable[[bytes], bytes]


class _Pair:
    """One connection: what the client holds of it, and what we hold to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self._left = 2  # directions that still carry
        self._lock = threading.Lock()

    def direction_ended(self, sink: socket.socket) -> None:
        _shut(sink, socket.SHUT_WR)
        with self._lock:
            self._left -= 1
            if self._left:
                return
        self.client.close()
        self.server.close()

    def reset(self) -> None:
        for side in (self.client, self.server):
            _reset(side)


class Proxy:
    """Every byte both ways, by a thread for each direction of each connection."""

    def __init__(self, target: tuple[str, int] | None = None) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._seconds = 0.0
        self._to_server: Change = _unchanged
        self._to_client: Change = _unchanged
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def heal(self) -> None:
        """From now on everything goes through as it is; what was broken stays broken."""
        self._seconds = 0.0
        self._to_server = self._to_client = _unchanged
        self._flowing.set()

    def drop(self) -> None:
        """Every connection that stands is reset, both ways, in the middle of whatever it carries."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.reset()

    def black_hole(self) -> None:
        """Connections stand and are made, and nothing arrives until `heal`."""
        self._flowing.clear()

    def delay(self, seconds: float) -> None:
        """What is sent arrives this much later."""
        self._seconds = seconds

    def half_close(self) -> None:
        """The server seems to have said its last word on what stands, and goes on listening."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            _shut(pair.client, socket.SHUT_WR)

    def corrupt(self, change: Change, *, to_client: bool = False) -> None:
        """Every chunk passes through `change` on its way to the server, or to the client."""
        if to_client:
            self._to_client = change
        else:
            self._to_server = change

    def close(self) -> None:
        self.heal()
        _shut(self._listener, socket.SHUT_RDWR)  # closing alone would not wake the accept
        self._listener.close()
        self._thread.join()
        self.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        assert self.target is not None, "aim the proxy first"
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        pair = _Pair(client, server)
        with self._lock:
            self._pairs.append(pair)
        for to_client in (False, True):
            threading.Thread(
                target=self._carry, args=(pair, to_client), name="proxied", daemon=True
            ).start()

    def _carry(self, pair: _Pair, to_client: bool) -> None:
        source, sink = (pair.client, pair.server)[:: -1 if to_client else 1]
        try:
            while data := source.recv(_CHUNK_BYTES):
                self._flowing.wait()
                time.sleep(self._seconds)
                change = self._to_client if to_client else self._to_server
                sink.sendall(change(data))
        except OSError:
            pass  # one of the two is gone; the other is told now
        pair.direction_ended(sink)


def replacing(old: bytes, new: bytes) -> Change:
    """Damages only this word, where it stands within one chunk."""
    assert len(old) == len(new), "another length would be another protocol error"
    return lambda data: data.replace(old, new)


def _unchanged(data: bytes) -> bytes:
    return data


def _shut(side: socket.socket, how: int) -> None:
    try:
        side.shutdown(how)
    except OSError:
        return  # it was gone already


def _reset(side: socket.socket) -> None:
    """As a firewall or a dying host would: no goodbye."""
    try:
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    except OSError:
        return
    finally:
        _shut(side, socket.SHUT_RD)  # wakes the thread that reads from it
        side.close()
