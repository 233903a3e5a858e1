"""The only place where the matcher's parts are put together; nothing connects before it is asked."""

import socket
import threading
from collections.abc import Mapping

import httpx
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from services.matcher import consumer, projection
from services.matcher.api.app import install_api
from services.matcher.api.parts import Parts, coordinator_tokens
from services.matcher.console.accounts.retention import RULES as RULES_OF_ACCOUNTS
from services.matcher.console.register import register_console, sign_in_of
from services.matcher.explaining.insight import Insight
from services.matcher.models.training import EVERY_SECONDS, Training
from services.matcher.proposing.task import Proposer
from services.matcher.recruit import EVERY_SECONDS as RECRUIT_SECONDS
from services.matcher.recruit import Recruiting
from services.matcher.review import Deps
from services.matcher.rounds.run import Rounds
from services.matcher.scoring.index import load_model
from services.matcher.settings import MatcherSettings
from services.matcher.store.learning import put_first_codes
from services.matcher.store.retention import RULES
from services.matcher.store.vectors import StoredVectors
from services.matcher.timers import Timers
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.bus.settings import BusSettings
from shared.clock import Clock
from shared.contracts.topics import TOPICS
from shared.messaging.ahead import catch_up
from shared.messaging.relay import Relay
from shared.messaging.retention import Retention, retention_task
from shared.messaging.runner import Runner
from shared.messaging.tasks import Periodic, Task
from shared.observability.logging import get_logger
from shared.reference.phrasebook import phrase_files_in
from shared.settings import keys
from shared.storage import Database, unit_of_work
from shared.storage.errors import StorageError
from shared.storage.migrations import migrate
from shared.web.app import create_app, finish
from shared.web.client import ServiceClient
from shared.web.tokens import ServiceTokens, service_authenticator

SERVICE, SOURCE = "matcher", "/matcher"
MIGRATIONS = "services.matcher:migrations"
_log = get_logger()
Transports = Mapping[str, httpx.BaseTransport]


def open_database(settings: MatcherSettings) -> Database:
    return Database(settings.database_url_for(SERVICE), service=SERVICE)


def open_bus(settings: MatcherSettings) -> Bus:
    return connect(settings.bus_url, BusSettings(**settings.bus_options()))


def open_retention(
    settings: MatcherSettings, database: Database | None = None, clock: Clock | None = None
) -> Retention:
    now = clock or settings.clock()
    kept = (*RULES, *RULES_OF_ACCOUNTS)
    return Retention(SERVICE, database or open_database(settings), kept, now)


def setup(settings: MatcherSettings, *, bus: Bus | None = None) -> None:
    """Migrate, write the first reason codes, make the topics. May be repeated."""
    database = open_database(settings)
    try:
        migrate(database, MIGRATIONS)
        with database.write() as connection:
            put_first_codes(connection)
    finally:
        database.close()
    used = bus or open_bus(settings)
    try:
        admin = used.admin()
        admin.ensure_topics([topic.spec for topic in TOPICS.values()])
        admin.close()
    finally:
        if bus is None:
            used.close()


def finish_restore(settings: MatcherSettings, *, bus: Bus | None = None) -> list[str]:
    """What must follow a restore before any process starts, and what there is to say of it."""
    database, used, clock = open_database(settings), bus or open_bus(settings), settings.clock()
    try:
        missing = catch_up(database, used, clock)
        with unit_of_work(database, source=SOURCE, clock=clock, actor="restore") as work:
            work.audit("database.restored", SERVICE, {"ahead": len(missing)})
    finally:
        database.close()
        if bus is None:
            used.close()
    return [f"{one}; decide about it anew" for one in missing]


def build_deps(settings: MatcherSettings, database: Database) -> Deps:
    """The model as the settings choose it, and one that only knows the rules."""
    scoring = load_model(
        cache=StoredVectors(database),
        model_dir=settings.sentence_model_dir,
        semantic=settings.semantic,
        phrase_files=phrase_files_in(settings.phrases_dir),
    )
    return Deps(model=scoring, rules=load_model(semantic=False), settings=settings)


def build_tasks(
    settings: MatcherSettings,
    *,
    clock: Clock | None = None,
    bus: Bus | None = None,
    transports: Transports | None = None,
) -> list[Task]:
    """What the worker does: take in, propose, keep time, publish. It calls no other service."""
    del transports
    now = clock or settings.clock()
    database = open_database(settings)
    used = bus or open_bus(settings)
    deps = build_deps(settings, database)
    timers = Timers(database, deps, now)
    rounds = Rounds(database, deps, now)
    training = Training(database, deps.model, settings, now)
    recruiting = Recruiting(database, deps, now)
    return [
        Runner(
            database,
            used,
            group=consumer.GROUP,
            topics=consumer.TOPICS,
            handlers=consumer.handlers(settings),
            together=projection.TOGETHER,
            source=SOURCE,
            clock=now,
            member=settings.worker_name or f"{socket.gethostname()}-1",
        ),
        Proposer(database, deps.model, settings, now),
        Periodic("timers", settings.timer_seconds, timers.run, now, timers.close),
        Periodic("rounds", settings.timer_seconds, rounds.run, now, rounds.close),
        Periodic("recruiting", RECRUIT_SECONDS, recruiting.run, now, recruiting.close),
        Periodic("training", EVERY_SECONDS, training.run, now, training.close),
        retention_task(open_retention(settings, database, now)),
        Relay(database, used, SERVICE, now),
    ]


def build_web(
    settings: MatcherSettings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
) -> Flask:
    """The HTTP API and the coordinators' console. `transports` by service name, for tests."""
    now = clock or settings.clock()
    database = open_database(settings)
    tokens = ServiceTokens(keys.signing_keys(settings, "service"), now)
    app = create_app(
        SERVICE,
        settings=settings,
        database=database,
        clock=now,
        authenticators=[
            coordinator_tokens(tokens, SERVICE),
            service_authenticator(tokens, SERVICE),
            sign_in_of(settings, database, now),
        ],
    )
    deps = build_deps(settings, database)
    insight = Insight(database, deps.model, now)
    install_api(app, Parts(database=database, clock=now, deps=deps, insight=insight))

    def client(audience: str) -> ServiceClient:
        transport = (transports or {}).get(audience)
        return ServiceClient(settings.internal_url(audience), tokens, SERVICE, audience, transport)

    register_console(
        app, deps, insight, now, registry=client("registry"), notifier=client("notifier")
    )
    return finish(app)


def warm_up(app: Flask) -> threading.Thread:
    """Build what the first coordinator would wait for, beside the requests; readiness is as it was.

    What keeps it from being built now (no database yet) is met again, and told, by whoever asks.
    """

    def build() -> None:
        try:
            found: Parts = app.extensions[SERVICE]
            found.insight.warm()
        except (StorageError, SQLAlchemyError) as error:
            _log.warning("not_warmed_up", reason=type(error).__name__)

    thread = threading.Thread(target=build, name="warm-up", daemon=True)
    thread.start()
    return thread
