"""How the bus is reached. Read from the environment by the services; here only names and defaults."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BusSettings:
    """Everything after `connect_timeout_seconds` .. `now` concerns Kafka only."""

    connect_timeout_seconds: float = 5.0
    request_timeout_seconds: float = 10.0
    session_timeout_seconds: float = 15.0
    """How long a silent member keeps its partitions; a restart within it moves nothing (Kafka)."""
    max_poll_records: int = 500
    upkeep_every_seconds: float = 60.0
    """How often the embedded log compacts and forgets what its topics allow."""
    now: Callable[[], float] = time.time

    client_name: str = "convene"
    replication_factor: int | None = None
    """Of topics made by `ensure_topics`; None leaves it to the broker."""
    security_protocol: str = "PLAINTEXT"
    tls_ca_file: str | None = None
    tls_certificate_file: str | None = None
    tls_key_file: str | None = None
    tls_check_hostname: bool = True
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
