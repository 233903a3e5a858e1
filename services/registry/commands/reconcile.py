"""`reconcile`: after a restore, or when a topic is doubted."""

import click

from services.registry.commands.context import opened
from services.registry.reconcile import reconcile
from shared.bus.connect import connect
from shared.bus.errors import BusError
from shared.bus.settings import BusSettings


@click.command("reconcile")
def reconcile_command() -> None:
    """Tell again whatever the topics do not hold as the database does."""
    with opened() as here:
        bus = connect(here.settings.bus_url, BusSettings(**here.settings.bus_options()))
        try:
            result = reconcile(here.database, bus, here.clock)
        except BusError as error:
            raise click.ClickException(str(error)) from error
        finally:
            bus.close()
    for topic, subject in result.told:
        click.echo(f"{topic} {subject}: told again")
    for topic, subject in result.unknown:
        click.echo(f"{topic} {subject}: on the topic, but not in the database; left as it is")
    click.echo(f"{result.compared} keys compared, {len(result.told)} told again.")
