"""One coalition for every question about who may do what."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from services.matcher import wiring
from services.matcher.console.accounts import passwords
from tests.contract.http.authorisation.callers import Callers
from tests.contract.http.authorisation.coalition import Coalition
from tests.integration.matcher.world import rules_model


@pytest.fixture(scope="package")
def coalition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coalition]:
    """With cheap password hashes and a model that knows the rules: neither is the question here."""
    made = Coalition(tmp_path_factory.mktemp("authorisation"))
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", hasher)
        patch.setattr(wiring, "load_model", lambda **_: rules_model())
        made.build()
        yield made
        made.close()


@pytest.fixture(scope="package")
def callers(coalition: Coalition) -> Callers:
    return Callers(coalition)
