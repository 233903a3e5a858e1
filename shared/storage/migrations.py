"""Running a service's Alembic migrations, and the standard tables every first one creates."""

import time
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from shared.storage.audit import start_head
from shared.storage.database import Database
from shared.storage.errors import StorageError, StorageUnavailable
from shared.storage.leases import Lease
from shared.storage.tables import standard_tables

_WAIT_SECONDS = 60.0
_WHY = "the audit log is only ever added to"
_REFUSALS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{what} BEFORE {what} ON audit "
        f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        for what in ("update", "delete")
    ],
    "postgresql": [
        f"""CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_WHY}'; END $$""",
        """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    ],
}


def create_standard_tables(op: Any) -> None:
    """Called by each service's first migration with Alembic's `op`."""
    metadata = MetaData()
    standard_tables(metadata)
    metadata.create_all(op.get_bind(), checkfirst=False)


def make_audit_append_only(op: Any) -> None:
    """The head of the audit chain, and triggers that refuse to change or delete its lines."""
    connection = op.get_bind()
    metadata = MetaData()
    head = standard_tables(metadata).audit_head
    metadata.create_all(connection, tables=[head], checkfirst=True)
    start_head(connection)
    for statement in _REFUSALS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


class UnknownRevision(StorageError):
    """The program does not have this migration."""


def knows_revision(script_location: str, revision: str) -> bool:
    """Whether `package:folder` has a migration of this number."""
    known = ScriptDirectory.from_config(_config(script_location)).walk_revisions()
    return any(one.revision == revision for one in known)


def migrate(database: Database, script_location: str, revision: str = "head") -> None:
    """Bring the database to the newest migration of `package:folder`, or to an older one.

    Several processes may call it at once: one works, the others wait for it.
    """
    lease = Lease(database, "migrations")
    deadline = time.monotonic() + _WAIT_SECONDS
    while not lease.acquire():
        if time.monotonic() > deadline:
            raise StorageUnavailable(
                f"another process has been migrating for {_WAIT_SECONDS:.0f} s; "
                "look for one that hangs, end it and try again"
            )
        time.sleep(0.1)
    try:
        _upgrade(database, script_location, revision)
    finally:
        lease.release()


def newest(script_location: str) -> str:
    """The revision to which `migrate` brings a database."""
    return str(ScriptDirectory.from_config(_config(script_location)).get_current_head())


def reached(connection: Connection) -> str | None:
    """The revision at which a database is; None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(database: Database, script_location: str, revision: str) -> None:
    config = _config(script_location)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config(script_location: str) -> Config:
    package, _, folder = script_location.partition(":")
    config = Config()
    config.set_main_option("script_location", str(files(package) / folder))
    return config


def run_environment(context: Any, metadata: MetaData | None = None) -> None:
    """The whole of a service's `env.py`: migrate on the connection that `migrate` hands over."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    context.run_migrations()
