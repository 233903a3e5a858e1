"""One coalition for every question about who may do what."""

from collections.abc import Iterator

import pytest

from tests.contract.http.authorisation.callers import Callers
from tests.contract.http.authorisation.coalition import Coalition, built_coalition


@pytest.fixture(scope="package")
def coalition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coalition]:
    with built_coalition(tmp_path_factory.mktemp("authorisation")) as made:
        yield made


@pytest.fixture(scope="package")
def callers(coalition: Coalition) -> Callers:
    return Callers(coalition)
