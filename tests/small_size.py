"""The settings of a small coalition that lives below one folder."""

from pathlib import Path


def small_size(folder: Path) -> dict[str, str]:
    return {
        "CONVENE_ENVIRONMENT": "test",
        "CONVENE_DATABASE_URL": f"sqlite:///{folder}/{{service}}.db",
        "CONVENE_BUS_URL": f"embedded:///{folder}/bus.db",
        "CONVENE_KEYS_DIR": str(folder / "keys"),
        "CONVENE_VAR": str(folder),
    }
