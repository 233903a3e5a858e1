"""After a restore the bus may know more than the database: numbers go on above what it was told.

Without that, the next event about a subject would bear a number that consumers have seen, and they
would take it for a duplicate. What the bus knows and the database does not is reported, in words.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, MetaData, select

from shared import failpoints
from shared.bus.port import Bus
from shared.clock import Clock
from shared.contracts.topics import TOPICS
from shared.messaging.balance import PUBLISHED, count
from shared.messaging.retained import read_retained
from shared.storage.database import Database
from shared.storage.statements import upsert
from shared.storage.tables import standard_tables

_sequences = standard_tables(MetaData()).sequences
_BEFORE = "before the restore"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A subject of which the bus was told more than the database knows."""

    topic: str
    subject: str
    known: int
    told: int
    last_type: str

    def __str__(self) -> str:
        last = self.last_type.removeprefix("org.convene.") or "a tombstone"
        return (
            f"{self.topic} {self.subject}: the bus was told up to number {self.told} ({last}), "
            f"this database knows {self.known}"
        )


def catch_up(database: Database, bus: Bus, clock: Clock) -> list[Ahead]:
    """Let the service's numbers go on above those on its topics; returns what is missing here."""
    service = database.service
    owned = [topic.name for topic in TOPICS.values() if topic.owner == service]
    retained = read_retained(bus, owned, f"{service}-reconcile")
    with database.write() as connection:
        known = _numbers(connection)
        ahead = [
            Ahead(topic, subject, known.get((topic, subject), 0), held.highest, held.type)
            for (topic, subject), held in sorted(retained.items())
            if held.highest > known.get((topic, subject), 0)
        ]
        for one in ahead:
            go_on_above(connection, one.topic, one.subject, one.told, clock.now())
        failpoints.reach("restore.numbering")
    failpoints.reach("restore.numbered")
    return ahead


def go_on_above(
    connection: Connection, topic: str, subject: str, highest: int, now: datetime
) -> None:
    """The next event of the subject bears the number after `highest`.

    Those up to it were published in a life that this database has forgotten: they count as done.
    """
    mine = (_sequences.c.topic == topic) & (_sequences.c.subject == subject)
    known = connection.execute(select(_sequences.c.last).where(mine)).scalar() or 0
    row = {"topic": topic, "subject": subject, "last": highest}
    row |= {"event_id": "", "published_at": now}
    upsert(connection, _sequences, row, key=("topic", "subject"))
    count(connection, PUBLISHED, highest - known, _BEFORE)


def _numbers(connection: Connection) -> dict[tuple[str, str], int]:
    query = select(_sequences.c.topic, _sequences.c.subject, _sequences.c.last)
    return {(row.topic, row.subject): row.last for row in connection.execute(query)}
