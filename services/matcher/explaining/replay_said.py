"""What `python -m services.matcher replay` says."""

from collections.abc import Iterable

import click

from services.matcher.explaining.replay import (
    DIFFERENT,
    ELSEWHERE,
    NOT_KEPT,
    SAME,
    Replayed,
    Summary,
)

_SAID = {
    SAME: "the same, to the last digit",
    DIFFERENT: "different",
    NOT_KEPT: "made before inputs were kept",
    ELSEWHERE: "made elsewhere",
}


def say_replayed(one: Replayed) -> None:
    """Raises `click.ClickException` with whatever keeps it from being the same."""
    if one.outcome != SAME:
        raise click.ClickException(one.text)
    click.echo("The same, to the last digit.")


def say_all_replayed(found: Iterable[Replayed]) -> None:
    """A line for each that differs, then how many of each outcome; fails where any differs."""
    summary = Summary()
    for one in found:
        summary.add(one)
        if one.outcome == DIFFERENT:
            click.echo(f"{one.match_id}  {one.text}")
    for outcome, said in _SAID.items():
        if summary.counts[outcome]:
            click.echo(f"{summary.counts[outcome]} {said}")
    if summary.counts[DIFFERENT]:
        raise click.ClickException(f"{summary.counts[DIFFERENT]} came out different.")
