"""From a URL to a bus: the one place that knows which adapters there are."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.bus.port import Bus
from shared.bus.settings import BusSettings


def connect(url: str, settings: BusSettings | None = None) -> Bus:
    """A bus by its URL; nothing is opened before the first part is made.

    `embedded:///var/bus.db` is ./var/bus.db, `embedded:////srv/bus.db` is /srv/bus.db (as SQLite
    URLs are read), `kafka://host:9092,host2:9092` is a Kafka cluster.
    """
    parts = urlsplit(url)
    chosen = settings or BusSettings()
    file = embedded_file(url)
    if file is not None:
        # Imported here so that the small size does not load the Kafka client, nor the large SQLite.
        from shared.bus.embedded import EmbeddedBus  # noqa: PLC0415

        return EmbeddedBus(str(file), chosen)
    if parts.scheme == "kafka" and parts.netloc and parts.path in {"", "/"}:
        from shared.bus.kafka import KafkaBus  # noqa: PLC0415

        return KafkaBus(parts.netloc.split(","), chosen)
    raise ValueError(
        f"The bus URL has value {url!r}; it must be embedded:///path/to/file.db or "
        "kafka://host:port,host:port"
    )


def embedded_file(url: str) -> Path | None:
    """The file of an embedded log; None for another kind of bus."""
    parts = urlsplit(url)
    if parts.scheme != "embedded" or parts.netloc or len(parts.path) < 2:
        return None
    return Path(unquote(parts.path[1:]))
