"""A bare application, built as a service builds one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from shared.clock import ManualClock
from shared.settings import Settings
from shared.web.app import create_app

NOW = datetime(2022, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def bare(tmp_path: Path, clock: ManualClock) -> Callable[..., Flask]:
    """An unfinished application; settings and create_app's arguments by keyword."""

    def build(*, settings: dict[str, Any] | None = None, **arguments: Any) -> Flask:
        chosen = Settings(keys_dir=tmp_path / "keys", **(settings or {}))
        return create_app(
            "registry", settings=chosen, clock=clock, **{"database": None, **arguments}
        )

    return build
