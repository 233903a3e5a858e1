"""What the matcher knows of the registry: a projection that can be thrown away and rebuilt."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, Text

from services.matcher.store.metadata import CODE, ID, METADATA
from shared.storage import Json


def _known(name: str, key: str, *columns: Column[object]) -> Table:
    """A projection table: whole state, and the change number that refreshes the index by."""
    return Table(
        name,
        METADATA,
        Column(key, ID, primary_key=True),
        *columns,
        Column("status", CODE, nullable=False),
        Column("material_version", Integer, nullable=False),
        Column("state", Json),  # null once erased
        Column("event_id", String(36)),
        Column("change", BigInteger, nullable=False, index=True),
    )


def _listing(name: str, key: str, *columns: Column[object]) -> Table:
    return _known(name, key, Column("member_id", ID, nullable=False, index=True), *columns)


members = _known("members", "member_id", Column("name", Text, nullable=False))
conflicts = Table(
    "conflicts",
    METADATA,
    Column("member_id", ID, primary_key=True),
    Column("conflicts", Json, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
)
capabilities = _listing("capabilities", "capability_id")
needs = _listing("needs", "need_id", Column("partition", Integer, nullable=False))
Index("needs_standing", needs.c.status, needs.c.change, needs.c.need_id)
examined = Table(
    "examined",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("up_to", BigInteger, nullable=False),
    Column("on_day", Date),
)
to_examine = Table(
    "to_examine",
    METADATA,
    Column("need_id", ID, primary_key=True),
    Column("partition", Integer, nullable=False, index=True),
)
turned_away = Table(  # needs that wanted a member which had enough better proposals
    "turned_away",
    METADATA,
    Column("need_id", ID, primary_key=True),
    Column("member_id", ID, primary_key=True, index=True),
)
vectors = Table(
    "vectors",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

KNOWN = (members, conflicts, capabilities, needs, examined, to_examine, turned_away)
"""What `rebuild` empties first. Vectors are a cache and stay."""
