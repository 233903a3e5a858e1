"""Everything that can be set from outside, declared once with its help text.

A process builds its settings first (step 0 of every walk) and hands them down; nothing below
reads the environment again. Start here to add a setting; `docs/configuration.md` is generated.
"""

from shared.settings.common import Settings
from shared.settings.fields import setting
from shared.settings.load import SettingsRefused, load_settings
from shared.settings.show import print_config

__all__ = ["Settings", "SettingsRefused", "load_settings", "print_config", "setting"]
