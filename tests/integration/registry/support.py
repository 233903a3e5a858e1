"""What the registry's integration tests say often, said once."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from services.registry.domain.rules import Rules
from services.registry.importing.known import ImportOptions
from services.registry.importing.lines import read_entries
from services.registry.importing.report import Report
from services.registry.importing.run import ImportContext, run_import
from services.registry.store import tables
from services.registry.vault import Vault
from shared.clock import ManualClock
from shared.contracts.coalition import read_lines
from shared.storage import Database, Work, unit_of_work


@dataclass(frozen=True, slots=True)
class Registry:
    database: Database
    vault: Vault
    rules: Rules
    clock: ManualClock

    @contextmanager
    def work(self) -> Iterator[Work]:
        with unit_of_work(
            self.database, source="/registry", clock=self.clock, actor="test"
        ) as work:
            yield work

    def take(
        self, lines: Iterable[Mapping[str, Any] | str], *, batch_lines: int = 250, **options: bool
    ) -> Report:
        """Import these lines; a text stands for itself."""
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        read = read_entries(read_lines(io.BytesIO("\n".join(texts).encode())))
        context = ImportContext(
            database=self.database,
            vault=self.vault,
            rules=self.rules,
            clock=self.clock,
            batch_lines=batch_lines,
        )
        report = read.report
        for done in run_import(context, read.entries, read.facts, ImportOptions(**options)):
            report.add(done)
        return report

    def events(self) -> list[tuple[str, str, dict[str, Any] | None]]:
        """Everything in the outbox, in order: short type, subject, data."""
        outbox = tables.standard.outbox
        with self.database.read() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.position)).all()
        return [_event(row) for row in rows]

    def told(self) -> list[str]:
        return [f"{kind} {subject}" for kind, subject, _ in self.events()]

    def last_state(self, subject: str) -> dict[str, Any]:
        """The data of the subject's last event."""
        states = [data for _, about, data in self.events() if about == subject and data]
        return states[-1]


def _event(row: Any) -> tuple[str, str, dict[str, Any] | None]:
    headers = dict(row.headers)
    kind = headers["ce_type"].removeprefix("org.convene.").removesuffix(".v1")
    data = None if row.value is None else json.loads(bytes(row.value))
    return kind, headers["ce_subject"], data


def member(member_id: str = "essex", **fields: Any) -> dict[str, Any]:
    name = fields.pop("name", f"{member_id.title()} Council")
    return {
        "kind": "member",
        "id": member_id,
        "name": name,
        "sector": "local_government",
        "places": ["E10000012"],
        **fields,
    }


def contact(contact_id: str = "c1", member_id: str = "essex", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "contact",
        "id": contact_id,
        "member": member_id,
        "email": f"{contact_id}@{member_id}.example",
        "name": "Jane Smith",
        "ground": {"basis": "legitimate_interests", "date": "2026-01-01", "source": "phone"},
        **fields,
    }


def capability(listing_id: str = "words", member_id: str = "bbc", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "capability",
        "id": listing_id,
        "member": member_id,
        "title": "First words",
        "description": "Programmes that help parents talk and read with young children.",
        "goals": [1],
        "delivers_in": ["K02000001"],
        "gives": ["expertise", "reach"],
        **fields,
    }


def need(listing_id: str = "reading", member_id: str = "essex", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "need",
        "id": listing_id,
        "member": member_id,
        "title": "Reading before school",
        "description": "Children in Tendring start school with fewer words than elsewhere.",
        "goals": [1],
        "places": ["E07000076"],
        "wants": ["expertise"],
        **fields,
    }
