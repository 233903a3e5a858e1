"""The notifier's commands: `python -m services.notifier --help`."""

import os
import sys
from contextlib import closing

import click

from services.notifier.again import take_as_arrived, try_again
from services.notifier.commands.doctor import doctor
from services.notifier.consumer import match_types
from services.notifier.domain.errors import NotifierError
from services.notifier.domain.messages import State
from services.notifier.mail.bounces import read_report
from services.notifier.mailbox.run import run_mailbox
from services.notifier.parts import Parts
from services.notifier.post import sent_mail
from services.notifier.rebuild import WorkerRuns, rebuild_matches
from services.notifier.resume import compare, resume_mail, sent_on_bus
from services.notifier.returned import take_report
from services.notifier.settings import NotifierSettings
from services.notifier.store.ledger import list_messages
from services.notifier.wiring import (
    MIGRATIONS,
    SERVICE,
    build_parts,
    build_tasks,
    finish_restore,
    open_bus,
    open_database,
    open_retention,
)
from services.notifier.wiring import setup as set_up
from shared import failpoints
from shared.bus.errors import BusError
from shared.messaging.backup_commands import backup_commands, refuse_unfinished
from shared.messaging.balance import Balance
from shared.messaging.commands import parked_command
from shared.messaging.retention import retention_command
from shared.messaging.worker import Worker
from shared.observability.logging import configure
from shared.settings import SettingsRefused, load_settings, print_config
from shared.storage import Database
from shared.storage.audit_command import audit_command


def read_settings() -> NotifierSettings:
    try:
        return load_settings(NotifierSettings, os.environ)
    except SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused


@click.group()
def main() -> None:
    """Emails, the answers to them, and introductions."""


@main.command()
def setup() -> None:
    """Migrate the database, make keys and topics; before the first start and after an update."""
    set_up(read_settings())
    click.echo("The notifier is set up.")


@main.command()
def worker() -> None:
    """Write, send and follow up emails, until SIGTERM."""
    settings = read_settings()
    configure(SERVICE, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_database(settings)
    refuse_unfinished(database)
    balance = Balance(database, SERVICE)

    def every_second() -> None:
        balance.report()

    raise SystemExit(
        Worker(
            SERVICE,
            build_tasks(settings),
            health_host=settings.health_host,
            health_port=settings.health_port,
            traces_url=settings.traces_url,
            stalled_seconds=settings.stalled_seconds,
            every_second=every_second,
        ).run()
    )


@main.command()
def rebuild() -> None:
    """Read the states of matches again from the topic. Stop the notifier's workers first."""
    parts = build_parts(read_settings())
    types = match_types(parts.pace)
    try:
        with closing(open_bus(parts.settings)) as bus:
            events = rebuild_matches(parts.database, bus, parts.clock, types)
    except (WorkerRuns, BusError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The states of matches are made again of {events} events; nothing was sent.")


@main.command()
def config() -> None:
    """Show the settings in use; secrets are masked."""
    print_config(read_settings(), os.environ)


@main.command()
def mailbox() -> None:
    """Run the local mailbox: takes every email and shows it on a page; sends nothing on."""
    settings = read_settings()
    configure("mailbox", settings.log_level)
    run_mailbox(settings, settings.clock())


@main.command()
@click.option("--recipient", help="Envelope recipient, as a mail server hands it over.")
def bounce(recipient: str | None) -> None:
    """Read one delivery report or complaint from standard input."""
    parts = build_parts(read_settings())
    report = read_report(sys.stdin.buffer.read(), recipient)
    recipient_hash = parts.hash_of(report.recipient) if report.recipient else None
    with parts.work("command") as work:
        message = take_report(work, report, recipient_hash)
    about = f"message {message.message_id}" if message else "no message of ours"
    click.echo(f"{report.kind.value} {report.status or ''} about {about}")


@main.group(invoke_without_command=True)
@click.option(
    "--state", type=click.Choice([state.value for state in State]), help="Only in this state."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_context
def messages(context: click.Context, state: str | None, limit: int) -> None:
    """The ledger, newest first; `messages retry ID` and `messages arrived ID` decide about one."""
    if context.invoked_subcommand is not None:
        return
    with build_parts(read_settings()).database.read() as connection:
        found = list_messages(connection, states=[State(state)] if state else [], limit=limit)
    for message in found:
        code = message.code or ""
        click.echo(
            f"{message.message_id}  {message.due_at:%Y-%m-%d %H:%M:%S}  {message.kind.value:12}  "
            f"{message.state.value:11}  {message.member_id}  {message.match_id or ''}  {code}"
        )
    if not found:
        click.echo("there is no such message")


@messages.command()
@click.argument("message_id")
def retry(message_id: str) -> None:
    """Send a failed or held message once more."""
    _decide(message_id, arrived=False)


@messages.command()
@click.argument("message_id")
def arrived(message_id: str) -> None:
    """Take a held message as arrived, because its recipient says so."""
    _decide(message_id, arrived=True)


@main.group()
def mail() -> None:
    """Mail stopped by a restore: what would happen, and letting it go again."""


@mail.command("status")
def mail_status() -> None:
    """Compare with the list of sent mail and the bus; changes nothing."""
    parts, on_bus = _compared()
    with parts.database.read() as connection:
        found = compare(connection, sent_mail(parts.settings), on_bus)
    click.echo("\n".join(found.sentences()))


@mail.command("resume")
def mail_resume() -> None:
    """Let mail go again; what left before the restore is not sent a second time."""
    parts, on_bus = _compared()
    with parts.work("command") as work:
        found = resume_mail(work, sent_mail(parts.settings), on_bus)
    click.echo("\n".join([*found.sentences(), "Mail goes."]))


def _compared() -> tuple[Parts, set[str]]:
    parts = build_parts(read_settings())
    try:
        with closing(open_bus(parts.settings)) as bus:
            return parts, sent_on_bus(bus)
    except BusError as error:
        raise click.ClickException(str(error)) from error


def _decide(message_id: str, *, arrived: bool) -> None:
    parts = build_parts(read_settings())
    try:
        with parts.work("command") as work:
            message = (take_as_arrived if arrived else try_again)(work, message_id)
    except NotifierError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{message.message_id} is {message.state.value}")


def _open() -> Database:
    return open_database(read_settings())


def _finish() -> list[str]:
    return finish_restore(read_settings())


main.add_command(parked_command(SERVICE, _open))
main.add_command(doctor)
main.add_command(retention_command(lambda: open_retention(read_settings())))
for command in backup_commands(SERVICE, _open, MIGRATIONS, _finish):
    main.add_command(command)
main.add_command(audit_command(SERVICE, _open))

if __name__ == "__main__":
    main(prog_name="python -m services.notifier")
