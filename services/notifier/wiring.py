"""The only place where the notifier's parts are built and joined."""

import socket

from flask import Flask

from services.notifier import resume
from services.notifier.api import add_api
from services.notifier.calendar import Calendar
from services.notifier.consumer import TOPICS, handlers
from services.notifier.directory import Directory, MatcherGate
from services.notifier.erasures import EVERY_SECONDS, Erasures
from services.notifier.introduce import SOURCE, Exchanger
from services.notifier.mailbox.box import Box
from services.notifier.pages import add_pages
from services.notifier.parts import Parts, Transports
from services.notifier.post import build_post, build_vault, erased_people, hash_key
from services.notifier.regular import digests, listing_checks
from services.notifier.self_service import SelfService
from services.notifier.send import MailTask
from services.notifier.settings import NotifierSettings
from services.notifier.store.retention import RULES
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.bus.settings import BusSettings
from shared.clock import Clock
from shared.contracts.topics import TOPICS as ALL_TOPICS
from shared.messaging.relay import Relay
from shared.messaging.retention import Retention, retention_task
from shared.messaging.runner import Runner
from shared.messaging.tasks import Periodic, Task
from shared.settings.keys import signing_keys
from shared.storage import Database
from shared.storage.migrations import migrate
from shared.web.app import create_app, finish
from shared.web.client import ServiceClient
from shared.web.tokens import ServiceTokens, SignedLinks, service_authenticator

SERVICE = "notifier"
MIGRATIONS = "services.notifier:migrations"


def build_parts(
    settings: NotifierSettings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
) -> Parts:
    """`transports` replaces the network to a service by its name, for tests in one process."""
    now = clock or settings.clock()
    service_keys = signing_keys(settings, "service")
    tokens = ServiceTokens(service_keys, now)

    def client(audience: str) -> ServiceClient:
        transport = (transports or {}).get(audience)
        return ServiceClient(settings.internal_url(audience), tokens, SERVICE, audience, transport)

    registry, matcher = client("registry"), client("matcher")
    return Parts(
        settings=settings,
        clock=now,
        database=open_database(settings),
        links=SignedLinks(signing_keys(settings, "link"), now),
        tokens=tokens,
        directory=Directory(registry, SignedLinks(service_keys, now)),
        gate=MatcherGate(matcher),
        self_service=SelfService(registry, matcher),
        vault=build_vault(settings),
        hash_key=hash_key(settings),
        forget_mail=Box(settings.mailbox_folder).forget,
        erased=erased_people(settings),
    )


def build_web(
    settings: NotifierSettings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
) -> Flask:
    """The pages behind the links in emails, and the API of the other services."""
    parts = build_parts(settings, clock=clock, transports=transports)
    app = create_app(
        SERVICE,
        settings=settings,
        database=parts.database,
        clock=parts.clock,
        authenticators=[service_authenticator(parts.tokens, SERVICE)],
    )
    add_pages(app, parts)
    add_api(app, parts)
    return finish(app)


def build_tasks(
    settings: NotifierSettings,
    *,
    clock: Clock | None = None,
    bus: Bus | None = None,
    transports: Transports | None = None,
) -> list[Task]:
    """The worker's loops: consume, exchange contacts, send mail, relay."""
    parts = build_parts(settings, clock=clock, transports=transports)
    return tasks_of(parts, bus or open_bus(settings))


def tasks_of(parts: Parts, bus: Bus) -> list[Task]:
    database, clock, pace = parts.database, parts.clock, parts.pace
    runner = Runner(
        database,
        bus,
        group=SERVICE,
        topics=TOPICS,
        handlers=handlers(pace),
        source=SOURCE,
        clock=clock,
        member=parts.settings.worker_name or f"{socket.gethostname()}-1",
    )
    return [
        runner,
        Exchanger(database, parts.gate, pace, clock),
        Periodic("erasures", EVERY_SECONDS, Erasures(parts).run, clock),
        digests(database, clock),
        listing_checks(database, parts.directory, parts.settings, clock),
        MailTask(
            database,
            parts.directory,
            Calendar(parts.gate, parts.directory, parts.settings.office_hours, clock),
            build_post(parts.settings, parts.links),
            clock,
        ),
        retention_task(Retention(SERVICE, database, RULES, clock)),
        Relay(database, bus, SERVICE, clock),
    ]


def setup(settings: NotifierSettings, *, bus: Bus | None = None) -> None:
    """Migrate, make keys and topics. May be repeated; run it before the first process."""
    database = open_database(settings)
    try:
        migrate(database, MIGRATIONS)
    finally:
        database.close()
    build_post(settings, SignedLinks(signing_keys(settings, "link"), settings.clock()))
    used = bus or open_bus(settings)
    try:
        admin = used.admin()
        admin.ensure_topics([topic.spec for topic in ALL_TOPICS.values()])
        admin.close()
    finally:
        if bus is None:
            used.close()


def finish_restore(settings: NotifierSettings, *, bus: Bus | None = None) -> list[str]:
    """What must follow a restore before any process starts, and what there is to say of it."""
    database, used = open_database(settings), bus or open_bus(settings)
    vault, erased = build_vault(settings), erased_people(settings)
    try:
        return resume.finish_restore(database, used, settings.clock(), vault, erased)
    finally:
        database.close()
        if bus is None:
            used.close()


def open_database(settings: NotifierSettings) -> Database:
    return Database(settings.database_url_for(SERVICE), service=SERVICE)


def open_retention(settings: NotifierSettings) -> Retention:
    return Retention(SERVICE, open_database(settings), RULES, settings.clock())


def open_bus(settings: NotifierSettings) -> Bus:
    return connect(settings.bus_url, BusSettings(**settings.bus_options()))
