"""The clock is an hour or more than a year wrong for a while, either way, in the middle of a match: no
email twice, no introduction early, none left out. On each store.
"""

from pathlib import Path

import pytest

from shared.ids import new_id
from tests.faults.checker import check
from tests.faults.history import Effect
from tests.faults.scenarios.mail import mail

HOUR, DAY = 3_600.0, 86_400.0
JUMPS = (HOUR, -HOUR, 400 * DAY, -400 * DAY, 0.0)


@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_a_wrong_clock_sends_nothing_twice_and_nothing_early(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    url = ""
    if store == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = server.create_database("clock_" + new_id().replace("-", ""))
    history = mail(tmp_path, url, jumps=JUMPS)
    assert check(history) == []
    assert Effect("introduction.sent", "match-1") in history.of(Effect)
