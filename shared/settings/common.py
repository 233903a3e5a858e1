"""The settings every process shares. A service adds its own by subclassing in its settings.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from shared.clock import Clock, ShiftedClock, SystemClock
from shared.settings.faults import SERVICES, faults_of
from shared.settings.fields import setting

__all__ = ["SERVICES", "Settings"]


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
    kafka_security_protocol: str = setting(
        "PLAINTEXT",
        choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        help="How the connection to Kafka is protected.",
    )
    kafka_tls_ca_file: str | None = setting(
        None, help="Certificates that Kafka's own is checked against. Unset: the system's."
    )
    kafka_tls_certificate_file: str | None = setting(
        None, help="Certificate shown to Kafka, where it asks for one."
    )
    kafka_tls_key_file: str | None = setting(None, help="Private key of that certificate.")
    kafka_sasl_mechanism: str | None = setting(
        None,
        choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        help="How Convene signs in to Kafka.",
    )
    kafka_sasl_username: str | None = setting(None, help="User name at Kafka.")
    kafka_sasl_password: str | None = setting(None, secret=True, help="Password at Kafka.")
    kafka_replication_factor: int | None = setting(
        None, minimum=1, maximum=9, help="Copies of each topic Convene makes. Unset: the broker's."
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
    worker_name: str | None = setting(
        None,
        help="Name of this worker in its consumer group, the same after a restart and different "
        "for each worker. Unset: the host's name and -1.",
    )
    health_host: str = setting("127.0.0.1", help="Address of a worker's health and metrics server.")
    health_port: int = setting(
        9100,
        minimum=0,
        maximum=65_535,
        help="Port of a worker's health and metrics server; 0 takes a free one.",
    )
    stalled_seconds: float = setting(
        600.0,  # a round over thousands of needs is one step, and minutes long where all is busy
        minimum=60,
        maximum=86_400,
        help="How long one step of a worker may last. Then the worker writes the stacks of all its "
        "threads to the log and ends (exit code 70), for its supervisor to start it anew.",
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
    clock_shift_file: Path | None = setting(
        None,
        help="A file with seconds added to the time, to rehearse what happens days later. "
        "Refused in production.",
    )
    failpoints: str | None = setting(
        None,
        help="Where a test lets this process die, fail or wait: place:kill@3,place:delay=0.2; "
        "`python -m shared.failpoints list` names the places. Refused in production.",
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

    def clock(self) -> Clock:
        """The system's time, or the shifted one of a rehearsal."""
        return ShiftedClock(self.clock_shift_file) if self.clock_shift_file else SystemClock()

    def bus_options(self) -> dict[str, Any]:
        """Keyword arguments of `BusSettings`, for `connect(settings.bus_url, BusSettings(**…))`."""
        names = [field.name for field in fields(self) if field.name.startswith("kafka_")]
        return {name.removeprefix("kafka_"): getattr(self, name) for name in names}

    def faults(self) -> Iterator[str]:
        """Sentences about values that cannot be used together; a subclass adds its own."""
        yield from faults_of(self)
