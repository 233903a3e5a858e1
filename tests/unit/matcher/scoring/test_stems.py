"""Stems are the same whoever else is stemming: a worker's tasks share one stemmer."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.matcher.scoring.text.stems import stem

BEGINNINGS = ("nation", "relation", "organis", "read", "apprentic", "connect", "general")
ENDINGS = ("ally", "ational", "ing", "eship", "iveness", "ized", "edly", "ousness")
WORDS = [f"{one}{other}" for one in BEGINNINGS for other in ENDINGS]


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_do_not_get_each_others_stems() -> None:
    expected = [stem(word) for word in WORDS]
    anew = stem.__wrapped__

    def all_anew(turn: int) -> list[str]:
        turned = WORDS[turn:] + WORDS[:turn]
        found = [str(anew(word)) for _ in range(6) for word in turned]
        return found[len(WORDS) - turn : 2 * len(WORDS) - turn]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(all_anew, range(0, 56, 7)):
            assert found == expected
