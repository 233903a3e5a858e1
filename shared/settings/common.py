"""The settings every process shares. A service adds its own by subclassing in its settings.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.settings.fields import declared_settings, setting

SERVICES = ("registry", "matcher", "notifier")
_WEAK_PASSWORDS = frozenset({"convene", "postgres", "password", "secret", "changeme", "change-me"})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings common to all services. Paths are relative to the working directory."""

    environment: str = setting(
        "development",
        choices=("development", "test", "production"),
        help="Where this runs. Production refuses default addresses and weak secrets; "
        "anywhere else only allow-listed recipients are mailed.",
    )
    bus_url: str = setting(
        "embedded:///var/bus.db",
        help="The log that carries events: embedded:///path on one machine, or "
        "kafka://host:9092,host:9092. Chosen together with CONVENE_DATABASE_URL.",
    )
    database_url: str = setting(
        "sqlite:///var/{service}.db",
        help="Each service's own database; {service} becomes its name. sqlite:///path goes with "
        "the embedded log, postgresql+psycopg://user:password@host/{service} with Kafka.",
        secret=True,
    )
    var: Path = setting(Path("var"), help="Folder of everything Convene writes by default.")
    keys_dir: Path = setting(
        Path("var/keys"),
        help="Folder of generated keys (mode 0600). Back it up apart from the databases.",
    )
    service_key: str | None = setting(
        None,
        secret=True,
        help="Signs tokens between services: the same on every machine, at least 32 characters, "
        "newest first when several are given with commas. Unset: generated in the keys folder.",
    )
    link_key: str | None = setting(
        None, secret=True, help="Signs the links in emails. As CONVENE_SERVICE_KEY."
    )
    session_key: str | None = setting(
        None, secret=True, help="Signs cookies and form tokens. As CONVENE_SERVICE_KEY."
    )
    registry_url: str = setting(
        "http://127.0.0.1:8001",
        production_needs_own=True,
        help="Public base address of the registry: its API and members' own pages.",
    )
    matcher_url: str = setting(
        "http://127.0.0.1:8000",
        production_needs_own=True,
        help="Public base address of the matcher: the coordinators' console and its API.",
    )
    notifier_url: str = setting(
        "http://127.0.0.1:8002",
        production_needs_own=True,
        help="Public base address of the notifier: the pages behind the links in emails.",
    )
    registry_internal_url: str | None = setting(
        None, help="How other services reach the registry. Unset: its public address."
    )
    matcher_internal_url: str | None = setting(
        None, help="How other services reach the matcher. Unset: its public address."
    )
    notifier_internal_url: str | None = setting(
        None, help="How other services reach the notifier. Unset: its public address."
    )
    bind_registry: str = setting("127.0.0.1:8001", help="host:port the registry listens on.")
    bind_matcher: str = setting("127.0.0.1:8000", help="host:port the matcher listens on.")
    bind_notifier: str = setting("127.0.0.1:8002", help="host:port the notifier listens on.")
    smtp_url: str = setting(
        "smtp://127.0.0.1:8026",
        secret=True,
        production_needs_own=True,
        help="The mail server: smtp://host:port, smtp+starttls://user:password@host:587 or "
        "smtps://user:password@host:465. Default: the local mailbox.",
    )
    coalition_name: str = setting(
        "the coalition", production_needs_own=True, help="Name of the coalition, as people say it."
    )
    coalition_email: str = setting(
        "coalition@convene.example",
        production_needs_own=True,
        help="Mailbox of the coordinators: replies to every email go there.",
    )
    sender_email: str = setting(
        "convene@convene.example", production_needs_own=True, help="Address emails are sent from."
    )
    grace_seconds: float = setting(
        120.0,
        minimum=0,
        maximum=86_400,
        help="How long an approval, or the last yes, can be undone before anything follows.",
    )
    health_host: str = setting("127.0.0.1", help="Address of a worker's health and metrics server.")
    health_port: int = setting(
        9100,
        minimum=0,
        maximum=65_535,
        help="Port of a worker's health and metrics server; 0 takes a free one.",
    )
    trusted_proxies: int = setting(
        0,
        minimum=0,
        maximum=8,
        help="Number of proxies in front whose X-Forwarded-* headers are believed.",
    )
    hsts_seconds: int = setting(
        0,
        minimum=0,
        help="Strict-Transport-Security in seconds; 0 sends none. Set it once TLS works, for "
        "example to 31536000.",
    )
    max_body_bytes: int = setting(
        262_144, minimum=1_024, help="Largest request body, unless a route allows more."
    )
    log_level: str = setting(
        "info", choices=("debug", "info", "warning", "error"), help="Least severe line logged."
    )
    traces_url: str | None = setting(
        None, help="OTLP/HTTP address that traces are sent to (extra `otel`). Unset: no traces."
    )

    def database_url_for(self, service: str) -> str:
        return self.database_url.replace("{service}", service)

    def public_url(self, service: str) -> str:
        """Base address without a final slash, for links that people follow."""
        return str(getattr(self, f"{service}_url")).rstrip("/")

    def internal_url(self, service: str) -> str:
        """Base address without a final slash, for calls from another service."""
        internal = getattr(self, f"{service}_internal_url")
        return str(internal).rstrip("/") if internal else self.public_url(service)

    def uses_tls(self, service: str) -> bool:
        """Whether people reach the service through https, so that cookies may be `__Host-`."""
        return self.public_url(service).startswith("https://")

    def faults(self) -> Iterator[str]:
        """Sentences about values that cannot be used together; a subclass adds its own."""
        yield from self._faults_of_size()
        yield from self._faults_of_addresses()
        yield from self._faults_of_keys()
        if self.environment == "production":
            yield from self._faults_in_production()

    def _faults_of_size(self) -> Iterator[str]:
        bus, database = (urlsplit(self.bus_url).scheme, urlsplit(self.database_url).scheme)
        if bus not in ("embedded", "kafka"):
            yield (
                f"CONVENE_BUS_URL has '{masked(self.bus_url)}', whose scheme is neither embedded "
                "nor kafka. Set it to embedded:///var/bus.db or kafka://host:9092."
            )
        if database not in ("sqlite", "postgresql+psycopg"):
            yield (
                f"CONVENE_DATABASE_URL has '{masked(self.database_url)}', whose scheme is neither "
                "sqlite nor postgresql+psycopg. Set it to sqlite:///var/{service}.db or "
                "postgresql+psycopg://user:password@host/{service}."
            )
        elif (bus == "kafka") != (database == "postgresql+psycopg"):
            yield (
                f"CONVENE_BUS_URL has '{masked(self.bus_url)}' and CONVENE_DATABASE_URL has "
                f"'{masked(self.database_url)}': a mixed pair. Use embedded with sqlite on one "
                "machine, or kafka with postgresql+psycopg on several."
            )
        if "{service}" not in self.database_url:
            yield (
                f"CONVENE_DATABASE_URL has '{masked(self.database_url)}' without {{service}}, so "
                "services would share a database. Put {service} where the name differs."
            )

    def _faults_of_addresses(self) -> Iterator[str]:
        fields = [f"{service}_url" for service in SERVICES]
        fields += [f"{service}_internal_url" for service in SERVICES]
        for field in fields:
            value = getattr(self, field)
            if value is not None and not is_web_address(value):
                yield (
                    f"CONVENE_{field.upper()} has '{value}', which is not a base address. "
                    "Set it to something like https://convene.example.org."
                )
        for field in ("coalition_email", "sender_email"):
            value = getattr(self, field)
            if value.count("@") != 1 or any(c in value for c in " \r\n,;<>"):
                yield (
                    f"CONVENE_{field.upper()} has '{value}', which is not one email address. "
                    "Set it to something like partnerships@example.org."
                )

    def _faults_of_keys(self) -> Iterator[str]:
        for field in ("service_key", "link_key", "session_key"):
            for key in (getattr(self, field) or "").split(","):
                if key and len(key.strip()) < 32:
                    yield (
                        f"CONVENE_{field.upper()} has a key of {len(key.strip())} characters (not "
                        "shown). Use at least 32: python -c 'import secrets; "
                        "print(secrets.token_urlsafe(32))'."
                    )

    def _faults_in_production(self) -> Iterator[str]:
        for declared in declared_settings(type(self)):
            value = getattr(self, declared.field)
            if declared.declaration.production_needs_own and value == declared.default:
                yield (
                    f"{declared.name} has its default '{declared.default}', which production "
                    f"refuses. Set {declared.name}: {declared.declaration.help}"
                )
        for service in SERVICES:
            url = urlsplit(self.public_url(service))
            if url.scheme != "https" and url.hostname not in _LOOPBACK:
                yield (
                    f"CONVENE_{service.upper()}_URL has '{self.public_url(service)}', which is not "
                    "https. Put a proxy with TLS in front and give its https address."
                )
        password = urlsplit(self.database_url).password
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
