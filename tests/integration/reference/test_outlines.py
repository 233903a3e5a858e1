"""The outlines beside the official ones, which are kept outside the repository, and by themselves.

Measured over the 361 districts as overlap (common area by the area of either or both): median
0.90, nine of ten above 0.81, the worst the Isles of Scilly at 0.33. Islands and lochs of the
Scottish north, and the harbours of the south coast, come out worst: postcodes say where people are.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.reference.grids import GREAT_BRITAIN
from shared.reference.outlines import Outlines
from shared.reference.places import Places
from tests.integration.reference.test_agreement_with_check_data import (
    folder_of_check_data as folder_of_check_data,  # noqa: PLC0414 - the fixture is used here too
)

Ring = NDArray[np.float64]
LINES = 60


def test_every_district_has_an_outline_and_neighbours_meet() -> None:
    outlines = Outlines.load()
    sides = Counter(
        (min(a, b), max(a, b))
        for code in outlines.codes
        for ring in outlines.rings(code)
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    )

    assert sorted(outlines.codes) == list(Places.load().district_index)
    # A side belongs to one district (a shore) or to two; a gap would show as two near-equal ones.
    assert set(sides.values()) <= {1, 2}
    assert sum(count == 2 for count in sides.values()) > 5_000


def test_the_outlines_are_those_of_the_official_map(check_data: Path) -> None:
    official = _official(check_data / "geo" / "lad23_uk_buc.geojson")
    outlines = Outlines.load()
    shared = {code: _overlap(_ours(outlines, code), rings) for code, rings in official.items()}
    found = np.array(list(shared.values()))

    assert set(shared) == set(outlines.codes)
    assert np.median(found) >= 0.895
    assert np.quantile(found, 0.1) >= 0.80
    worst = min(shared, key=lambda code: shared[code])
    assert found.min() >= 0.30, Places.load().get(worst).described


def _ours(outlines: Outlines, code: str) -> list[Ring]:
    return [np.array(ring, dtype=np.float64) * outlines.unit_m for ring in outlines.rings(code)]


def _official(path: Path) -> dict[str, list[Ring]]:
    parts: dict[str, list[Ring]] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        found = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        parts[feature["properties"]["LAD23CD"]] = [np.array(ring) for one in found for ring in one]
    longitude, latitude = np.concatenate([ring for rings in parts.values() for ring in rings]).T
    points = iter(np.stack(GREAT_BRITAIN.from_wgs84(latitude, longitude), axis=1))
    return {
        code: [np.array([next(points) for _ in ring]) for ring in rings]
        for code, rings in parts.items()
    }


def _overlap(ours: list[Ring], theirs: list[Ring]) -> float:
    """Common by united area, summed over lines from west to east."""
    heights = np.concatenate([*ours, *theirs])[:, 1]
    common = united = 0.0
    for y in np.linspace(heights.min(), heights.max(), LINES + 2)[1:-1] + 0.37:
        one, other = _inside(ours, y), _inside(theirs, y)
        both = sum(
            max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
            for a in one.tolist()
            for b in other.tolist()
        )
        common += both
        united += float(np.diff(one).sum() + np.diff(other).sum()) - both
    return common / united


def _inside(rings: list[Ring], y: float) -> Ring:
    """Where a line enters and leaves, of shape (n, 2)."""
    crossings = []
    for ring in rings:
        start, end = ring, np.roll(ring, -1, axis=0)
        cut = (start[:, 1] <= y) != (end[:, 1] <= y)
        (x, low), (across, high) = start[cut].T, end[cut].T
        crossings.append(x + (y - low) / (high - low) * (across - x))
    return np.sort(np.concatenate(crossings)).reshape(-1, 2)


@pytest.mark.parametrize("code", ["E07000076", "S12000017", "N09000003"])
def test_a_path_closes_every_part_and_lies_in_its_box(code: str) -> None:
    outlines = Outlines.load()
    box, path = outlines.box([code], margin=0), outlines.path(code)

    assert path.count("M") == path.count("z") == len(outlines.rings(code))
    x, y = outlines.middle(code)
    assert box.left < x < box.right
    assert box.top < y < box.bottom
