"""`train`, `evaluate` and `models …`: what was learned, how good it is, and who said it may score."""

import json
from collections.abc import Callable

import click

from services.matcher.commands.opened import opened
from services.matcher.console.accounts.coordinators import ADMINISTRATOR, find_by_email
from services.matcher.domain.errors import NotAllowed
from services.matcher.models.choose_model import accept_model, refuse_model, return_to_priors
from services.matcher.models.evaluate import Evaluation, Judged, evaluate
from services.matcher.models.train import train
from services.matcher.scoring.index import Model, load_model
from services.matcher.settings import MatcherSettings
from services.matcher.store.models import all_models
from shared.storage import Work, unit_of_work

_by = click.option("--by", required=True, help="Email of the administrator who decides.")
_reason = click.option("--reason", required=True, help="Why; it is kept with the decision.")
_HEAD = f"{'model':<20}{'status':<10}{'matches':>8}{'yes':>6}{'log loss':>10}{'ECE':>8}{'AUC':>8}{'nDCG@10':>9}"


@click.command("train")
def train_command() -> None:
    """Learn weights from all that was said; they are offered where they are better."""
    with opened(NotAllowed) as (settings, database):
        found = train(database, _shipped(settings), settings.clock())
    click.echo(found.why)
    if found.offered:
        click.echo(f"{found.version} is offered: accept or refuse it on the page “Models”, or with")
        click.echo(
            f"  python -m services.matcher models accept {found.version} --by EMAIL --reason …"
        )


@click.command("evaluate")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def evaluate_command(*, as_json: bool) -> None:
    """How the priors, the weights in use and those on offer do on what was said so far."""
    with opened(NotAllowed) as (settings, database):
        found = evaluate(database, _shipped(settings))
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        _say(found)


@click.group("models")
def models_group() -> None:
    """Learned weights: list them, accept or refuse one, or go back to the stated priors."""


@models_group.command("list")
def list_command() -> None:
    """Every version, newest first."""
    with opened(NotAllowed) as (_, database), database.read() as connection:
        found = all_models(connection)
    for one in found:
        gain = one.measures.get("gain", 0.0)
        click.echo(f"{one.version}  {one.status:<10}  {one.made_at:%Y-%m-%d}  "
                   f"{one.data.get('matches', 0)} matches, log loss saved {gain:+.4f}"
                   f"{'  ' + one.reason if one.reason else ''}")  # fmt: skip
    if not found:
        click.echo("Nothing was learned yet; the stated priors score.")


@models_group.command("accept")
@click.argument("version")
@_by
@_reason
def accept_command(version: str, by: str, reason: str) -> None:
    """Score with VERSION from now on; matches that wait stay as they are."""
    _decide(by, lambda work: accept_model(work, version, reason))
    click.echo(f"{version} is in use.")


@models_group.command("refuse")
@click.argument("version")
@_by
@_reason
def refuse_command(version: str, by: str, reason: str) -> None:
    """Do not score with VERSION; it is kept with the reason."""
    _decide(by, lambda work: refuse_model(work, version, reason))
    click.echo(f"{version} is refused.")


@models_group.command("back")
@_by
@_reason
def back_command(by: str, reason: str) -> None:
    """Score with the stated priors again."""
    _decide(by, lambda work: return_to_priors(work, reason))
    click.echo("The stated priors are in use.")


def _decide(email: str, decide: Callable[[Work], object]) -> None:
    with opened(NotAllowed) as (settings, database):
        with database.read() as connection:
            known = find_by_email(connection, email)
        who = known[0] if known else None
        if who is None or who.disabled_at is not None or who.role != ADMINISTRATOR:
            raise click.ClickException(
                f"{email} is not an administrator's account. See: coordinator list."
            )
        with unit_of_work(
            database, source="/matcher", clock=settings.clock(), actor=who.coordinator_id
        ) as work:
            decide(work)


def _shipped(settings: MatcherSettings) -> Model:
    return load_model(model_dir=settings.sentence_model_dir, semantic=settings.semantic)


def _say(found: Evaluation) -> None:
    click.echo("On every settled match:\n" + _HEAD)
    for one in found.models:
        click.echo(_line(one, unseen=False))
    click.echo("\nOn those it was not learned from:\n" + _HEAD)
    for one in found.models:
        click.echo(_line(one, unseen=True))
    click.echo(f"\n{'reason':<24}{'rows':>6}{'yes':>6}{'mean score':>12}")
    for reason in found.reasons:
        click.echo(f"{reason.reason:<24}{reason.rows:>6}{reason.yes:>6}{reason.score:>12.4f}")


def _line(one: Judged, *, unseen: bool) -> str:
    told = one.unseen if unseen else one.all
    figures = (told.log_loss, told.calibration_error, told.auc, told.ndcg)
    words = ["–" if value is None else f"{value:.4f}" for value in figures]
    return (f"{one.version:<20}{one.status:<10}{told.matches:>8}{told.yes:>6}"
            f"{words[0]:>10}{words[1]:>8}{words[2]:>8}{words[3]:>9}")  # fmt: skip
