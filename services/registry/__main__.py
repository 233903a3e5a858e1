"""The registry's commands: `python -m services.registry --help`."""

import os
from collections.abc import Callable

import click

from services.registry.commands.context import read_settings
from services.registry.commands.doctor import doctor
from services.registry.commands.files import export_file, import_file
from services.registry.commands.keys import key_group
from services.registry.commands.reconcile import reconcile_command
from services.registry.commands.subjects import (
    erase_again_command,
    erase_subject_command,
    export_subject,
)
from services.registry.wiring import (
    MIGRATIONS,
    build_tasks,
    finish_restore,
    open_database,
    open_retention,
)
from services.registry.wiring import setup as set_up
from shared import failpoints
from shared.messaging.backup_commands import backup_commands, refuse_unfinished
from shared.messaging.balance import Balance
from shared.messaging.commands import parked_command
from shared.messaging.retention import retention_command
from shared.messaging.worker import Worker
from shared.observability.logging import configure
from shared.settings import print_config
from shared.storage import Database
from shared.storage.audit_command import audit_command


@click.group()
def main() -> None:
    """Members, contacts, capabilities and needs of the coalition."""


@main.command()
def setup() -> None:
    """Migrate the database, make keys and topics; before the first start and after an update."""
    set_up(read_settings())
    click.echo("The registry is set up.")


@main.command()
def worker() -> None:
    """Carry events, run imports, close what is past, until SIGTERM."""
    settings = read_settings()
    configure("registry", settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_database(settings)
    refuse_unfinished(database)
    raise SystemExit(
        Worker(
            "registry",
            build_tasks(settings),
            health_host=settings.health_host,
            health_port=settings.health_port,
            traces_url=settings.traces_url,
            stalled_seconds=settings.stalled_seconds,
            every_second=_figures(database),
        ).run()
    )


@main.command()
def config() -> None:
    """Show the settings in use; secrets are masked."""
    print_config(read_settings(), os.environ)


def _figures(database: Database) -> Callable[[], None]:
    balance = Balance(database, "registry")

    def report() -> None:
        balance.report()

    return report


def _database() -> Database:
    return open_database(read_settings())


def _finish() -> list[str]:
    return finish_restore(read_settings())


main.add_command(parked_command("registry", _database))
main.add_command(doctor)
main.add_command(retention_command(lambda: open_retention(read_settings())))
for command in backup_commands("registry", _database, MIGRATIONS, _finish):
    main.add_command(command)
main.add_command(audit_command("registry", _database))
main.add_command(key_group)
main.add_command(import_file)
main.add_command(export_file)
main.add_command(reconcile_command)
main.add_command(export_subject)
main.add_command(erase_subject_command)
main.add_command(erase_again_command)


if __name__ == "__main__":
    main()
