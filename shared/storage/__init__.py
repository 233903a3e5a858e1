"""Where the state lives: one database per service, the same code on SQLite and PostgreSQL."""

from shared.storage.columns import Json, UtcDateTime
from shared.storage.database import Database
from shared.storage.errors import Busy, Conflict, StorageUnavailable
from shared.storage.leases import Lease
from shared.storage.statements import insert_ignore, upsert
from shared.storage.tables import StandardTables, standard_tables
from shared.storage.work import Work, unit_of_work

__all__ = [
    "Busy",
    "Conflict",
    "Database",
    "Json",
    "Lease",
    "StandardTables",
    "StorageUnavailable",
    "UtcDateTime",
    "Work",
    "insert_ignore",
    "standard_tables",
    "unit_of_work",
    "upsert",
]
