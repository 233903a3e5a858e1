"""An import as a row of small transactions, so that others can write in between.

Members come with their contacts, then listings, then partnerships, whatever the order in the file.
Each batch stands or falls alone; when one falls, its lines are tried one by one, so that only the
line at fault is left out.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from marshmallow import ValidationError

from services.registry.domain.errors import Problem
from services.registry.domain.rules import Rules
from services.registry.importing.batch import Batch, Entry
from services.registry.importing.changes import keep_changes
from services.registry.importing.known import FileFacts, ImportOptions
from services.registry.importing.listings import take_listings
from services.registry.importing.members import take_members
from services.registry.importing.partnerships import take_partnerships
from services.registry.importing.rehearsal import copied
from services.registry.importing.report import Report, error_findings
from services.registry.vault import Vault
from shared.clock import Clock
from shared.contracts.failures import NotSendable
from shared.storage import Conflict, Database, Work, unit_of_work
from shared.storage.work import EventTooLarge

SOURCE = "/registry"
Take = Callable[[Batch, Sequence[Entry]], None]
Transaction = Callable[[], AbstractContextManager[Work]]
_OF_THE_LINE = (Conflict, NotSendable, EventTooLarge, ValidationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportContext:
    """What an import needs besides its lines."""

    database: Database
    vault: Vault
    rules: Rules
    clock: Clock
    batch_lines: int = 250
    actor: str | None = None
    import_id: str | None = None


def run_import(
    context: ImportContext, entries: Sequence[Entry], facts: FileFacts, options: ImportOptions
) -> Iterator[Report]:
    """Write the lines batch by batch, yielding what each batch did.

    A dry run does all of it on a copy of the database or, where that is not one file, in one
    transaction that is taken back when the iterator ends.
    """
    if not options.dry_run:
        yield from _batches(context, entries, facts, options, partial(_transaction, context))
        return
    if context.database.path is not None:
        with copied(context.database) as copy:
            rehearsed = replace(context, database=copy)
            transaction = partial(_transaction, rehearsed)
            yield from _batches(rehearsed, entries, facts, options, transaction)
        return
    try:
        with context.database.write() as connection:
            work = Work(connection, context.clock.now(), SOURCE, actor=context.actor)
            yield from _batches(context, entries, facts, options, partial(_savepoint, work))
            _take_back()
    except _TakeBack:
        return


class _TakeBack(Exception):
    """A dry run is over."""


def _take_back() -> None:
    raise _TakeBack


def _batches(
    context: ImportContext,
    entries: Sequence[Entry],
    facts: FileFacts,
    options: ImportOptions,
    transaction: Transaction,
) -> Iterator[Report]:
    for take, lines in _in_order(entries, context.batch_lines):
        yield _write(context, facts, options, transaction, (take, lines))


def _write(
    context: ImportContext,
    facts: FileFacts,
    options: ImportOptions,
    transaction: Transaction,
    step: tuple[Take, Sequence[Entry]],
) -> Report:
    """One batch in one transaction, or, when that fails, line by line."""
    take, lines = step
    try:
        with transaction() as work:
            batch = Batch(work, context.vault, context.rules, options, facts)
            take(batch, lines)
            if context.import_id and not options.dry_run:
                keep_changes(work, context.vault, context.import_id, batch.changes)
    except _OF_THE_LINE as error:
        if len(lines) == 1:
            return _left_out(facts, lines[0], error)
        report = Report()
        for line in lines:
            report.add(_write(context, facts, options, transaction, (take, [line])))
        return report
    facts.not_taken.update(batch.not_taken)
    batch.report.lines = len(lines)
    return batch.report


def _left_out(facts: FileFacts, entry: Entry, error: Exception) -> Report:
    message = "was changed by someone else at the same moment; import the line again"
    if not isinstance(error, Conflict):
        message = f"cannot be published: {error}"
    report = Report(lines=1)
    report.findings += error_findings(
        entry.line, entry.kind, entry.id, [Problem("id", entry.id, message)]
    )
    report.count(entry.kind, "refused")
    facts.not_taken[entry.kind, entry.id] = entry.line
    return report


def _in_order(entries: Sequence[Entry], batch_lines: int) -> Iterator[tuple[Take, Sequence[Entry]]]:
    people = [entry for entry in entries if entry.kind in ("member", "contact")]
    for group in _together(people, batch_lines):
        yield take_members, group
    listings = [entry for entry in entries if entry.kind in ("capability", "need")]
    for start in range(0, len(listings), batch_lines):
        yield take_listings, listings[start : start + batch_lines]
    partnerships = [entry for entry in entries if entry.kind == "partnership"]
    for start in range(0, len(partnerships), batch_lines):
        yield take_partnerships, partnerships[start : start + batch_lines]


def _together(entries: Sequence[Entry], batch_lines: int) -> Iterator[list[Entry]]:
    """Batches in which a member and its contacts stand together, in the order of the file."""
    by_member: dict[str, list[Entry]] = {}
    for entry in entries:
        by_member.setdefault(entry.member_id, []).append(entry)
    batch: list[Entry] = []
    for lines in by_member.values():
        if batch and len(batch) + len(lines) > batch_lines:
            yield batch
            batch = []
        batch += lines
    if batch:
        yield batch


def _transaction(context: ImportContext) -> AbstractContextManager[Work]:
    return unit_of_work(context.database, source=SOURCE, clock=context.clock, actor=context.actor)


@contextmanager
def _savepoint(work: Work) -> Iterator[Work]:
    with work.connection.begin_nested():
        yield work
