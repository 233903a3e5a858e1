"""Uploads wait, sealed, in the database until the worker runs them, one after the other.

A worker that ends in the middle leaves the import `running`; the next one begins it again, which
is harmless, because the same line twice changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from services.registry.domain.errors import InvalidMove, NotFound
from services.registry.domain.rules import Rules
from services.registry.importing.columns import remember_columns, stored, told_of
from services.registry.importing.faulty import faulty_rows
from services.registry.importing.known import ImportOptions
from services.registry.importing.lines import read_entries
from services.registry.importing.report import Report, finding_row
from services.registry.importing.run import SOURCE, ImportContext, run_import
from services.registry.importing.source import Upload
from services.registry.store.imports import (
    FINISHED,
    HELD,
    WAITING,
    add_findings,
    add_import,
    keep_for_later,
    load_import,
    load_upload,
    next_import,
    set_counts,
    set_over,
    set_running,
    set_waiting,
)
from services.registry.vault import Vault, VaultRefused
from shared.clock import Clock
from shared.contracts.coalition.columns import SheetMap
from shared.ids import new_id
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_transient
from shared.observability.logging import get_logger
from shared.storage import Database, Lease, Work, unit_of_work

_log = get_logger()


def queue_import(
    work: Work,
    vault: Vault,
    upload: Upload,
    options: ImportOptions,
    requested_by: str,
    *,
    hold: bool = False,
) -> str:
    """Keep an upload for the worker, or until it is told to start; returns the import's id."""
    import_id = new_id()
    values = {
        "id": import_id,
        "state": HELD if hold else WAITING,
        "format": upload.format,
        "options": {**asdict(options), "sheet": upload.sheet},
        "body": vault.seal_bytes(import_id, upload.body),
        "requested_by": requested_by,
        "requested_at": work.now,
        "counts": {},
    }
    add_import(work.connection, values)
    work.audit("import.requested", import_id, {"bytes": len(upload.body)})
    return import_id


def start_import(
    work: Work,
    vault: Vault,
    import_id: str,
    options: ImportOptions,
    told: Mapping[str, SheetMap] | None,
) -> None:
    """Let the worker run an upload that was held, or one that was only tried; `told` None leaves
    the columns as they were told before. Raises InvalidMove for any other.
    """
    row = load_upload(work.connection, import_id)
    if row is None:
        raise NotFound("No import has this id. It is in the Location of the answer to the upload.")
    tried = row.state == FINISHED and row.options.get("dry_run")
    if row.body is None or not (row.state == HELD or tried):
        raise InvalidMove(
            "This file was taken in, or is not kept any more. Upload it again to take it in again."
        )
    columns = stored(told) if told is not None else row.options.get("told", [])
    kept = {**asdict(options), "sheet": row.options.get("sheet"), "told": columns}
    set_waiting(work.connection, import_id, kept)
    remember_columns(work, upload_of_row(vault, row, told_of(columns)))
    work.audit("import.requested", import_id, {"dry_run": options.dry_run})


def upload_of_row(vault: Vault, row: Any, told: Mapping[str, SheetMap]) -> Upload:
    body = vault.open_bytes(row.id, row.body)
    return Upload(row.format, body, row.options.get("sheet"), told)


class ImportTask:
    """Runs waiting imports, one batch a step, so that the worker never stalls on a large file."""

    def __init__(
        self, database: Database, vault: Vault, rules: Rules, clock: Clock, *, batch_lines: int
    ) -> None:
        self.name = "imports"
        self._database = database
        self._vault = vault
        self._clock = clock
        self._rules = rules
        self._batch_lines = batch_lines
        self._lease = Lease(database, "imports")
        self._running: Iterator[None] | None = None
        self._backoff = Backoff()

    def step(self, timeout_seconds: float = 0.0) -> bool:
        waiting = self._backoff.wait_seconds()
        if waiting:
            return self._wait(min(waiting, timeout_seconds))
        try:
            did = self._next()
        except Exception as error:
            self._running = None
            if not is_transient(error):
                raise
            self._backoff.failed()
            _log.warning("import_interrupted", kind=type(error).__name__, detail=str(error))
            return False
        self._backoff.succeeded()
        return did or self._wait(timeout_seconds)

    def _next(self) -> bool:
        """One batch of the running import, or the beginning of the next; False when none waits."""
        if self._running is None:
            if not self._lease.acquire():
                return False
            with self._database.read() as connection:
                row = next_import(connection)
            if row is None:
                return False
            self._running = self._run(row)
        try:
            next(self._running)
        except StopIteration:
            self._running = None
        return True

    def close(self) -> None:
        self._running = None
        self._lease.release()

    def _wait(self, timeout_seconds: float) -> bool:
        self._database.wait_for_change(timeout_seconds)
        return False

    def _run(self, row: Any) -> Iterator[None]:
        with self._work() as work:
            set_running(work.connection, row.id)
        try:
            body = self._vault.open_bytes(row.id, row.body)
        except VaultRefused as refused:
            with self._work() as work:
                set_over(work.connection, row.id, work.now, {}, failure=str(refused))
            return
        given = dict(row.options)
        upload = Upload(row.format, body, given.pop("sheet"), told_of(given.pop("told", [])))
        try:
            yield from self._write(row, upload, ImportOptions(**given))
        except Exception as error:
            if is_transient(error):
                raise
            self._give_up(row.id, error)

    def _give_up(self, import_id: str, error: Exception) -> None:
        """A file that trips a fault of ours must not hold up the files behind it, nor the worker."""
        _log.exception("import_failed", import_id=import_id, kind=type(error).__name__)
        said = (
            f"The import stopped at a fault of ours ({type(error).__name__}); what was taken in until "
            "then is kept. Tell the coalition's office, and import the file again when it is mended."
        )
        with self._work() as work:
            row = load_import(work.connection, import_id)
            set_over(work.connection, import_id, work.now, row.counts if row else {}, failure=said)

    def _write(self, row: Any, upload: Upload, options: ImportOptions) -> Iterator[None]:
        read = read_entries(upload.lines())
        report, told = read.report, 0
        context = ImportContext(
            database=self._database,
            vault=self._vault,
            rules=self._rules,
            clock=self._clock,
            batch_lines=self._batch_lines,
            actor=row.requested_by,
            import_id=row.id,
        )
        total = len(read.entries) + report.lines
        for done in run_import(context, read.entries, read.facts, options):
            report.add(done)
            if not options.dry_run:  # whose transaction is open, and would be waited for here
                told = self._tell(row.id, report, told, total)
            yield
        faulty = faulty_rows(upload, report.findings)
        with self._work(row.requested_by) as work:
            add_findings(work.connection, _rows(row.id, report, told))
            set_over(work.connection, row.id, work.now, report.counts())
            keep_for_later(
                work.connection,
                row.id,
                faulty=self._vault.seal_bytes(row.id, faulty) if faulty else None,
                body=row.body if options.dry_run else None,
            )
            work.audit("import.finished", row.id, {"lines": report.lines})
        _log.info("import_finished", import_id=row.id, lines=report.lines)

    def _tell(self, import_id: str, report: Report, told: int, total: int) -> int:
        with self._work() as work:
            add_findings(work.connection, _rows(import_id, report, told))
            set_counts(work.connection, import_id, {**report.counts(), "of": total})
        return len(report.findings)

    def _work(self, actor: str | None = None) -> Any:
        return unit_of_work(self._database, source=SOURCE, clock=self._clock, actor=actor)


def _rows(import_id: str, report: Report, told: int) -> list[Any]:
    return [
        finding_row(import_id, position, finding)
        for position, finding in enumerate(report.findings[told:], told)
    ]
