"""Retrieval in blocks, on coalitions that are far too small for any."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.matcher.scoring.market import shelf
from services.matcher.scoring.retrieval import estimate, sifting


@contextmanager
def small_blocks() -> Iterator[None]:
    """Every question is asked in blocks, and those are small enough to have many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimate, "FEW", 0)
        patch.setattr(estimate, "LEAST_BLOCK", 2)
        patch.setattr(shelf, "BLOCK", 7)
        patch.setattr(sifting, "TILE", 5)
        yield
