"""Numbers allotted in commit order: the counter's row stays locked until the commit, which a
database sequence does not promise. Readers that saw number n have seen every number below it.
"""

from sqlalchemy import Connection, select, update

from services.matcher.store.tables import STANDARD
from shared.storage import insert_ignore
from shared.storage.watch import notify

CHANGES, FEED = "changes", "feed"


def next_number(connection: Connection, name: str) -> int:
    table = STANDARD.counters
    raised = (
        update(table)
        .where(table.c.name == name)
        .values(value=table.c.value + 1)
        .returning(table.c.value)
    )
    value = connection.execute(raised).scalar()
    if value is None:
        insert_ignore(connection, table, {"name": name, "value": 0})
        value = connection.execute(raised).scalar_one()
    notify(connection)
    return int(value)


def current_number(connection: Connection, name: str) -> int:
    table = STANDARD.counters
    return int(connection.scalar(select(table.c.value).where(table.c.name == name)) or 0)
