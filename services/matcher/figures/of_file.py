"""A publication in a file that a command names; what is wrong with it is said in plain words."""

from datetime import datetime
from pathlib import Path

import click

from services.matcher.figures.read import FiguresRefused, Publication, read_figures
from services.matcher.figures.sheets import NotRecognised

FAULTS_SHOWN = 50


def read_publication(
    file: Path,
    source: str | None = None,
    published: datetime | None = None,
    licence: str | None = None,
    undated: datetime | None = None,
) -> Publication:
    """The publication in a file; what is wrong with it ends the command in plain words."""
    try:
        return read_figures(
            file.read_bytes(),
            source=source,
            published=published.date() if published else None,
            licence=licence,
            undated=undated.date() if undated else None,
        )
    except NotRecognised as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    except FiguresRefused as error:
        for fault in error.faults[:FAULTS_SHOWN]:
            click.echo(f"{file.name}: {fault}", err=True)
        more = len(error.faults) - FAULTS_SHOWN
        if more > 0:
            click.echo(f"{file.name}: … and {more:,} more", err=True)
        raise click.ClickException(f"{file.name}: nothing was taken from it.") from error
