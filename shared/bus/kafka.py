"""The bus on Apache Kafka (kafka-python 3): how the cluster is reached, and the parts it hands out."""

import threading
from collections.abc import Sequence
from typing import Any

from shared.bus.errors import Closed
from shared.bus.kafka_admin import KafkaAdmin
from shared.bus.kafka_consumer import KafkaGroupMember
from shared.bus.kafka_publisher import KafkaPublisher
from shared.bus.port import PartitionsCallback
from shared.bus.records import Features
from shared.bus.settings import BusSettings


class KafkaBus:
    def __init__(self, servers: Sequence[str], settings: BusSettings) -> None:
        self._settings = settings
        self._connection = _connection(servers, settings)
        self._parts: list[KafkaPublisher | KafkaGroupMember | KafkaAdmin] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def features(self) -> Features:
        return Features(
            dense_offsets=False,
            compacts_on_request=False,
            atomic_publish=True,
            remote=True,
            instant_takeover=False,
        )

    def publisher(self, name: str) -> KafkaPublisher:
        self._check_usable()
        publisher = KafkaPublisher(name, self._connection, self._settings)
        self._keep(publisher)
        return publisher

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        member: str,
        on_assigned: PartitionsCallback | None = None,
        on_revoked: PartitionsCallback | None = None,
    ) -> KafkaGroupMember:
        self._check_usable()
        consumer = KafkaGroupMember(
            self._connection, self._settings, (group, member), topics, (on_assigned, on_revoked)
        )
        self._keep(consumer)
        return consumer

    def admin(self) -> KafkaAdmin:
        self._check_usable()
        admin = KafkaAdmin(self._connection, self._settings)
        self._keep(admin)
        return admin

    def close(self) -> None:
        self._closed = True
        while self._parts:
            self._parts.pop().close()

    def _keep(self, part: KafkaPublisher | KafkaGroupMember | KafkaAdmin) -> None:
        """Those that were closed are let go: whoever loses one makes another, for months."""
        with self._lock:
            self._parts = [*(each for each in self._parts if not each.closed), part]

    def _check_usable(self) -> None:
        if self._closed:
            raise Closed("The bus is closed; connect again.")


def _connection(servers: Sequence[str], settings: BusSettings) -> dict[str, Any]:
    connection: dict[str, Any] = {
        "bootstrap_servers": list(servers),
        "client_id": settings.client_name,
        "bootstrap_timeout_ms": int(settings.connect_timeout_seconds * 1000),
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol in {"SSL", "SASL_SSL"}:
        connection |= {
            "ssl_cafile": settings.tls_ca_file,
            "ssl_certfile": settings.tls_certificate_file,
            "ssl_keyfile": settings.tls_key_file,
            "ssl_check_hostname": settings.tls_check_hostname,
        }
    if settings.sasl_mechanism:
        connection |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password,
        }
    return connection
