"""What every test may ask for, and what a unit test may not touch."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest

pytest_plugins = ["tests.servers.fixtures"]

# One thread for linear algebra, here and in every process that is started: the arrays are small, and
# the suite has a process for each core already. Read when numpy is imported, which is later.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_UNIT = Path(__file__).parent / "unit"


@pytest.fixture(autouse=True)
def unit_tests_stay_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under tests/unit no network and no setting of the machine, not even by accident."""
    if not request.node.path.is_relative_to(_UNIT):
        return

    def refuse(*_arguments: object, **_named: object) -> NoReturn:
        pytest.fail("A unit test used the network: pass a fake, or move the test to integration/.")

    for method in ("connect", "connect_ex", "bind", "listen", "sendto"):
        monkeypatch.setattr(socket.socket, method, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in [name for name in os.environ if name.startswith(("CONVENE_", "KAFKA_"))]:
        monkeypatch.delenv(name)
