"""All rows of one matcher's database into another that was migrated and is otherwise empty."""

from sqlalchemy import Table, delete, insert, inspect, select

from services.matcher.console import tables as console
from services.matcher.store import tables as store
from shared.storage import Database

AT_ONCE = 1_000
NOT_COPIED = frozenset({"alembic_version", "audit"})
"""No page shows the audit, and its numbers come from a sequence of the target's own."""


def copy_rows(source: Database, target: Database) -> None:
    """Raises `LookupError` for a table that no module declares."""
    declared: dict[str, Table] = {**store.METADATA.tables, **console.METADATA.tables}
    present = set(inspect(source.engine).get_table_names()) - NOT_COPIED
    if unknown := present - declared.keys():
        raise LookupError(f"tables of no module: {sorted(unknown)}; add their module here")
    with source.read() as reading, target.write() as writing:
        for name in sorted(present):
            table = declared[name]
            writing.execute(delete(table))
            for some in reading.execute(select(table)).mappings().partitions(AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in some])
