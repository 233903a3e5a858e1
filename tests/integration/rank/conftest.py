"""The model as it is installed, loaded once."""

import os
from pathlib import Path

import pytest

from services.matcher.scoring.index import Model, load_model
from services.matcher.scoring.text.cache import MemoryCache

_BESIDE = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def model() -> Model:
    return load_model(cache=MemoryCache())


@pytest.fixture(scope="session")
def partnerships() -> Path:
    """The folder of labelled partnerships: CONVENE_CHECK_DATA, or beside the repository."""
    return _folder_with("partnerships", "labels.tsv")


@pytest.fixture(scope="session")
def deprivation() -> Path:
    """The folder of official figures, found in the same way."""
    return _folder_with("deprivation", "imd2025_lad24.csv")


def _folder_with(name: str, file: str) -> Path:
    folder = Path(os.environ.get("CONVENE_CHECK_DATA") or _BESIDE) / name
    if (folder / file).is_file():
        return folder
    missing = f"no {file} in {folder}: set CONVENE_CHECK_DATA to the parent folder"
    if os.environ.get("CI", "").casefold() in {"1", "true", "yes"}:
        pytest.fail(missing)
    pytest.skip(missing)
