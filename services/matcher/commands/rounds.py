"""`python -m services.matcher round …`: run an assignment round, try one, put one to use."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from services.matcher.commands.opened import opened
from services.matcher.domain.assignment import (
    FAILED,
    LEVELS,
    LIVE,
    WHAT_IF,
    AssignmentRound,
    RoundKind,
    RoundRefused,
)
from services.matcher.proposing.task import Proposer
from services.matcher.rounds.assigning import settings_parameters
from services.matcher.rounds.run import Rounds, ask_for_round, promote_round
from services.matcher.settings import MatcherSettings
from services.matcher.store.assignments import load_round, parameters_in_use, recent_rounds
from services.matcher.wiring import SOURCE, build_deps
from shared.clock import Clock
from shared.messaging.tasks import pump
from shared.storage import Database, Work, unit_of_work

ASK_EVERY_SECONDS = 1.0
_ResultT = TypeVar("_ResultT")


@click.group("round", invoke_without_command=True)
@click.pass_context
def round_group(context: click.Context) -> None:
    """Run an assignment round now, by the parameters in use."""
    if context.invoked_subcommand is None:
        _ask_and_wait(LIVE, {}, "")


@round_group.command("what-if")
@click.option("--per-need", type=int, help="Most proposals of a need.")
@click.option("--per-member", type=int, help="Most proposals of a supplier.")
@click.option("--per-place", type=int, help="Most proposals for each place a capability has left.")
@click.option("--give-up", type=float, help="Share of expected matches given up for evenness.")
@click.option("--floor", type=float, help="Share of a place's needs that is served at least.")
@click.option("--level", type=click.Choice(LEVELS), help="What counts as a place.")
@click.option("--weight", "weights", multiple=True, help="FEATURE=LOG-ODDS; may be repeated.")
@click.option("--reason", default="", help="Kept beside the run.")
def what_if_command(weights: tuple[str, ...], reason: str, **given: Any) -> None:
    """See what other caps, floors or weights would change; nothing is proposed by it."""
    changes = {name: value for name, value in given.items() if value is not None}
    if weights:
        changes["weights"] = dict(_weight(one) for one in weights)
    _ask_and_wait(WHAT_IF, changes, reason)


@round_group.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
def list_command(limit: int) -> None:
    """The last rounds, newest first."""
    with opened() as (_, database), database.read() as connection:
        for one in recent_rounds(connection, limit):
            click.echo(f"{one.round_id}  {one.kind:8} {one.status:8} {_told(one)}")


@round_group.command("promote")
@click.argument("round_id")
@click.option("--reason", required=True, help="Why; kept beside the round.")
def promote_command(round_id: str, reason: str) -> None:
    """Use the caps and the floor of a what-if run from now on, and run a round by them."""
    with opened(RoundRefused) as (settings, database):
        clock = settings.clock()
        asked = _act(
            database, clock, lambda work: promote_round(work, settings, round_id, reason=reason)
        )
        _see_through(settings, database, clock, asked)


def _ask_and_wait(kind: RoundKind, changes: dict[str, Any], reason: str) -> None:
    with opened(RoundRefused) as (settings, database):
        clock = settings.clock()

        def ask(work: Work) -> AssignmentRound:
            in_use = parameters_in_use(work.connection, settings_parameters(settings))
            wanted = replace(in_use, **changes)
            return ask_for_round(work, settings, kind, parameters=wanted, reason=reason)

        _see_through(settings, database, clock, _act(database, clock, ask))


def _see_through(
    settings: MatcherSettings, database: Database, clock: Clock, asked: AssignmentRound
) -> None:
    """Done by the worker that holds the lease; where none runs, by this process."""
    rounds: Rounds | None = None
    phase = ""
    while True:
        with database.read() as connection:
            found = load_round(connection, asked.round_id)
        if found.is_over:
            break
        if found.phase != phase:
            phase = found.phase
            click.echo(f"{found.progress:4.0%} {phase}", err=True)
        rounds = rounds or Rounds(database, build_deps(settings, database), clock)
        if not rounds.run(clock.now()):
            time.sleep(ASK_EVERY_SECONDS)
    if found.status == FAILED:
        raise click.ClickException(found.phase)
    if rounds is not None:
        if found.kind == LIVE and rounds.has_lease:
            _bring_about(settings, database, clock)
        rounds.close()
    click.echo(f"{found.round_id}: {_told(found)}")


def _bring_about(settings: MatcherSettings, database: Database, clock: Clock) -> None:
    """No worker runs, so what was chosen is proposed here and now."""
    proposer = Proposer(database, build_deps(settings, database).model, settings, clock)
    pump([proposer])
    proposer.close()


def _told(one: AssignmentRound) -> str:
    then = one.figures.get("then")
    if not then:
        return one.phase
    return (
        f"{then['pairs']} proposals for {then['covered']} of {then['open_needs']} needs, "
        f"{then['expected']:.2f} expected matches, Gini {then['gini']:.2f}; "
        f"{one.figures['gained']} gained, {one.figures['lost']} lost"
    )


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.BadParameter(f"'{text}' is not FEATURE=NUMBER, like place=0.8") from None


def _act(database: Database, clock: Clock, act: Callable[[Work], _ResultT]) -> _ResultT:
    with unit_of_work(database, source=SOURCE, clock=clock, actor="command") as work:
        return act(work)
