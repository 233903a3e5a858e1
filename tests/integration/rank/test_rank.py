"""`rank` reads a coalition file and prints proposals and refusals as JSON Lines."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import services.registry.sample
from services.matcher.rank import rank, rank_command
from services.matcher.scoring.index import Model
from tests.worlds import as_lines, checkerboard

SAMPLE = Path(services.registry.sample.__path__[0]) / "coalition.jsonl"
DAY = date(2026, 12, 1)


def _lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_the_right_answer_of_a_toy_world(model: Model) -> None:
    told = list(rank(as_lines(checkerboard()), model=model, as_of=DAY, top=2))
    first = {line["need"]: line["capability"] for line in told if line["rank"] == 1}
    assert first == {f"needs-{name}": f"gives-{name}" for name in ("books", "power", "warm")}
    assert len(told) == 6


def test_the_sample_as_json_lines() -> None:
    done = CliRunner().invoke(
        rank_command, [str(SAMPLE), "--top", "3", "--refused", "--as-of", "2026-12-01"]
    )
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    told = _lines(done.stdout)
    proposals = [line for line in told if "rank" in line]
    refusals = [line for line in told if "refused" in line]
    assert {line["rank"] for line in proposals} == {1, 2, 3}
    for line in proposals:
        assert set(line) == {"need", "rank", "capability", "score", "reasons"}
        assert all(set(one) == {"feature", "contribution", "text"} for one in line["reasons"])
        parts = sum(round(one["contribution"] * 10_000) for one in line["reasons"])
        assert parts == round(line["score"] * 10_000)
    assert refusals
    assert all(set(line) == {"need", "capability", "refused", "text"} for line in refusals)


def test_bad_lines_are_told_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    good = [json.dumps(line) for line in as_lines(checkerboard())]
    orphan = json.dumps({"kind": "need", "id": "lost", "member": "nobody", "title": "Books"})
    file = tmp_path / "coalition.jsonl"
    file.write_text("\n".join(["{not json", *good, '{"kind":"dragon"}', orphan]), "utf-8")
    done = CliRunner().invoke(rank_command, [str(file), "--top", "1"])
    assert done.exit_code == 0
    assert {line["need"] for line in _lines(done.stdout)} == {
        "needs-books", "needs-power", "needs-warm"
    }  # fmt: skip
    told = done.stderr.splitlines()
    assert told[0].startswith("line 1: ")
    assert any(line.startswith(f"line {len(good) + 2}: ") for line in told)
    assert any("lost" in line and "nobody" in line for line in told)


def test_a_partnership_that_runs_takes_a_place_and_is_not_proposed(model: Model) -> None:
    running = {"kind": "partnership", "need": "needs-books", "state": "active",
               "members": ["council-books", "giver-books"], "since": "2022-12-01"}  # fmt: skip
    told = list(rank([*as_lines(checkerboard()), running], model=model, as_of=DAY))
    assert "needs-books" not in {line["need"] for line in told}


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_order_of_lines_and_the_hash_seed_change_nothing(seed: str, tmp_path: Path) -> None:
    lines = SAMPLE.read_text("utf-8").splitlines()
    shuffled = tmp_path / "shuffled.jsonl"
    shuffled.write_text("\n".join(lines[::-1] if seed == "1" else lines[5:] + lines[:5]), "utf-8")
    code = "from services.matcher.rank import rank_command; rank_command()"
    arguments = ["--refused", "--as-of", "2026-12-01"]
    told = subprocess.run(
        [sys.executable, "-c", code, str(shuffled), *arguments],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
    )  # fmt: skip
    expected = CliRunner().invoke(rank_command, [str(SAMPLE), *arguments])
    assert told.stdout == expected.stdout
