"""`audit`: the command with which an operator reads the audit log and proves that it is whole."""

import json
from collections.abc import Callable
from typing import Any

import click

from shared.storage import audit
from shared.storage.database import Database


class _Noted(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """LINES:HASH, as `audit verify` prints it."""

    name = "LINES:HASH"

    def convert(self, value: Any, param: Any, ctx: Any) -> audit.Head:
        lines, _, hash_ = str(value).partition(":")
        if not lines.isdecimal() or len(hash_) != 64:
            self.fail(
                f"'{value}' is not a head. Give LINES:HASH as `audit verify` said.", param, ctx
            )
        return audit.Head(int(lines), hash_)


def audit_command(service: str, open_database: Callable[[], Database]) -> click.Group:
    """The `audit` group of one service; the database is opened when a command runs."""
    group = click.Group("audit", help="Who did what: list, and verify that no line was touched.")

    @group.command("list")
    @click.option("--actor", help="Only of this id.")
    @click.option("--action", help="Only this, such as key.created.")
    @click.option("--subject", help="Only about this id.")
    @click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
    def list_lines(limit: int, **wanted: str | None) -> None:
        """The newest lines, oldest of them first."""
        found = _with(open_database, lambda c: audit.lines(c, limit=limit, **wanted))
        for line in found:
            details = json.dumps(line["details"], sort_keys=True) if line["details"] else ""
            told = (f"{line['at']:%Y-%m-%d %H:%M:%S}", line["actor"], line["action"])
            click.echo("  ".join((str(line["position"]), *told, line["subject"], details)).rstrip())
        if not found:
            click.echo("no such line")

    @group.command("verify")
    @click.option("--noted", type=_Noted(), help="A head noted earlier, somewhere else.")
    def verify(noted: audit.Head | None) -> None:
        """Check every line. Note the head it prints apart from this database."""
        verdict = _with(open_database, lambda c: audit.verify(c, noted))
        for fault in verdict.faults:
            click.echo(fault, err=True)
        if verdict.faults:
            raise click.ClickException(
                f"the audit log of the {service} was tampered with: {len(verdict.faults)} faults. "
                "Compare it with a backup; see docs/security.md."
            )
        click.echo(f"The audit log of the {service} is whole: {verdict.head}")

    return group


def _with(open_database: Callable[[], Database], read: Callable[[Any], Any]) -> Any:
    database = open_database()
    try:
        with database.read() as connection:
            return read(connection)
    finally:
        database.close()
