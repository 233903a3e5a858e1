"""Where the registry's parts are put together; nothing connects before it is used."""

import socket
from collections.abc import Mapping
from typing import Any

import httpx
from flask import Flask

from services.registry import restored
from services.registry.api import contacts, import_steps, listings, members, partnerships
from services.registry.api.access import Parts, key_authenticator
from services.registry.api.problems import install_registry_problems
from services.registry.consumer import handlers
from services.registry.erase import ErasureList
from services.registry.importing.queue import ImportTask
from services.registry.retention import rules
from services.registry.settings import RegistrySettings
from services.registry.tasks import upkeep
from services.registry.vault import Vault
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.bus.settings import BusSettings
from shared.clock import Clock
from shared.contracts.topics import PREFERENCES, TOPICS
from shared.messaging.desk import ParkedDesk
from shared.messaging.relay import Relay
from shared.messaging.retention import Retention, retention_task
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.reference.places import Places
from shared.settings import keys
from shared.storage import Database
from shared.storage.migrations import migrate
from shared.web.app import create_app, finish
from shared.web.client import ServiceClient
from shared.web.openapi import make_api
from shared.web.parked import parked_routes
from shared.web.tokens import ServiceTokens, SignedLinks, service_authenticator

SERVICE = "registry"
MIGRATIONS = "services.registry:migrations"
Transports = Mapping[str, httpx.BaseTransport]


def open_database(settings: RegistrySettings) -> Database:
    return Database(settings.database_url_for(SERVICE), service=SERVICE)


def open_vault(settings: RegistrySettings) -> Vault:
    """The vault of the keys folder, whose keys are made at the first start."""
    return Vault(
        keys.load_all(settings.keys_dir, "vault"),
        keys.load_or_create(settings.keys_dir, "vault-digest"),
    )


def erasure_list(settings: RegistrySettings) -> ErasureList:
    """Beside the databases, not inside them, so that a restored backup does not undo it."""
    return ErasureList(settings.var / "erasures.jsonl")


def open_retention(
    settings: RegistrySettings, database: Database | None = None, clock: Clock | None = None
) -> Retention:
    now = clock or settings.clock()
    kept = rules(open_vault(settings), erasure_list(settings), now)
    return Retention(SERVICE, database or open_database(settings), kept, now)


def setup(settings: RegistrySettings, *, bus: Bus | None = None) -> None:
    """Migrate the database, make the keys and the topics; may be repeated."""
    database = open_database(settings)
    try:
        migrate(database, MIGRATIONS)
    finally:
        database.close()
    open_vault(settings)
    own = bus is None
    used = bus or connect(settings.bus_url, BusSettings(**settings.bus_options()))
    try:
        admin = used.admin()
        admin.ensure_topics([topic.spec for topic in TOPICS.values()])
        admin.close()
    finally:
        if own:
            used.close()


def build_web(
    settings: RegistrySettings,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
) -> Flask:
    """The HTTP API. `transports` is unused here: the web process calls no other service."""
    del transports
    now = clock or settings.clock()
    database = open_database(settings)
    service_keys = keys.signing_keys(settings, "service")
    tokens = ServiceTokens(service_keys, now)
    app = create_app(
        SERVICE,
        settings=settings,
        database=database,
        clock=now,
        authenticators=[
            service_authenticator(tokens, SERVICE),
            key_authenticator(database, now),
        ],
    )
    app.extensions["registry"] = Parts(
        database=database,
        clock=now,
        vault=open_vault(settings),
        rules=settings.rules,
        places=Places.load(),
        claims=SignedLinks(service_keys, now),
        erasures=erasure_list(settings),
        import_max_bytes=settings.import_max_bytes,
    )
    _add_routes(app, ParkedDesk(database, SERVICE, now))
    return finish(app)


def _add_routes(app: Flask, desk: ParkedDesk) -> None:
    install_registry_problems(app)
    api = make_api(app, "Convene registry")
    listed = listings.blueprints()
    for blueprint in (members.blp, contacts.blp, *listed, partnerships.blp, import_steps.blp):
        api.register_blueprint(blueprint)
    api.register_blueprint(parked_routes(desk))


def build_tasks(
    settings: RegistrySettings,
    *,
    clock: Clock | None = None,
    bus: Bus | None = None,
    transports: Transports | None = None,
) -> list[Task]:
    """What the worker runs: relay, consumer, imports, upkeep."""
    del transports
    now = clock or settings.clock()
    database = open_database(settings)
    used = bus or connect(settings.bus_url, BusSettings(**settings.bus_options()))
    vault = open_vault(settings)
    return [
        Relay(database, used, SERVICE, now),
        Runner(
            database,
            used,
            group=SERVICE,
            topics=[PREFERENCES],
            handlers=handlers(vault),
            source=f"/{SERVICE}",
            clock=now,
            member=settings.worker_name or f"{socket.gethostname()}-1",
        ),
        ImportTask(database, vault, settings.rules, now, batch_lines=settings.import_batch_lines),
        upkeep(database, settings.rules, now),
        retention_task(open_retention(settings, database, now)),
    ]


def finish_restore(settings: RegistrySettings, *, bus: Bus | None = None) -> list[str]:
    """What must follow a restore before any process starts, and what there is to say of it."""
    database = open_database(settings)
    used = bus or connect(settings.bus_url, BusSettings(**settings.bus_options()))
    vault, listed = open_vault(settings), erasure_list(settings)
    try:
        return restored.finish_restore(database, used, settings.clock(), vault, listed)
    finally:
        database.close()
        if bus is None:
            used.close()


def notifier_client(
    settings: RegistrySettings, clock: Clock, transports: Transports | None = None
) -> ServiceClient:
    """How commands reach the notifier, which holds what it wrote to a person."""
    tokens = ServiceTokens(keys.signing_keys(settings, "service"), clock)
    transport: Any = (transports or {}).get("notifier")
    return ServiceClient(
        settings.internal_url("notifier"), tokens, SERVICE, "notifier", transport=transport
    )
