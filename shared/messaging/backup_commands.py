"""`backup`, `restore` and `finish-restore` of one service."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from shared.bus.errors import BusError
from shared.messaging.commands import OpenDatabase
from shared.storage.archive import Manifest, restore_archive, write_archive
from shared.storage.database import Database
from shared.storage.errors import StorageError
from shared.storage.unfinished import RestoreUnfinished, check_finished, mark_finished

Finish = Callable[[], Sequence[str]]

_FOLDER = click.Argument(["folder"], type=click.Path(path_type=Path, file_okay=False))


def backup_commands(
    service: str, open_database: OpenDatabase, migrations: str, finish: Finish
) -> list[click.Command]:
    """`finish` does what must follow a restore before any process starts, and says what it did;
    it may be repeated.
    """

    def backup(folder: Path) -> None:
        """Write everything the database holds into FOLDER, as of now; stop nothing."""
        database = open_database()
        with _said(database), database.read() as connection:
            manifest = write_archive(connection, service, folder / service, datetime.now(UTC))
        click.echo(f"{folder / service}: {_contents(manifest)}. The keys are not in it.")

    def restore(folder: Path, *, replace: bool) -> None:
        """Put the database where FOLDER has it. Stop the processes first."""
        database = open_database()
        with _said(database):
            manifest = restore_archive(database, migrations, folder / service, replace=replace)
        click.echo(f"The {service} is as of {manifest.made_at}: {_contents(manifest)}.")
        finish_restore()

    def finish_restore() -> None:
        """What follows a restore; for one that was interrupted or could not reach the bus."""
        said = finished(service, open_database, finish)
        click.echo("\n".join([*said, "Done: the processes may start."]))

    replace = click.Option(["--replace"], is_flag=True, help="Lose what the database holds now.")
    return [
        _command("backup", backup, [_FOLDER]),
        _command("restore", restore, [_FOLDER, replace]),
        _command("finish-restore", finish_restore, []),
    ]


def finished(service: str, open_database: OpenDatabase, finish: Finish) -> list[str]:
    """Run `finish` and take the mark of an unfinished restore away; what is to be said of it."""
    try:
        said = list(finish())
    except BusError as error:
        raise click.ClickException(
            f"the database is restored, but the bus was not reached ({error}); when it is, run "
            f"`python -m services.{service} finish-restore`, and start nothing before"
        ) from error
    database = open_database()
    with _said(database):
        mark_finished(database)
    return said


def refuse_unfinished(database: Database) -> None:
    """For commands that start processes."""
    try:
        check_finished(database)
    except RestoreUnfinished as error:
        raise click.ClickException(str(error)) from error


class _said:  # noqa: N801 - reads as a phrase where it is used
    """Errors of the store in a line, and the database closed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _where: object) -> None:
        self._database.close()
        if isinstance(error, StorageError):
            raise click.ClickException(str(error)) from error


def _contents(manifest: Manifest) -> str:
    return f"{manifest.rows} rows in {len(manifest.tables)} tables, schema {manifest.schema}"


def _command(
    name: str, callback: Callable[..., None], parameters: list[click.Parameter]
) -> click.Command:
    return click.Command(name, callback=callback, params=parameters, help=callback.__doc__)
