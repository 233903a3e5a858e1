"""How the Kafka client's objects are made, so that a broker that is away costs a moment and leaves nothing
behind: the client gives up in its constructor without stopping the thread it has started there.
"""

from collections.abc import Mapping
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from shared.bus.errors import BusUnavailable
from shared.bus.kafka_errors import describe


def build(kind: Any, connection: Mapping[str, Any], **options: Any) -> Any:
    """A producer, consumer or admin client; raises BusUnavailable when no broker answers in time."""
    made: list[Any] = []

    def _remember(**configuration: Any) -> Any:
        client = KafkaNetClient(**configuration)
        made.append(client)
        return client

    try:
        return kind(**connection, **options, kafka_client=_remember)
    except KafkaError as error:
        for client in made:
            client.close()
            client._net.stop()  # noqa: SLF001 - as KafkaAdminClient.close() does it
        raise BusUnavailable(
            f"Kafka cannot be reached at {', '.join(connection['bootstrap_servers'])} "
            f"({describe(error)})."
        ) from error
