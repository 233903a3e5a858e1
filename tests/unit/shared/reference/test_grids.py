"""Known points of the published guides, so that a slip in a series shows."""

import numpy as np
import pytest

from scripts.reference.grids import GREAT_BRITAIN, IRELAND


def test_the_ordnance_survey_example_point_is_found() -> None:
    # Caister water tower, the worked example of the Ordnance Survey's guide: 651409.903,
    # 313177.270 is 52°39′27.2531″N 1°43′4.5177″E on the older ellipsoid.
    latitude, longitude = GREAT_BRITAIN._unproject(np.array([651409.903]), np.array([313177.270]))

    assert np.degrees(latitude)[0] == pytest.approx(52.657570301, abs=1e-8)
    assert np.degrees(longitude)[0] == pytest.approx(1.717921583, abs=1e-8)


def test_known_places_lie_where_maps_show_them() -> None:
    # The dome of St Paul's and the city hall of Belfast, to a few metres.
    latitude, longitude = GREAT_BRITAIN.to_wgs84(np.array([532030.0]), np.array([181140.0]))
    assert latitude[0] == pytest.approx(51.5138, abs=2e-4)
    assert longitude[0] == pytest.approx(-0.0984, abs=3e-4)
    latitude, longitude = IRELAND.to_wgs84(np.array([333855.0]), np.array([374035.0]))
    assert latitude[0] == pytest.approx(54.5965, abs=5e-4)
    assert longitude[0] == pytest.approx(-5.9300, abs=1e-3)


def test_a_way_there_leads_back() -> None:
    # Penzance, Lerwick and Londonderry: the corners of the map, where the grid turns most.
    easting = np.array([147_300.0, 447_600.0, 60_700.0])
    northing = np.array([30_200.0, 1_141_300.0, 561_900.0])

    there = GREAT_BRITAIN.from_wgs84(*GREAT_BRITAIN.to_wgs84(easting, northing))

    assert there[0] == pytest.approx(easting, abs=0.5)
    assert there[1] == pytest.approx(northing, abs=0.5)
