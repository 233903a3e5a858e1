"""`python -m services.matcher coordinator …`: the first account, and what a lost password needs."""

import os
from collections.abc import Callable
from typing import TypeVar

import click

from services.matcher.commands.opened import opened, written
from services.matcher.console.accounts.coordinators import (
    ADMINISTRATOR,
    COORDINATOR,
    ROLES,
    AccountRefused,
    Coordinator,
    add_coordinator,
    all_coordinators,
    disable_coordinator,
    find_by_email,
    set_password,
)
from services.matcher.console.accounts.passwords import PasswordRefused, new_password
from shared.storage import Work

_ResultT = TypeVar("_ResultT")
NEW_PASSWORD = "CONVENE_NEW_PASSWORD"  # noqa: S105 - the name of a setting, not a password
_from_environment = click.option(
    "--password-from-environment",
    "from_environment",
    is_flag=True,
    help=f"Take the password from {NEW_PASSWORD} instead of asking.",
)
_generate = click.option("--generate", is_flag=True, help="Make a password and print it once.")


@click.group("coordinator")
def coordinator_group() -> None:
    """Accounts of those who sign in to the console."""


@coordinator_group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Shown to other coordinators beside decisions.")
@click.option("--role", type=click.Choice(ROLES), default=COORDINATOR, show_default=True)
@_from_environment
@_generate
def add_command(email: str, name: str, role: str, from_environment: bool, generate: bool) -> None:
    """Add the account of EMAIL."""
    password, made = _password(from_environment=from_environment, generate=generate)
    added = _do(lambda work: add_coordinator(work, email, name, role, password))
    click.echo(f"{added.email} can sign in as {added.role}.")
    if made:
        click.echo(f"Password (shown once): {password}")


@coordinator_group.command("list")
def list_command() -> None:
    """Every account, with its role and whether it is closed."""
    with opened() as (_, database), database.read() as connection:
        for one in all_coordinators(connection):
            state = f"closed {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "open"
            click.echo(f"{one.email}\t{one.role}\t{state}\t{one.name}")


@coordinator_group.command("disable")
@click.argument("email")
def disable_command(email: str) -> None:
    """Close the account of EMAIL; its sessions end at once."""
    _do(lambda work: disable_coordinator(work, _known(work, email)))
    click.echo(f"{email} is closed and signed out everywhere.")


@coordinator_group.command("password")
@click.argument("email")
@_from_environment
@_generate
def password_command(email: str, from_environment: bool, generate: bool) -> None:
    """Give the account of EMAIL a new password; its sessions end at once."""
    password, made = _password(from_environment=from_environment, generate=generate)
    _do(lambda work: set_password(work, _known(work, email), password))
    click.echo(f"{email} has a new password and is signed out everywhere.")
    if made:
        click.echo(f"Password (shown once): {password}")


def _do(act: Callable[[Work], _ResultT]) -> _ResultT:
    with written(AccountRefused, PasswordRefused) as work:
        return act(work)


def _known(work: Work, email: str) -> Coordinator:
    found = find_by_email(work.connection, email)
    if found is None:
        raise AccountRefused(f"There is no account of {email}. See: coordinator list.")
    return found[0]


def _password(*, from_environment: bool, generate: bool) -> tuple[str, bool]:
    """The password, and whether it was made here and must be shown."""
    if generate:
        return new_password(), True
    if not from_environment:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True)), False
    given = os.environ.get(NEW_PASSWORD, "")
    if not given:
        raise click.ClickException(
            f"{NEW_PASSWORD} is not set. Set it to the new password, or leave "
            "--password-from-environment out to be asked for it."
        )
    return given, False


__all__ = ["ADMINISTRATOR", "coordinator_group"]
