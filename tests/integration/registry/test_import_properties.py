"""Whatever stands in a file: importing ends, says why, and doing it again changes nothing."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.domain.rules import Rules
from services.registry.importing.report import finding_row
from services.registry.store.imports import add_findings, add_import
from services.registry.vault import Vault
from shared.clock import ManualClock
from shared.storage import Database
from tests.integration.registry.conftest import NOW
from tests.integration.registry.support import Registry, capability, contact, member, need
from tests.servers.migrated import MigratedFiles

IDS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["Alpha", "ALPHA Ltd", "Beta", ""])
MEMBERS = st.builds(
    lambda id_, name, status, rivals: member(id_, name=name, status=status, conflicts=rivals),
    IDS,
    NAMES,
    st.sampled_from(["active", "invited", "paused", "withdrawn"]),
    st.lists(st.builds(lambda other: {"member": other}, IDS), max_size=2),
)
CONTACTS = st.builds(
    lambda id_, owner, main, ground: contact(f"c-{id_}", owner, main=main, ground=ground),
    IDS,
    IDS,
    st.booleans(),
    st.sampled_from([None, {"basis": "consent"}]),
)
LISTINGS = st.builds(
    lambda make, id_, owner, title, who: make(f"l-{id_}", owner, title=title, contact=who),
    st.sampled_from([capability, need]),
    IDS,
    IDS,
    st.sampled_from(["Reading", "Energy", ""]),
    st.sampled_from([None, "c-a", "c-b"]),
)
PARTNERSHIPS = st.builds(
    lambda one, other: {
        "kind": "partnership",
        "text": "An older one",
        "members": [one, other],
        "since": "2022-12-01",
    },
    IDS,
    IDS,
)
JUNK = st.text(max_size=30).map(lambda text: text.replace("\n", " ").replace("\r", " "))
FILES = st.lists(st.one_of(MEMBERS, CONTACTS, LISTINGS, PARTNERSHIPS, JUNK), max_size=12)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "robustness" / "blns.json"


def fresh(migrated: MigratedFiles, folder: Path) -> Registry:
    for old in folder.glob("registry.db*"):
        if old.is_file():
            old.unlink()
    database = Database(migrated.copy("registry", folder), service="registry")
    return Registry(database, Vault([b"v" * 32], b"d" * 32), Rules(), ManualClock(NOW))


def counted(report: Any) -> int:
    return sum(number for (_, _), number in report.deeds.items())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=FILES, batch_lines=st.integers(1, 5))
def test_a_file_comes_in_the_same_way_whatever_the_batches_and_only_once(
    migrated_files: MigratedFiles, tmp_path: Path, lines: list[Any], batch_lines: int
) -> None:
    registry = fresh(migrated_files, tmp_path)
    report = registry.take(lines, batch_lines=batch_lines)
    present = [line for line in lines if not isinstance(line, str) or line.strip()]
    assert counted(report) == report.lines == len(present)
    told = registry.told()
    again = registry.take(lines, batch_lines=batch_lines)
    assert registry.told() == told
    refused = {deed for (_, deed) in again.deeds}
    assert refused <= {"unchanged", "refused"}
    registry.database.close()
    other = fresh(migrated_files, tmp_path)
    whole = other.take(lines, batch_lines=1_000)
    assert whole.deeds == report.deeds
    assert sorted(other.told()) == sorted(told)
    other.database.close()


def test_every_naughty_string_is_taken_or_told(registry: Registry) -> None:
    texts = json.loads(SHARED.read_text()) if SHARED.exists() else []
    texts += ["\x00", "\ud800", "x" * 100_000, "\u202e", "=cmd()", "İ" * 150, "ﬃ" * 199, ""]
    lines: list[Any] = [member()]
    for number, text in enumerate(texts):
        lines.append(need(f"n{number}", title=text, description=text, evidence={"figure": text}))
        lines.append(member(f"m{number}", name=text, identifiers={"x": text}))
        lines.append(need(text, text, wants=[text], places=[text], by=text))
        lines.append(contact(f"c{number}", name=text, email=text))
        lines.append(member(f"f{number}", name="A", **{text or "empty": text}))
    report = registry.take(lines)
    assert counted(report) == len(lines)
    assert all(finding.message for finding in report.findings)
    assert report.deeds["need", "added"] > len(texts) // 2 or not SHARED.exists()
    with registry.work() as work:
        add_import(work.connection, _an_import())
        rows = [finding_row("i", position, each) for position, each in enumerate(report.findings)]
        add_findings(work.connection, rows)
    told = registry.told()
    registry.take(lines)
    assert registry.told() == told


def _an_import() -> dict[str, Any]:
    plain = {"id": "i", "state": "running", "format": "jsonl", "options": {}, "counts": {}}
    return {**plain, "body": b"", "requested_by": "test", "requested_at": NOW}
