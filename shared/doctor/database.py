"""The service's own database: there, at the newest migration, in step with our clock."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from shared import sqlite
from shared.doctor.findings import Finding, good, odd, wrong
from shared.doctor.patient import Patient
from shared.settings.faults import masked
from shared.storage import Database
from shared.storage.errors import StorageError
from shared.storage.files import sqlite_file
from shared.storage.migrations import newest, reached

MOST_SKEW_SECONDS = 5.0


def check_database(patient: Patient) -> Iterator[Finding]:
    url = patient.settings.database_url_for(patient.service)
    file = sqlite_file(url)
    if file is not None and not file.exists():  # opening it would make it
        yield wrong("database", "The database does not exist", file, f"Run `{patient.setup}`.")
        return
    database = Database(url, service=patient.service)
    try:
        with database.read() as connection:
            found = list(_examined(patient, connection))
    except (StorageError, SQLAlchemyError) as error:
        fix = (
            "Start it, or correct CONVENE_DATABASE_URL and its password."
            if file is None
            else "Give the file to the user the services run as, or restore it from a backup."
        )
        kind = type(error.__cause__ or error).__name__
        yield wrong("database", f"The database does not answer ({kind})", masked(url), fix)
        return
    finally:
        database.close()
    yield from found


def _examined(patient: Patient, connection: Connection) -> Iterator[Finding]:
    there, wanted = reached(connection), newest(patient.migrations)
    if there == wanted:
        yield good("database", "The database is at the newest migration", wanted)
    else:
        yield wrong(
            "database",
            "The database is not at this version's migration",
            f"{there or 'none'} instead of {wanted}",
            f"Stop this service, back up, run `{patient.setup}`. Where the database is newer, "
            "start the newer version.",
        )
    if connection.dialect.name == "sqlite":
        yield from _sqlite()
    else:
        yield _skew(patient, connection)


def _sqlite() -> Iterator[Finding]:
    version = sqlite.module().sqlite_version
    if sqlite.checkpoints_are_safe():
        yield good("database", "This SQLite has no known fault in its log", version)
    else:
        yield odd(
            "database",
            "This SQLite can damage its log when checkpoints race; Convene allows one only",
            version,
            "Install the package pysqlite3 or SQLite 3.51.3 or newer.",
        )


def _skew(patient: Patient, connection: Connection) -> Finding:
    theirs = float(
        connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    )
    return clock_finding("database", "the database server", theirs - patient.instruments.now())


def clock_finding(about: str, whose: str, ahead_seconds: float) -> Finding:
    """What a difference between two clocks means for leases, links and tokens."""
    shown = f"{ahead_seconds:+.1f} s"
    if abs(ahead_seconds) <= MOST_SKEW_SECONDS:
        return good(about, f"Our clock and that of {whose} agree", shown)
    return wrong(
        about,
        f"The clock of {whose} differs from ours",
        shown,
        "Run a time service (chrony, systemd-timesyncd) on both machines: leases, links and "
        "tokens are counted in seconds.",
    )
