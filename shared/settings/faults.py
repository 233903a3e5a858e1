"""What is wrong with settings taken together, as sentences with name, value and fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared import failpoints
from shared.settings.fields import declared_settings

if TYPE_CHECKING:
    from shared.settings.common import Settings

SERVICES = ("registry", "matcher", "notifier")
_WEAK_PASSWORDS = frozenset({"convene", "postgres", "password", "secret", "changeme", "change-me"})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def faults_of(settings: Settings) -> Iterator[str]:
    yield from _faults_of_size(settings)
    yield from _faults_of_addresses(settings)
    yield from _faults_of_keys(settings)
    yield from _faults_of_failpoints(settings)
    if settings.environment == "production":
        yield from _faults_in_production(settings)


def _faults_of_size(settings: Settings) -> Iterator[str]:
    bus, database = (urlsplit(settings.bus_url).scheme, urlsplit(settings.database_url).scheme)
    if bus not in ("embedded", "kafka"):
        yield (
            f"CONVENE_BUS_URL has '{masked(settings.bus_url)}', whose scheme is neither embedded "
            "nor kafka. Set it to embedded:///var/bus.db or kafka://host:9092."
        )
    if database not in ("sqlite", "postgresql+psycopg"):
        yield (
            f"CONVENE_DATABASE_URL has '{masked(settings.database_url)}', whose scheme is neither "
            "sqlite nor postgresql+psycopg. Set it to sqlite:///var/{service}.db or "
            "postgresql+psycopg://user:password@host/{service}."
        )
    elif (bus == "kafka") != (database == "postgresql+psycopg"):
        yield (
            f"CONVENE_BUS_URL has '{masked(settings.bus_url)}' and CONVENE_DATABASE_URL has "
            f"'{masked(settings.database_url)}': a mixed pair. Use embedded with sqlite on one "
            "machine, or kafka with postgresql+psycopg on several."
        )
    if "{service}" not in settings.database_url:
        yield (
            f"CONVENE_DATABASE_URL has '{masked(settings.database_url)}' without {{service}}, so "
            "services would share a database. Put {service} where the name differs."
        )


def _faults_of_addresses(settings: Settings) -> Iterator[str]:
    fields = [f"{service}_url" for service in SERVICES]
    fields += [f"{service}_internal_url" for service in SERVICES]
    for field in fields:
        value = getattr(settings, field)
        if value is not None and not is_web_address(value):
            yield (
                f"CONVENE_{field.upper()} has '{value}', which is not a base address. "
                "Set it to something like https://convene.example.org."
            )
    for field in ("coalition_email", "sender_email"):
        value = getattr(settings, field)
        if value.count("@") != 1 or any(c in value for c in " \r\n,;<>"):
            yield (
                f"CONVENE_{field.upper()} has '{value}', which is not one email address. "
                "Set it to something like partnerships@example.org."
            )


def _faults_of_keys(settings: Settings) -> Iterator[str]:
    for field in ("service_key", "link_key", "session_key"):
        for key in (getattr(settings, field) or "").split(","):
            if key and len(key.strip()) < 32:
                yield (
                    f"CONVENE_{field.upper()} has a key of {len(key.strip())} characters (not "
                    "shown). Use at least 32: python -c 'import secrets; "
                    "print(secrets.token_urlsafe(32))'."
                )


def _faults_of_failpoints(settings: Settings) -> Iterator[str]:
    try:
        failpoints.read_script(settings.failpoints or "")
    except failpoints.Unreadable as error:
        yield f"CONVENE_FAILPOINTS has '{settings.failpoints}': {error}."


def _faults_in_production(settings: Settings) -> Iterator[str]:
    if settings.failpoints is not None:
        yield (
            f"CONVENE_FAILPOINTS has '{settings.failpoints}' in production, where nothing is to "
            "fail on purpose. Unset it."
        )
    if settings.clock_shift_file is not None:
        yield (
            f"CONVENE_CLOCK_SHIFT_FILE has '{settings.clock_shift_file}' in production, where time "
            "must be the time. Unset it."
        )
    for declared in declared_settings(type(settings)):
        value = getattr(settings, declared.field)
        if declared.declaration.production_needs_own and value == declared.default:
            yield (
                f"{declared.name} has its default '{declared.default}', which production "
                f"refuses. Set {declared.name}: {declared.declaration.help}"
            )
    for service in SERVICES:
        url = urlsplit(settings.public_url(service))
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            yield (
                f"CONVENE_{service.upper()}_URL has '{settings.public_url(service)}', which is not "
                "https. Put a proxy with TLS in front and give its https address."
            )
    password = urlsplit(settings.database_url).password
    if password is not None and password.lower() in _WEAK_PASSWORDS:
        yield (
            "CONVENE_DATABASE_URL has a well-known password (not shown), which production "
            "refuses. Set another in the database and here."
        )


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    return usable and not parts.query and not parts.fragment and (port is None or port > 0)


def masked(url: str) -> str:
    """A URL without its password, for people to read."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return "(not readable)"
    if not password:
        return url
    return url.replace(f":{password}@", ":…@", 1)
