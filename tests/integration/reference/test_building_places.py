"""The committed tables are exactly what the script makes of the packages and the facts."""

import csv
import json
from pathlib import Path

import pytest

from scripts.reference import build, facts, neighbours

DATA = build.DESTINATION


def test_a_rebuild_gives_the_committed_files_byte_for_byte() -> None:
    built = build.build_tables()

    assert set(built) == {path.name for path in DATA.iterdir() if path.suffix in {".csv", ".json"}}
    for name, body in built.items():
        assert (DATA / name).read_bytes() == body, f"{name}: run python -m scripts.reference.build"


def test_the_record_of_sources_names_every_file_and_the_facts_in_use() -> None:
    record = json.loads((DATA / "sources.json").read_text(encoding="utf-8"))

    assert record["inputs"]["facts"] == facts.digest()
    tables = {path.name for path in DATA.glob("*.csv")}
    assert set(record["outputs"]) == tables | {"districts.json"}


def test_what_is_committed_stays_small() -> None:
    total = sum(path.stat().st_size for path in DATA.parent.rglob("*") if path.is_file())

    assert total < 1_000_000


def test_every_alias_and_wider_area_leads_to_a_place() -> None:
    codes = {row["code"] for row in _rows("places.csv")}
    named = {row["code"] for row in _rows("aliases.csv")}
    named |= {row["replaced_by"] for row in _rows("replaced.csv")}
    for row in _rows("wider_areas.csv"):
        named |= set(row["members"].split(";"))

    assert named <= codes
    assert not {row["code"] for row in _rows("replaced.csv")} & codes


def test_a_fact_that_changes_nothing_is_refused_as_out_of_date() -> None:
    fact = {"code_a": "B", "code_b": "A", "border": "yes"}

    assert neighbours.corrected({("C", "D")}, [fact]) == [("A", "B"), ("C", "D")]
    with pytest.raises(SystemExit, match="remove the line"):
        neighbours.corrected({("A", "B")}, [fact])


def test_a_fact_without_a_source_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in facts.TABLES:
        body = (facts.FOLDER / f"{name}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(body, encoding="utf-8")
    with (tmp_path / "aliases.csv").open("a", encoding="utf-8") as file:
        file.write("Nowhere,E07000076,\n")
    monkeypatch.setattr(facts, "FOLDER", tmp_path)

    with pytest.raises(SystemExit, match=r"aliases\.csv line \d+ has no source"):
        facts.read()


def test_check_finds_a_changed_file_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build_tables", lambda: {"places.csv": b"as built"})
    target = tmp_path / "places.csv"
    target.write_bytes(b"by hand")

    assert build.main(["--check", "--output", str(tmp_path)]) == 1
    assert target.read_bytes() == b"by hand"
    assert build.main(["--output", str(tmp_path)]) == 0
    assert target.read_bytes() == b"as built"
    assert build.main(["--check", "--output", str(tmp_path)]) == 0


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
