"""The only place where the matcher's parts are put together; nothing connects before it is asked."""

import socket
from collections.abc import Mapping
from typing import Any

from flask import Flask

from services.matcher import consumer, timers
from services.matcher.api.app import install_api
from services.matcher.api.parts import Parts, coordinator_tokens
from services.matcher.insight import Insight
from services.matcher.proposing import Proposer
from services.matcher.review import Deps
from services.matcher.scoring.index import load_model
from services.matcher.settings import MatcherSettings
from services.matcher.store.learning import put_first_codes
from services.matcher.store.vectors import StoredVectors
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.clock import Clock, SystemClock
from shared.contracts.topics import TOPICS
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.tasks import Periodic, Task
from shared.settings.keys import signing_keys
from shared.storage import Database
from shared.storage.migrations import migrate
from shared.web.app import create_app, finish
from shared.web.tokens import ServiceTokens, service_authenticator

SERVICE, SOURCE = "matcher", "/matcher"
MIGRATIONS = "services.matcher:migrations"


def open_database(settings: MatcherSettings) -> Database:
    return Database(settings.database_url, service=SERVICE)


def setup(settings: MatcherSettings, *, bus: Bus | None = None) -> None:
    """Migrate, write the first reason codes, make the topics. May be repeated."""
    database = open_database(settings)
    try:
        migrate(database, MIGRATIONS)
        with database.write() as connection:
            put_first_codes(connection)
    finally:
        database.close()
    reached = bus or connect(settings.bus_url)
    admin = reached.admin()
    try:
        admin.ensure_topics([topic.spec for topic in TOPICS.values()])
    finally:
        admin.close()
        if bus is None:
            reached.close()


def build_deps(settings: MatcherSettings, database: Database) -> Deps:
    """The model as the settings choose it, and one that only knows the rules."""
    scoring = load_model(
        cache=StoredVectors(database),
        model_dir=settings.sentence_model_dir,
        semantic=settings.semantic,
    )
    return Deps(model=scoring, rules=load_model(semantic=False), settings=settings)


def build_tasks(
    settings: MatcherSettings,
    *,
    clock: Clock | None = None,
    bus: Bus | None = None,
    transports: Mapping[str, Any] | None = None,  # noqa: ARG001 - every service's is called alike
    database: Database | None = None,
) -> list[Task]:
    """What the worker does: take in, propose, keep time, publish."""
    time = clock or SystemClock()
    store = database or open_database(settings)
    log = bus or connect(settings.bus_url)
    deps = build_deps(settings, store)
    ticking = timers.Timers(store, deps, time)
    return [
        Runner(
            store,
            log,
            group=consumer.GROUP,
            topics=consumer.TOPICS,
            handlers=consumer.handlers(settings),
            source=SOURCE,
            clock=time,
            member=settings.worker_name or socket.gethostname(),
        ),
        Proposer(store, deps.model, settings, time),
        Periodic("timers", settings.timer_seconds, ticking.run, time, ticking.close),
        Relay(store, log, SERVICE, time),
    ]


def build_web(
    settings: MatcherSettings,
    *,
    clock: Clock | None = None,
    transports: Mapping[str, Any] | None = None,
    database: Database | None = None,
) -> Flask:
    """The HTTP API and the coordinators' console."""
    time = clock or SystemClock()
    store = database or open_database(settings)
    tokens = ServiceTokens(signing_keys(settings, "service"), time)
    app = create_app(
        SERVICE,
        settings=settings,
        database=store,
        clock=time,
        authenticators=[
            coordinator_tokens(tokens, SERVICE),
            service_authenticator(tokens, SERVICE),
        ],
    )
    deps = build_deps(settings, store)
    insight = Insight(store, deps.model, time)
    install_api(app, Parts(database=store, clock=time, deps=deps, insight=insight))
    return finish(app)
