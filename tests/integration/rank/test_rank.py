"""`rank` reads a coalition file and prints proposals and refusals as JSON Lines."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import services.registry.sample
from services.matcher.figures.read import read_figures
from services.matcher.rank import rank, rank_command
from services.matcher.scoring.index import Model
from services.matcher.scoring.market.priority import Priorities
from shared.reference.places import Places
from tests.published_figures import as_workbook, summary
from tests.worlds import as_lines, checkerboard

SAMPLE = Path(services.registry.sample.__path__[0]) / "coalition.jsonl"
PLACES = Places.load()
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


def test_figures_raise_the_scores_of_hard_hit_places_and_reorder_nothing(tmp_path: Path) -> None:
    file = tmp_path / "figures.xlsx"
    file.write_bytes(as_workbook(summary(["E07000076"])))
    plain = CliRunner().invoke(rank_command, [str(SAMPLE), "--as-of", "2026-12-01"])
    figured = CliRunner().invoke(
        rank_command, [str(SAMPLE), "--as-of", "2026-12-01", "--figures", str(file)]
    )
    assert figured.exit_code == 0, figured.output
    before, after = _lines(plain.stdout), _lines(figured.stdout)
    of_tendring = "tendring-reading-before-school"
    ranked = [[line["capability"] for line in told if line["need"] == of_tendring]
              for told in (before, after)]  # fmt: skip
    assert ranked[0] == ranked[1]
    first = next(line for line in after if line["need"] == of_tendring)
    (told,) = [one["text"] for one in first["reasons"] if one["feature"] == "priority"]
    assert told.startswith("Tendring is more deprived than every other district with figures (")
    assert first["score"] >= next(line["score"] for line in before if line["need"] == of_tendring)


def test_figures_that_are_none_end_the_command_in_plain_words(tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    done = CliRunner().invoke(rank_command, [str(SAMPLE), "--figures", str(file)])
    assert done.exit_code == 1
    assert "figures.csv: The header is none that is known (found “a”, “b”)" in done.stderr


def test_published_figures_show_tendring_where_its_county_hides_it(deprivation: Path) -> None:
    districts = {}
    for name in ("imd2019_lad23.csv", "imd2025_lad24.csv"):
        priorities = Priorities([read_figures((deprivation / name).read_bytes()).figures()])
        assert priorities.priority_of("E07000076") > 0.85
        essex = priorities.of_places(PLACES, ["E10000012"])
        assert essex is not None
        assert essex.district == "E07000076"
        within = [priorities.priority_of(code) for code in PLACES.districts_of("E10000012")]
        assert sum(within) / len(within) < 0.5, "the county's average hides it"
        assert priorities.of_places(PLACES, ["S12000036", "W06000015"]) is None
        districts[name] = priorities.as_array(PLACES.district_index)
        assert np.isfinite(districts[name]).sum() == 296
    known = np.isfinite(districts["imd2025_lad24.csv"])
    older, newer = (values[known] for values in districts.values())
    alike = np.corrcoef(older, newer)[0, 1]
    assert alike > 0.9, "two editions tell much the same"


def test_composites_by_area_and_by_district_are_the_same(deprivation: Path) -> None:
    day = date(2025, 12, 1)
    by_area, by_district = (
        read_figures((deprivation / name).read_bytes(), published=day).figures()
        for name in ("smc_composites_205areas_latest.csv", "smc_composites_by_lad23.csv")
    )
    assert by_area == by_district
    assert len(by_area.hardship) == 361
    essex = Priorities([by_area]).priority_of("E07000076")
    assert 0.3 < essex < 0.5, "its area is all of Essex, which is middling"
