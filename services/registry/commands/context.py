"""What every command opens and closes again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from services.registry.domain.errors import RegistryError
from services.registry.settings import RegistrySettings
from services.registry.vault import Vault
from services.registry.wiring import open_database, open_vault
from shared.clock import Clock
from shared.settings import SettingsRefused, load_settings
from shared.storage import Database, Work, unit_of_work
from shared.storage.errors import StorageError

ACTOR = "command"


@dataclass(frozen=True, slots=True)
class Opened:
    settings: RegistrySettings
    database: Database
    vault: Vault
    clock: Clock

    @contextmanager
    def work(self) -> Iterator[Work]:
        with unit_of_work(self.database, source="/registry", clock=self.clock, actor=ACTOR) as work:
            yield work


def read_settings() -> RegistrySettings:
    try:
        return load_settings(RegistrySettings, os.environ)
    except SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused


@contextmanager
def opened() -> Iterator[Opened]:
    """The parts of a command; what is refused is said in a line, not in a stack of calls."""
    settings = read_settings()
    database = open_database(settings)
    try:
        yield Opened(settings, database, open_vault(settings), settings.clock())
    except RegistryError as error:
        raise click.ClickException(error.detail) from error
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
