"""What `setup` compiles is all that a coalition's questions need: nobody waits for a compiler."""

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_ASK = """
import json
from datetime import date
from services.matcher.rank import rank
from services.matcher.scoring.market.compiled import freshly_compiled
from services.matcher.scoring.first_use import compile_everything
from services.matcher.scoring.index import load_model

before = compile_everything()
with open("services/registry/sample/coalition.jsonl", "rb") as lines:
    objects = [json.loads(line) for line in lines]
told = sum(1 for _ in rank(objects, model=load_model(), as_of=date(2026, 12, 1), refused=True))
print(json.dumps([told, freshly_compiled() - before]))
"""


def test_the_sample_coalition_finds_everything_compiled() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=_ROOT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=240,
    )
    told, compiled = json.loads(ended.stdout)
    assert told > 100
    assert compiled == 0
