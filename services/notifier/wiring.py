"""The only place where the notifier's parts are built and joined."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from services.notifier.consumer import TOPICS, handlers
from services.notifier.directory import Directory, MatcherGate
from services.notifier.introduce import SOURCE, Exchanger
from services.notifier.post import build_post
from services.notifier.send import MailTask
from services.notifier.settings import NotifierSettings
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.clock import Clock, SystemClock
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.settings.keys import signing_keys
from shared.storage import Database
from shared.storage.migrations import migrate
from shared.web.client import ServiceClient
from shared.web.tokens import ServiceTokens, SignedLinks

SERVICE = "notifier"
MIGRATIONS = "services.notifier:migrations"
Transports = Mapping[str, httpx.BaseTransport]


@dataclass(frozen=True, slots=True)
class Parts:
    """What both the web process and the worker are made of."""

    settings: NotifierSettings
    clock: Clock
    database: Database
    links: SignedLinks
    tokens: ServiceTokens
    directory: Directory
    gate: MatcherGate


def build_parts(
    settings: NotifierSettings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
) -> Parts:
    """`transports` replaces the network to a service by its name, for tests in one process."""
    now = clock or SystemClock()
    service_keys = signing_keys(settings, "service")
    tokens = ServiceTokens(service_keys, now)

    def client(audience: str) -> ServiceClient:
        transport = (transports or {}).get(audience)
        return ServiceClient(settings.internal_url(audience), tokens, SERVICE, audience, transport)

    return Parts(
        settings=settings,
        clock=now,
        database=Database(settings.database_url, service=SERVICE),
        links=SignedLinks(signing_keys(settings, "link"), now),
        tokens=tokens,
        directory=Directory(client("registry"), SignedLinks(service_keys, now)),
        gate=MatcherGate(client("matcher")),
    )


def build_tasks(
    settings: NotifierSettings,
    *,
    clock: Clock | None = None,
    bus: Bus | None = None,
    transports: Transports | None = None,
) -> list[Task]:
    """The worker's loops: consume, exchange contacts, send mail, relay."""
    parts = build_parts(settings, clock=clock, transports=transports)
    log = bus or connect(settings.bus_url)
    database, now, pace = parts.database, parts.clock, settings.pace
    runner = Runner(
        database,
        log,
        group=SERVICE,
        topics=TOPICS,
        handlers=handlers(pace),
        source=SOURCE,
        clock=now,
        member=f"{socket.gethostname()}-{os.getpid()}",
    )
    return [
        runner,
        Exchanger(database, parts.gate, pace, now),
        MailTask(database, parts.directory, build_post(settings, parts.links), now),
        Relay(database, log, SERVICE, now),
    ]


def setup(settings: NotifierSettings) -> None:
    """Bring the database up to date and create the topics; run once, before the first process."""
    database = Database(settings.database_url, service=SERVICE)
    migrate(database, MIGRATIONS)
    database.close()
