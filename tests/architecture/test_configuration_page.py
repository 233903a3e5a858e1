"""docs/configuration.md is what the declarations say, for every service there is."""

from __future__ import annotations

from shared.settings import Settings
from shared.settings.__main__ import settings_classes
from shared.settings.faults import SERVICES
from shared.settings.fields import declared_settings
from shared.settings.show import configuration_page
from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "configuration.md"


def settings_modules() -> list[str]:
    """In the order of the page; a service without a settings module would be missed here."""
    found = {path.parent.name for path in (ROOT / "services").glob("*/settings.py")}
    assert found == set(SERVICES)
    return [f"services.{service}.settings" for service in SERVICES]


def test_the_page_is_up_to_date() -> None:
    modules = settings_modules()
    wanted = configuration_page(settings_classes(modules))
    assert PAGE.read_text() == wanted, (
        "docs/configuration.md is old. Write it anew: python -m shared.settings "
        f"{' '.join(modules)} > docs/configuration.md"
    )


def test_every_setting_is_explained() -> None:
    page = PAGE.read_text()
    classes: list[type[Settings]] = [Settings, *settings_classes(settings_modules())]
    for cls in classes:
        for declared in declared_settings(cls):
            assert f"| `{declared.name}` |" in page
            assert len(declared.declaration.help) > 10, f"{declared.name} needs a helpful help"
