"""Settings and database for as long as a command runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from services.matcher.settings import MatcherSettings
from shared.settings import SettingsRefused, load_settings
from shared.storage import Database, Work, unit_of_work
from shared.storage.errors import StorageError


def read_settings() -> MatcherSettings:
    try:
        return load_settings(MatcherSettings, os.environ)
    except SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused


@contextmanager
def opened(*refusals: type[Exception]) -> Iterator[tuple[MatcherSettings, Database]]:
    """What storage or a use case refuses (by one of `refusals`) is said in a line, not in a stack
    of calls.
    """
    settings = read_settings()
    told: tuple[type[Exception], ...] = (StorageError, *refusals)
    database = Database(settings.database_url_for("matcher"), service="matcher")
    try:
        yield settings, database
    except told as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()


@contextmanager
def written(*refusals: type[Exception]) -> Iterator[Work]:
    """One transaction over the database of `opened`."""
    with (
        opened(*refusals) as (settings, database),
        unit_of_work(database, source="/matcher", clock=settings.clock()) as work,
    ):
        yield work
