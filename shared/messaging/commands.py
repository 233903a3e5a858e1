"""`parked`: the command with which an operator looks at dead letters and decides about them."""

from collections.abc import Callable

import click

from shared.clock import SystemClock
from shared.messaging import parking
from shared.messaging.desk import Decision, ParkedDesk
from shared.storage.database import Database

OpenDatabase = Callable[[], Database]


def parked_command(service: str, open_database: OpenDatabase) -> click.Group:
    """The `parked` group of one service; the database is opened when a command runs."""
    group = click.Group(
        "parked", help="Records that could not be handled: list, show, release, discard."
    )
    state = click.Option(["--state"], default=parking.OPEN, show_default=True)
    record = click.Argument(["record_id"])

    def command(name: str, callback: Callable[..., None], parameter: click.Parameter) -> None:
        group.add_command(
            click.Command(name, callback=callback, params=[parameter], help=callback.__doc__)
        )

    def list_records(state: str) -> None:
        """Parked records, oldest first."""
        _list(open_database(), state)

    def show(record_id: str) -> None:
        """One record, whole."""
        _show(open_database(), record_id)

    def release(record_id: str) -> None:
        """Try it, and what was parked behind it, again."""
        _decide(service, open_database(), "release", record_id)

    def discard(record_id: str) -> None:
        """Give it up."""
        _decide(service, open_database(), "discard", record_id)

    command("list", list_records, state)
    command("show", show, record)
    command("release", release, record)
    command("discard", discard, record)
    return group


def _list(database: Database, state: str) -> None:
    with database.read() as connection:
        rows = parking.list_parked(connection, state=state)
    for row in rows:
        key = bytes(row.key).decode(errors="replace")
        click.echo(f"{row.id}  {row.topic}/{row.partition}@{row.offset}  {key}  {row.reason}")
    if not rows:
        click.echo(f"nothing is {state}")


def _show(database: Database, record_id: str) -> None:
    with database.read() as connection:
        row = parking.get_parked(connection, record_id)
    if row is None:
        raise click.ClickException(f"no parked record {record_id}; see `parked list`")
    for name, value in row._mapping.items():  # noqa: SLF001 - SQLAlchemy's public mapping
        click.echo(f"{name}: {value!r}")


def _decide(service: str, database: Database, action: Decision, record_id: str) -> None:
    moved = ParkedDesk(database, service, SystemClock()).decide(action, record_id, "command", "")
    if not moved:
        raise click.ClickException(f"{record_id} is not an open parked record; see `parked list`")
    click.echo(f"{'released' if action == 'release' else 'discarded'} {moved} record(s)")
