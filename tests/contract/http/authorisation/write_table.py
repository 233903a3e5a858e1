"""Writes `table.txt` anew: `python -m tests.contract.http.authorisation.write_table`.

Read the difference before it is kept: it is who may do what.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.matcher import wiring as matcher
from services.matcher.settings import MatcherSettings
from services.notifier import wiring as notifier
from services.notifier.settings import NotifierSettings
from services.registry import wiring as registry
from services.registry.settings import RegistrySettings
from shared.settings import load_settings
from tests.contract.http.authorisation.expected import expected_row, operations, table_of
from tests.small_size import small_size


def written() -> str:
    """The table as the policies of the three applications give it."""
    with TemporaryDirectory() as folder:
        environment = small_size(Path(folder)) | {"CONVENE_SEMANTIC": "false"}
        apps: dict[str, Any] = {
            "registry": registry.build_web(load_settings(RegistrySettings, environment)),
            "matcher": matcher.build_web(load_settings(MatcherSettings, environment)),
            "notifier": notifier.build_web(load_settings(NotifierSettings, environment)),
        }
        return table_of({one.name: expected_row(one) for one in operations(apps)})


if __name__ == "__main__":
    Path(__file__).with_name("table.txt").write_text(written())
    sys.stdout.write("table.txt is written; read what has changed\n")
