"""Which SQLite is used.

Versions 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint at the same
moment. Where the standard library carries such a version, the wheel `pysqlite3` (which bundles a
newer one) takes its place; without it every process but one must leave checkpoints alone.
"""

import sqlite3 as _standard
from types import ModuleType

FIXED_IN = (3, 51, 3)


def module() -> ModuleType:
    """The DB-API module to use: the standard one if it is new enough, else `pysqlite3`."""
    if _standard.sqlite_version_info >= FIXED_IN:
        return _standard
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415 - only where the wheel exists
    except ImportError:
        return _standard
    bundled: ModuleType = dbapi2
    return bundled


def checkpoints_are_safe() -> bool:
    """Whether several processes may checkpoint the same file at once."""
    return bool(module().sqlite_version_info >= FIXED_IN)


def version() -> str:
    return str(module().sqlite_version)
