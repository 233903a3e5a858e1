"""What `rank --near-misses` says would make a match does, once the file says so."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from services.matcher.rank import rank_command

LINES: list[dict[str, Any]] = [
    {"kind": "member", "id": "essex", "name": "Essex", "sector": "local_government",
     "places": ["E07000076"]},
    {"kind": "member", "id": "leeds", "name": "Leeds Readers", "sector": "local_government",
     "places": ["E08000035"]},
    {"kind": "member", "id": "radio", "name": "Radio", "sector": "business"},
    {"kind": "capability", "id": "stories", "member": "leeds", "title": "Reading stories at home",
     "beneficiaries": ["early_years"], "goals": [1]},
    {"kind": "capability", "id": "weak", "member": "radio", "title": "Voices on air",
     "beneficiaries": ["adults"], "goals": [9]},
    {"kind": "need", "id": "need", "member": "essex", "title": "Reading stories at home",
     "beneficiaries": ["early_years"], "goals": [1]},
]  # fmt: skip


def _rank(folder: Path, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    file = folder / "coalition.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    told = CliRunner().invoke(rank_command, [str(file), "--near-misses", "--as-of", "2026-12-01"])
    assert told.exit_code == 0, told.output
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_a_change_that_is_made_makes_the_match(tmp_path: Path) -> None:
    near = {line["capability"]: line for line in _rank(tmp_path, LINES) if "near" in line}
    told = near["stories"]
    assert told["near"] == "same_sector"
    assert told["changes"] == [["need", "any_sector", ""], ["capability", "deliver", "E07000076"]]
    assert told["cost"] == 5
    assert told["change"].startswith("If Essex welcomed partners of its own sector and Leeds")
    changed = [dict(line) for line in LINES]
    changed[3]["delivers_in"] = ["E08000035", "E07000076"]
    changed[5]["welcomes_same_sector"] = True
    again = _rank(tmp_path, changed)
    [pair] = [line for line in again if "rank" in line and line["capability"] == "stories"]
    assert (pair["rank"], pair["score"]) == (1, told["then"])
    assert "stories" not in {line["capability"] for line in again if "near" in line}


def test_a_weak_pair_names_the_part_that_cost_most(tmp_path: Path) -> None:
    [weak] = [line for line in _rank(tmp_path, LINES)
              if "near" in line and line["capability"] == "weak"]  # fmt: skip
    assert weak["near"] in {"meaning", "words", "goals", "beneficiaries"}
    assert weak["score"] < 0.3
    assert weak["text"]
