"""What can go wrong on the bus, named by what the caller must do.

BusError
├── BusUnavailable   try the same again, with backoff
├── PublishRefused   do not try the same again; the record or the topic has to change
│   └── RecordTooLarge
├── TopicsDiffer     an operator has to decide
├── ConsumerLost     build a new consumer
├── Fenced           stop: another one has taken this name
└── Closed           a mistake in the program
"""


class BusError(Exception):
    """Something went wrong on the bus."""


class BusUnavailable(BusError):
    """The bus cannot be reached or written just now; try again with backoff.

    After `publish`, the first `durable` records of the call are certainly kept; whether later ones
    are is unknown, so publish those again.
    """

    def __init__(self, message: str, durable: int = 0) -> None:
        super().__init__(message)
        self.durable = durable


class PublishRefused(BusError):
    """The bus will never take this record as it is."""

    def __init__(self, message: str, *, topic: str, key: bytes, durable: int = 0) -> None:
        super().__init__(message)
        self.topic = topic
        self.key = key
        self.durable = durable


class RecordTooLarge(PublishRefused):
    """A record is larger than the bus carries; nothing of the call was published."""

    def __init__(self, *, size_bytes: int, limit_bytes: int, topic: str, key: bytes) -> None:
        super().__init__(
            f"A record for {topic} with key {key!r} has {size_bytes} bytes; the bus carries at "
            f"most {limit_bytes}. Shorten it where it is written.",
            topic=topic,
            key=key,
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class TopicsDiffer(BusError):
    """A topic exists with another number of partitions, which would move keys to other partitions."""


class ConsumerLost(BusError):
    """The consumer is closed and cannot be used again; build a new one."""


class Fenced(BusError):
    """A newer publisher or consumer has taken this name; stop using this one."""


class Closed(BusError):
    """It was used after `close()`."""
