"""The three services answer what nobody would send as they answer everything: as described."""

from collections.abc import Iterator

import pytest

from shared.settings.common import SERVICES
from tests.contract.http.authorisation.callers import Callers
from tests.contract.http.authorisation.coalition import built_coalition
from tests.fuzz.contract import try_service

SEED = 7


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with built_coalition(tmp_path_factory.mktemp("fuzz")) as coalition:
        yield Callers(coalition)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("service", SERVICES)
def test_drawn_requests_are_answered_as_described(callers: Callers, service: str) -> None:
    found = try_service(callers, service, SEED, examples=3)
    assert not found.faults, "\n\n".join(found.faults[:10])
    answered = {status // 100 for status in found.statuses}
    assert answered == {2, 4}, found.statuses
    assert found.statuses.total() > 400, found.statuses
    assert found.statuses[200] > 20, f"the requests stopped at the door: {found.statuses}"
