"""A notifier that is set up and well, copied for each test that makes it ill."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from services.notifier.commands.doctor import mail_check, patient_of
from services.notifier.settings import NotifierSettings
from services.notifier.wiring import setup
from shared.doctor import CHECKS, Finding, Instruments
from shared.settings import load_settings
from tests.integration.notifier.smtp_double import SmtpDouble, smtp_double
from tests.small_size import small_size

NOW = time.time()
ROOM = 10 * 1_073_741_824


class Names:
    """Name servers as the test has them."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self._records = records

    def records(self, name: str, kind: str) -> list[str]:
        return self._records.get((name, kind), [])


def answering(status: int = 200, ahead_seconds: float = 0.0) -> httpx.MockTransport:
    """Three web processes with a clock that may be ahead."""
    date = formatdate(NOW + ahead_seconds, usegmt=True)
    return httpx.MockTransport(lambda _: httpx.Response(status, headers={"Date": date}))


def instruments(
    transport: httpx.BaseTransport | None = None, free_bytes: int = ROOM
) -> Instruments:
    return Instruments(
        now=lambda: NOW, free_bytes=lambda _: free_bytes, transport=transport or answering()
    )


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("well")
    setup(load_settings(NotifierSettings, small_size(folder)))
    for name in ("service", "session"):
        (folder / "keys" / f"{name}.key").write_bytes((folder / "keys" / "link.key").read_bytes())
        (folder / "keys" / f"{name}.key").chmod(0o600)
    return folder


@pytest.fixture
def folder(well: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(well, tmp_path / "var"))


@pytest.fixture
def smtp() -> Iterator[SmtpDouble]:
    with smtp_double() as server:
        yield server


@pytest.fixture
def examine(folder: Path, smtp: SmtpDouble) -> Callable[..., list[Finding]]:
    """What is odd or wrong, with settings and instruments of the test's own."""

    def examined(tools: Instruments | None = None, **changed: str) -> list[Finding]:
        environment = {**small_size(folder), "CONVENE_SMTP_URL": smtp.url, **changed}
        settings = load_settings(NotifierSettings, environment)
        patient = replace(patient_of(settings), instruments=tools or instruments())
        checks = (*CHECKS, mail_check(Names({})))
        found = [finding for check in checks for finding in check.look(patient)]
        return [finding for finding in found if finding.state != "good"]

    return examined
