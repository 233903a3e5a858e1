"""`python -m services.matcher figures …`: official figures on places, as they were published."""

from datetime import datetime
from pathlib import Path

import click

from services.matcher.commands.opened import opened, written
from services.matcher.figures.keep import forget_figures, keep_figures
from services.matcher.figures.of_file import read_publication
from services.matcher.figures.shapes import SHAPES
from services.matcher.scoring.market.priority import Priorities
from services.matcher.store.figures import all_kept

_DATASETS = sorted({shape.dataset for shape in SHAPES})


@click.group("figures")
def figures_group() -> None:
    """Official figures that say which places have it hardest."""


@figures_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", help="Name of the publication; known for files as published.")
@click.option("--date", "published", type=click.DateTime(["%Y-%m-%d"]),
              help="Day of publication; known for the Indices of Deprivation.")  # fmt: skip
@click.option("--licence", help="Licence; Open Government Licence v3.0 unless told.")
def import_command(
    file: Path, source: str | None, published: datetime | None, licence: str | None
) -> None:
    """Take in FILE (.csv or .xlsx) in place of its earlier edition; all of it, or none."""
    publication = read_publication(file, source, published, licence)
    with written() as work:
        taken = keep_figures(work, publication)
    what = {
        "imported": "imported; every need is looked at again",
        "replaced": "imported in place of the earlier ones; every need is looked at again",
        "unchanged": "the same as before; nothing changed",
    }[taken]
    click.echo(f"{publication.shape.dataset}: {len(publication.measures)} districts of 2023 "
               f"from {publication.lines:,} lines, {what}.")  # fmt: skip
    click.echo(publication.figures().cited)


@figures_group.command("list")
def list_command() -> None:
    """What was imported, finest first, with source, date and licence."""
    with opened() as (_, database), database.read() as connection:
        kept = all_kept(connection)
    priorities = Priorities(one.figures for one in kept)
    for one in kept:
        speaking = sum(priorities.speaks(one.figures, code) for code in one.figures.hardship)
        click.echo(f"{one.figures.dataset:22}  imported {one.imported_at:%Y-%m-%d}, speaks for "
                   f"{speaking} of its {len(one.figures.hardship)} districts")  # fmt: skip
        click.echo(f"    {one.figures.cited}")
    if not kept:
        click.echo("No figures were imported; every place counts the same.")


@figures_group.command("forget")
@click.argument("dataset", type=click.Choice(_DATASETS))
def forget_command(dataset: str) -> None:
    """Drop what was imported of DATASET."""
    with written() as work:
        done = forget_figures(work, dataset)
    click.echo(f"{dataset}: forgotten; every need is looked at again." if done
               else f"{dataset}: nothing of it was imported.")  # fmt: skip
