"""Every topic, one reviewed record each: who owns it, what orders it and how long it is kept.

Partition counts are part of the contract: changing one moves keys and breaks their order.
"""

from dataclasses import dataclass

from shared.bus.records import TopicSpec

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the bus.

    `owner` is the only service that publishes to it; `key` names the entity whose order
    matters. `retention_seconds` None means for ever. A compacted topic keeps the last record
    of each key. A restricted topic may be read by the matcher only.
    """

    name: str
    owner: str
    key: str
    carries: str
    compacted: bool = False
    retention_seconds: int | None = None
    restricted: bool = False
    partitions: int = 12

    @property
    def spec(self) -> TopicSpec:
        """What the bus needs to know to create it."""
        return TopicSpec(
            name=self.name,
            partitions=self.partitions,
            compacted=self.compacted,
            retention_seconds=self.retention_seconds,
            restricted=self.restricted,
        )


MEMBERS = "convene.members"
CONFLICTS = "convene.conflicts"
CAPABILITIES = "convene.capabilities"
NEEDS = "convene.needs"
MATCHES = "convene.matches"
CORRESPONDENCE = "convene.correspondence"
PREFERENCES = "convene.preferences"

_ALL = (
    Topic(
        MEMBERS,
        owner="registry",
        key="member id",
        carries="whole state of each member: sector, coalitions, places, status, can_be_asked",
        compacted=True,
    ),
    Topic(
        CONFLICTS,
        owner="registry",
        key="member id",
        carries="whom a member may not be matched with, and until when; never why",
        compacted=True,
        restricted=True,
        partitions=3,
    ),
    Topic(
        CAPABILITIES,
        owner="registry",
        key="listing id",
        carries="whole state of each capability, with the texts of its last material version",
        compacted=True,
    ),
    Topic(
        NEEDS,
        owner="registry",
        key="listing id",
        carries="whole state of each need, and partnerships made elsewhere",
        compacted=True,
    ),
    Topic(
        MATCHES,
        owner="matcher",
        key="match id",
        carries="every move of every match, whole state with its parties",
    ),
    Topic(
        CORRESPONDENCE,
        owner="notifier",
        key="match id",
        carries="every message, answer, introduction and outcome of a match, in order",
    ),
    Topic(
        PREFERENCES,
        owner="notifier",
        key="contact id",
        carries="what contacts decided about their mail; consumed by the registry",
        retention_seconds=30 * DAY_SECONDS,
        partitions=3,
    ),
)

TOPICS: dict[str, Topic] = {topic.name: topic for topic in _ALL}
