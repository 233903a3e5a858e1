"""The matcher's commands: `python -m services.matcher --help`."""

import os
from collections.abc import Callable

import click

from services.matcher.api.parts import OPERATOR
from services.matcher.commands.coordinators import coordinator_group
from services.matcher.commands.doctor import doctor
from services.matcher.commands.figures import figures_group
from services.matcher.commands.models import evaluate_command, models_group, train_command
from services.matcher.commands.opened import opened, read_settings
from services.matcher.commands.rounds import round_group
from services.matcher.domain.codes import LISTS, ReasonCode
from services.matcher.domain.errors import UnknownMatch
from services.matcher.domain.states import State
from services.matcher.explaining.replay import replay_all, replay_match
from services.matcher.explaining.replay_said import say_all_replayed, say_replayed
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.rank import rank_command
from services.matcher.rebuild import WorkerRuns, rebuild_projection
from services.matcher.scoring.first_use import compile_everything
from services.matcher.store.learning import add_code
from services.matcher.store.matches import matches_where
from services.matcher.store.tables import matches
from services.matcher.wiring import (
    MIGRATIONS,
    SERVICE,
    build_deps,
    build_tasks,
    finish_restore,
    open_bus,
    open_database,
    open_retention,
)
from services.matcher.wiring import setup as set_up
from shared import failpoints
from shared.bus.errors import BusError
from shared.messaging.backup_commands import backup_commands, refuse_unfinished
from shared.messaging.balance import Balance
from shared.messaging.commands import parked_command
from shared.messaging.retention import retention_command
from shared.messaging.worker import Worker
from shared.observability.logging import configure
from shared.settings import keys, print_config
from shared.storage import Database
from shared.storage.audit_command import audit_command
from shared.web.tokens import ServiceTokens


@click.group()
def main() -> None:
    """Proposals, reviews and what becomes of them."""


@main.command()
def setup() -> None:
    """Migrate the database, make keys and topics; before the first start and after an update."""
    set_up(read_settings())
    compile_everything()
    click.echo("The matcher is set up.")


@main.command("compile")
def compile_command() -> None:
    """Compile the loops over pairs, so that the first look need not; part of `setup`."""
    click.echo(f"{compile_everything()} compiled, the others were there.")


@main.command()
def worker() -> None:
    """Take in events, propose, keep time, until SIGTERM."""
    settings = read_settings()
    configure(SERVICE, settings.log_level)
    failpoints.arm(settings.failpoints)
    database = open_database(settings)
    refuse_unfinished(database)
    raise SystemExit(
        Worker(
            SERVICE,
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


@main.command()
def rebuild() -> None:
    """Read the projection again from the topics. Stop the matcher's workers first."""
    with opened() as (settings, database):
        bus = open_bus(settings)
        try:
            events = rebuild_projection(database, bus, settings.clock())
        except (WorkerRuns, BusError) as error:
            raise click.ClickException(str(error)) from error
        finally:
            bus.close()
    click.echo(f"The projection is made again of {events} events. Start the worker again.")


@main.command()
@click.option("--state", type=click.Choice([s.value for s in State]), default="proposed")
def proposals(state: str) -> None:
    """What is open for review (or in another state), best first."""
    with opened() as (_, database), database.read() as connection:
        found = matches_where(connection, matches.c.state == state)
    for match in sorted(found, key=lambda one: (-one.score, one.match_id)):
        names = " × ".join(party.name for party in match.parties)
        title = match.need.get("title", "")
        click.echo(f"{match.match_id}  {match.score:.4f}  {match.strength:8}  {names}: {title}")
    if not found:
        click.echo(f"nothing is {state}")


@main.command()
@click.argument("match_id", required=False)
@click.option("--all", "every", is_flag=True, help="Every match; says how many are the same.")
def replay(match_id: str | None, every: bool) -> None:
    """Make a match again from what was kept of it and say the first difference, if there is one."""
    if every == bool(match_id):
        raise click.UsageError("Name one match, or say --all.")
    with opened() as (settings, database):
        model_of = ModelsInUse(database, build_deps(settings, database).model).of_version
        with database.read() as connection:
            if not match_id:
                say_all_replayed(replay_all(connection, model_of))
                return
            try:
                found = replay_match(connection, model_of, match_id)
            except UnknownMatch as error:
                raise click.ClickException(str(error)) from error
    say_replayed(found)


@main.command()
@click.option("--coordinator", required=True, help="The opaque id that decisions are made under.")
@click.option("--minutes", default=60.0, show_default=True, type=click.FloatRange(1, 1440))
def token(coordinator: str, minutes: float) -> None:
    """Print a token with which a program may decide in a coordinator's name."""
    settings = read_settings()
    tokens = ServiceTokens(keys.signing_keys(settings, "service"), settings.clock())
    click.echo(tokens.issue(OPERATOR, SERVICE, acting_for=coordinator, seconds=minutes * 60))


@main.command("add-reason")
@click.argument("of_list", type=click.Choice(LISTS))
@click.argument("code")
@click.argument("label")
@click.option("--teaches", default="", help="The part of the score a no is evidence about.")
@click.option("--cooling-days", default=180, show_default=True, type=click.IntRange(0))
@click.option("--for-good", is_flag=True, help="The pair is never proposed again.")
def add_reason(
    of_list: str, code: str, label: str, teaches: str, cooling_days: int, for_good: bool
) -> None:
    """Add a reason to a list, or change one."""
    reason = ReasonCode(of_list, code, label, teaches, cooling_days, for_good=for_good)
    with opened() as (_, database), database.write() as connection:
        add_code(connection, reason)
    click.echo(f"{of_list}: {code}")


def _figures(database: Database) -> Callable[[], None]:
    balance = Balance(database, SERVICE)

    def report() -> None:
        balance.report()

    return report


def _database() -> Database:
    return open_database(read_settings())


def _finish() -> list[str]:
    return finish_restore(read_settings())


main.add_command(parked_command(SERVICE, _database))
main.add_command(doctor)
main.add_command(retention_command(lambda: open_retention(read_settings())))
for command in backup_commands(SERVICE, _database, MIGRATIONS, _finish):
    main.add_command(command)
main.add_command(audit_command(SERVICE, _database))
main.add_command(rank_command, "rank")
main.add_command(train_command, "train")
main.add_command(evaluate_command, "evaluate")
main.add_command(models_group, "models")
main.add_command(figures_group, "figures")
main.add_command(coordinator_group, "coordinator")
main.add_command(round_group, "round")


if __name__ == "__main__":
    main()
