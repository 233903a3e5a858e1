"""`import` and `export`: the coalition file, with a bar of progress and every line's errors."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.registry.commands.context import ACTOR, Opened, opened
from services.registry.export import coalition_lines
from services.registry.importing.known import ImportOptions
from services.registry.importing.lines import read_entries
from services.registry.importing.report import KINDS, Finding, Report
from services.registry.importing.run import ImportContext, run_import
from services.registry.importing.source import SHEETS, FormatUnknown, upload_of
from shared.storage.errors import StorageError

_HEADINGS = (
    ("error", "Not taken"),
    ("duplicate", "Likely duplicates, not added"),
    ("kept", "Corrections kept (use --overwrite to let the file win)"),
    ("warning", "Taken as"),
)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="The file wins over corrections made here.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and keep nothing.")
@click.option("--accept-duplicates", is_flag=True, help="Add members that look like others.")
@click.option("--sheet", type=click.Choice(SHEETS), help="What a .csv holds. Default: its name.")
def import_file(
    file: Path, sheet: str | None, *, overwrite: bool, dry_run: bool, accept_duplicates: bool
) -> None:
    """Take in a coalition file: .jsonl, .xlsx or .csv. Exit code 1 when a line was not taken."""
    options = ImportOptions(
        overwrite=overwrite, dry_run=dry_run, accept_duplicates=accept_duplicates
    )
    with opened() as here:
        report = _run(here, file, sheet, options)
    _print_findings(report)
    _print_counts(report, dry_run=dry_run)
    if report.of_sort("error") or report.of_sort("duplicate"):
        sys.exit(1)


def _run(here: Opened, file: Path, sheet: str | None, options: ImportOptions) -> Report:
    try:
        read = read_entries(upload_of(file, sheet).lines())
    except (FormatUnknown, OSError) as error:
        raise click.ClickException(str(error)) from error
    report = read.report
    context = ImportContext(
        database=here.database,
        vault=here.vault,
        rules=here.settings.rules,
        clock=here.clock,
        batch_lines=here.settings.import_batch_lines,
        actor=ACTOR,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        total = report.lines + len(read.entries)
        bar = progress.add_task("lines", total=total, completed=report.lines)
        for done in run_import(context, read.entries, read.facts, options):
            report.add(done)
            progress.update(bar, completed=report.lines)
    if not options.dry_run:
        with here.work() as work:
            work.audit("import.finished", "command", {"lines": report.lines})
    return report


def _print_findings(report: Report) -> None:
    for sort, heading in _HEADINGS:
        found = sorted(report.of_sort(sort), key=lambda finding: finding.line)  # type: ignore[arg-type]
        if found:
            click.echo(f"{heading}:")
        for finding in found:
            click.echo(f"  {_sentence(finding)}")


def _sentence(finding: Finding) -> str:
    what = " ".join(part for part in (finding.kind, finding.subject) if part)
    value = f" “{finding.value}”" if finding.value else ""
    where = f"line {finding.line}" if finding.line else "the file"
    return f"{where}: {what + ': ' if what else ''}{finding.field}{value} {finding.message}"


def _print_counts(report: Report, *, dry_run: bool) -> None:
    counts = report.counts()
    for deed in ("added", "changed", "unchanged", "refused"):
        of_deed = counts.get(deed, {})
        parts = [f"{of_deed[kind]} {kind}" for kind in (*KINDS, "unknown") if kind in of_deed]
        if parts:
            click.echo(f"{deed}: {', '.join(parts)}")
    click.echo(f"{report.lines} lines{'; nothing was kept (dry run)' if dry_run else ''}")


@click.command("export")
@click.option("--contacts", is_flag=True, help="With people's names and addresses.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")
def export_file(output: Path | None, *, contacts: bool) -> None:
    """Write everything held as a coalition file, JSON Lines."""
    with opened() as here:
        if contacts:
            with here.work() as work:
                work.audit("contacts.exported", ACTOR)
        try:
            with here.database.read() as connection:
                lines = coalition_lines(connection, here.vault if contacts else None)
                if output is None:
                    sys.stdout.writelines(lines)
                else:
                    with output.open("w", encoding="utf-8") as file:
                        file.writelines(lines)
        except StorageError as error:
            raise click.ClickException(str(error)) from error
