"""What the registry lets go of by itself, and what it keeps."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select

from services.registry.__main__ import main
from services.registry.erase import ErasureList
from services.registry.move_member import move_member
from services.registry.retention import rules
from services.registry.settings import RegistrySettings
from services.registry.store import tables
from services.registry.store.members import load_members
from services.registry.wiring import setup
from shared.messaging.retention import Retention, retention_task
from shared.settings import load_settings
from tests.integration.registry.support import Registry, contact, member
from tests.small_size import small_size


@pytest.fixture
def retention(registry: Registry, tmp_path: Path) -> Retention:
    kept = rules(registry.vault, ErasureList(tmp_path / "erasures.jsonl"), registry.clock)
    return Retention("registry", registry.database, kept, registry.clock)


def held(registry: Registry, table: Any) -> int:
    with registry.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_people_of_a_member_that_left_are_erased_two_years_later(
    registry: Registry, retention: Retention, tmp_path: Path
) -> None:
    registry.take([member(), contact(), contact("c2"), member("kent"), contact("c3", "kent")])
    with registry.work() as work:
        move_member(work, load_members(work.connection, ["essex"])["essex"], "withdraw")
    name = "contacts of members that withdrew"

    registry.clock.advance(days=729)
    assert retention.due()[name] == 0
    registry.clock.advance(days=2)
    assert retention.due()[name] == 2
    assert held(registry, tables.contacts) == 3, "a dry run erased somebody"

    task = retention_task(retention)
    task.step()
    task.close()
    assert (held(registry, tables.contacts), held(registry, tables.contact_keys)) == (1, 1)
    assert held(registry, tables.members) == 2, "the member keeps its history under its name"
    assert len((tmp_path / "erasures.jsonl").read_text().splitlines()) == 2
    assert retention.apply("test")[name] == 0


def test_what_is_kept_of_an_import_goes_step_by_step(
    registry: Registry, retention: Retention
) -> None:
    an_import: dict[str, Any] = {
        "id": "i1", "state": "finished", "format": "jsonl", "options": {}, "body": b"sealed",
        "faulty": b"sealed", "requested_by": "x", "requested_at": registry.clock.now(), "counts": {},
    }  # fmt: skip
    change = {"import_id": "i1", "kind": "need", "subject": "n1", "version": 1, "before": b"sealed"}
    finding = {"import_id": "i1", "position": 1, "sort": "error", "line": 1, "message": "is empty"}
    with registry.database.write() as connection:
        connection.execute(insert(tables.imports).values(an_import))
        connection.execute(
            insert(tables.imports).values({**an_import, "id": "i2", "state": "running"})
        )
        connection.execute(insert(tables.import_changes).values(change))
        connection.execute(insert(tables.import_findings).values(finding))

    def went(days: float) -> list[str]:
        registry.clock.advance(days=days)
        return sorted(name for name, number in retention.apply("test").items() if number)

    assert went(6.9) == []
    assert went(0.2) == ["uploaded files and their rows to correct"]
    assert went(23) == ["what an import changed"]
    assert went(336) == ["what was said about an import"]
    with registry.database.read() as connection:
        bodies = dict(connection.execute(select(tables.imports.c.id, tables.imports.c.body)).all())
    assert bodies["i1"] is None
    assert bodies["i2"] is not None, "an upload that is being read was forgotten"


def test_the_command_says_what_would_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in small_size(tmp_path).items():
        monkeypatch.setenv(name, value)
    setup(load_settings(RegistrySettings, small_size(tmp_path)))
    dry = CliRunner().invoke(main, ["retention", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "       0  erases  contacts of members that withdrew (after 730 days)" in dry.output
    assert dry.output.endswith("Nothing was changed (dry run).\n")
    assert CliRunner().invoke(main, ["retention"]).output.endswith("Done.\n")
