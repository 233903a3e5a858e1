"""What people read about settings hides what they must not."""

from __future__ import annotations

import io
from dataclasses import dataclass

from shared.settings import Settings, print_config, setting
from shared.settings.show import configuration_page


@dataclass(frozen=True, kw_only=True)
class ToySettings(Settings):
    """A secret and a switch."""

    password: str | None = setting(None, help="A password.", secret=True)
    on: bool = setting(False, help="A switch.", production_needs_own=True)


def test_secrets_and_passwords_are_masked() -> None:
    out = io.StringIO()
    settings = ToySettings(
        password="hidden-one",
        database_url="postgresql+psycopg://u:hidden-two@h/{service}",
        bus_url="kafka://k:9092",
        smtp_url="smtp://u:hidden-three@mail.example",
        link_key="hidden-four" * 4,
    )
    print_config(settings, {"CONVENE_BUS_ULR": "x", "CONVENE_ON": "1", "PATH": "/"}, out)
    lines = dict(line.split(maxsplit=1) for line in out.getvalue().splitlines())
    assert "hidden" not in out.getvalue()
    assert lines["CONVENE_DATABASE_URL"] == "postgresql+psycopg://u:…@h/{service}"
    assert lines["CONVENE_PASSWORD"] == "(set, not shown)"
    assert lines["CONVENE_SERVICE_KEY"] == "(unset)"
    assert lines["CONVENE_ON"] == "false"
    assert lines["CONVENE_BUS_ULR"] == "(set, but not read by this service)"
    assert "PATH" not in lines


def test_the_page_documents_each_setting_once() -> None:
    page = configuration_page([ToySettings])
    assert page.count("| `CONVENE_BUS_URL` |") == 1
    row = "| `CONVENE_ON` | `false` | A switch. Production needs its own value. |"
    assert "## Toy\n\n| name | default | what it does |\n|---|---|---|\n" in page
    assert row in page
    assert "| `CONVENE_PASSWORD` | (unset) | A password. Secret. |" in page
