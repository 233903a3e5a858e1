"""`rank` counts words over its own file, by the rule by which a worker counts over its coalition."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.matcher.rank import rank
from services.matcher.scoring.index import load_model
from tests.worlds import World, a_capability, a_member, a_need, as_lines

DAY = date(2026, 12, 1)


def harbours(size: int = 130) -> list[Mapping[str, Any]]:
    """Everybody says “harbour”, and one capability alone is about what the need lacks."""
    crowd = [
        a_capability(f"c{number:03}", "giver", f"Harbour harbour harbour work number{number}")
        for number in range(size)
    ]
    right = a_capability("right", "giver", "Reading stories with families who live far away")
    members = [a_member("council", "local_government"), a_member("giver")]
    needs = [a_need("n", "council", "Harbour families want stories")]
    return list(as_lines(World(members, [*crowd, right], needs)))


def _first(lines: list[Mapping[str, Any]]) -> str:
    told = rank(lines, model=load_model(semantic=False), as_of=DAY, top=1)
    return next(str(line["capability"]) for line in told)


def test_what_all_say_does_not_decide_in_a_large_file() -> None:
    assert _first(harbours()) == "right"
    assert _first(harbours(5)) != "right"


def test_order_and_hash_seed_change_no_line_of_a_large_file(tmp_path: Path) -> None:
    outputs = []
    for seed, lines in (("0", harbours()), ("1", harbours()[::-1])):
        file = tmp_path / f"{seed}.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
        command = [sys.executable, "-m", "services.matcher", "rank", str(file), "--top", "20"]
        done = subprocess.run(
            [*command, "--as-of", "2026-12-01"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        outputs.append(done.stdout)
    assert outputs[0]
    assert outputs[0] == outputs[1]
