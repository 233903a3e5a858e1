"""Retention of one service: a task of its worker once an hour, and the command `retention`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from shared import failpoints
from shared.clock import Clock
from shared.messaging.tasks import Periodic
from shared.observability.logging import get_logger
from shared.storage import Database, Lease, unit_of_work
from shared.storage.retention import Kept

EVERY_SECONDS = 3_600.0
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Retention:
    """What `service` keeps for how long."""

    service: str
    database: Database
    rules: Sequence[Kept]
    clock: Clock

    def due(self) -> dict[str, int]:
        """What would go now; nothing is changed."""
        with self.database.read() as connection:
            now = self.clock.now()
            return {rule.name: rule.count(connection, now) for rule in self.rules}

    def apply(self, actor: str) -> dict[str, int]:
        """What went; written into the audit log where anything did."""
        now = self.clock.now()
        done = {rule.name: rule.apply(self.database, now) for rule in self.rules}
        told = {name: number for name, number in done.items() if number}
        if told:
            source = f"/{self.service}"
            with unit_of_work(self.database, source=source, clock=self.clock, actor=actor) as work:
                work.audit("retention.applied", self.service, told)
                failpoints.reach("retention.telling")
            failpoints.reach("retention.told")
            _log.info("retention_applied", service=self.service, rows=sum(told.values()))
        return done


def retention_task(retention: Retention) -> Periodic:
    """Once an hour, in one worker at a time."""
    lease = Lease(retention.database, "retention")

    def run(_now: datetime) -> bool:
        if lease.acquire():
            retention.apply("retention")
        return False

    return Periodic("retention", EVERY_SECONDS, run, retention.clock, close=lease.release)


def retention_command(open_retention: Callable[[], Retention]) -> click.Command:
    """`retention [--dry-run]` of one service."""

    def retention(*, dry_run: bool) -> None:
        """Delete or empty what was kept long enough, as the worker does once an hour."""
        opened = open_retention()
        try:
            found = opened.due() if dry_run else opened.apply("command")
        finally:
            opened.database.close()
        for rule in opened.rules:
            number = found[rule.name]
            click.echo(f"{number:>8}  {rule.deed}  {rule.name} (after {rule.days:g} days)")
        click.echo("Nothing was changed (dry run)." if dry_run else "Done.")

    help_text = "Say what would go, and change nothing."
    option = click.Option(["--dry-run", "dry_run"], is_flag=True, help=help_text)
    return click.Command("retention", callback=retention, params=[option], help=retention.__doc__)
