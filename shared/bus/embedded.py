"""The bus in one SQLite file: durable, shared by all processes of one machine, nothing to install."""

import logging
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from shared.bus.embedded_admin import EmbeddedAdmin
from shared.bus.embedded_consumer import EmbeddedConsumer
from shared.bus.embedded_file import LogFile
from shared.bus.embedded_group import Membership
from shared.bus.embedded_publisher import EmbeddedPublisher, GroupWriter
from shared.bus.embedded_upkeep import Upkeep
from shared.bus.errors import Closed
from shared.bus.port import PartitionsCallback
from shared.bus.records import Features
from shared.bus.settings import BusSettings

_log = logging.getLogger(__name__)


class EmbeddedBus:
    def __init__(self, path: str, settings: BusSettings) -> None:
        self._path = Path(path)
        self._settings = settings
        self._lock = threading.Lock()
        self._writer: GroupWriter | None = None
        self._parts: list[EmbeddedPublisher | EmbeddedConsumer | EmbeddedAdmin | Upkeep] = []
        self._closed = False

    @property
    def features(self) -> Features:
        return Features(
            dense_offsets=True,
            compacts_on_request=True,
            atomic_publish=True,
            remote=False,
            instant_takeover=True,
        )

    def publisher(self, name: str) -> EmbeddedPublisher:
        with self._lock:
            self._check_usable()
            if self._writer is None:
                self._writer = GroupWriter(self._open(durable=True), self._settings)
                self._parts.append(Upkeep(self._open(durable=False), self._settings))
                _log.info(
                    "embedded bus opened",
                    extra={"sqlite_version": sqlite3.sqlite_version, "path": str(self._path)},
                )
            publisher = EmbeddedPublisher(self._writer, name)
            self._keep(publisher)
            return publisher

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        member: str,
        on_assigned: PartitionsCallback | None = None,
        on_revoked: PartitionsCallback | None = None,
    ) -> EmbeddedConsumer:
        self._check_usable()
        # A position lost by a power cut means that records come again, which they may anyway.
        file = self._open(durable=False)
        membership = Membership(file, group, member, topics)
        consumer = EmbeddedConsumer(file, membership, self._settings, (on_assigned, on_revoked))
        with self._lock:
            self._keep(consumer)
        return consumer

    def admin(self) -> EmbeddedAdmin:
        self._check_usable()
        admin = EmbeddedAdmin(self._open(durable=True), self._settings)
        with self._lock:
            self._keep(admin)
        return admin

    def close(self) -> None:
        with self._lock:
            self._closed = True
            while self._parts:
                self._parts.pop().close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _keep(self, part: EmbeddedPublisher | EmbeddedConsumer | EmbeddedAdmin) -> None:
        """Those that were closed are let go: whoever loses one makes another, for months."""
        self._parts = [*(each for each in self._parts if not each.closed), part]

    def _open(self, *, durable: bool) -> LogFile:
        return LogFile(self._path, self._settings.request_timeout_seconds, durable=durable)

    def _check_usable(self) -> None:
        if self._closed:
            raise Closed("The bus is closed; connect again.")
