"""Writes the configuration page: `python -m shared.settings MODULE… > docs/configuration.md`.

The services' settings modules are named on the command line, because shared knows no service.
"""

from __future__ import annotations

import importlib
import sys

from shared.settings.common import Settings
from shared.settings.show import configuration_page


def settings_classes(module_names: list[str]) -> list[type[Settings]]:
    """The Settings subclasses that the modules define themselves, in the order given."""
    return [
        value
        for name in module_names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and issubclass(value, Settings) and value.__module__ == name
    ]


if __name__ == "__main__":
    sys.stdout.write(configuration_page(settings_classes(sys.argv[1:])))
