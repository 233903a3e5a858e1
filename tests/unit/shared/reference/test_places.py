import dataclasses
import subprocess
import sys

import pytest

from shared.reference.places import UNITED_KINGDOM, Places, UnknownPlace


@pytest.fixture(name="places", scope="module")
def loaded_places() -> Places:
    return Places.load()


TENDRING, ESSEX, THURROCK, SOUTHEND = "E07000076", "E10000012", "E06000034", "E06000033"


def test_the_united_kingdom_is_the_361_districts_of_2023(places: Places) -> None:
    assert places.districts_of(UNITED_KINGDOM) == frozenset(places.district_index)
    assert len(places.district_index) == 361


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("E92000001", 296),
        ("S92000003", 32),
        ("W92000004", 22),
        ("N92000002", 11),
        ("K03000001", 350),
        ("K04000001", 318),
        ("E12000007", 33),
        (ESSEX, 12),
        ("E47000001", 10),
        (TENDRING, 1),
    ],
)
def test_an_area_covers_its_districts(places: Places, code: str, count: int) -> None:
    assert len(places.districts_of(code)) == count
    assert places.mask([code]).bit_count() == count


def test_the_nine_regions_and_three_countries_share_out_the_districts(places: Places) -> None:
    tops = [place for place in places.all() if place.kind == "region"]
    tops += [places.get(code) for code in ("S92000003", "W92000004", "N92000002")]
    covered = [district for top in tops for district in places.districts_of(top.code)]

    assert len(tops) == 12
    assert sorted(covered) == list(places.district_index)


def test_a_place_knows_what_contains_it_from_the_smallest(places: Places) -> None:
    place = places.get(TENDRING)

    assert (place.name, place.kind) == ("Tendring", "district")
    assert place.parents == (ESSEX, "E12000006", "E92000001", UNITED_KINGDOM)
    assert places.get("E10000003").parents[0] == "E47000008"
    assert places.get(UNITED_KINGDOM).parents == ()


def test_southend_and_thurrock_are_not_in_the_county_of_essex(places: Places) -> None:
    assert not {SOUTHEND, THURROCK} & places.districts_of(ESSEX)


def test_places_cannot_be_changed(places: Places) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        places.get(TENDRING).name = "Elsewhere"  # type: ignore[misc]
    with pytest.raises(TypeError):
        places.district_index["X"] = 1  # type: ignore[index]


def test_bits_follow_the_order_of_the_codes(places: Places) -> None:
    assert list(places.district_index) == sorted(places.district_index)
    assert list(places.district_index.values()) == list(range(361))
    assert places.mask([TENDRING]) == 1 << places.district_index[TENDRING]


def test_masks_overlap_where_places_do(places: Places) -> None:
    essex = places.mask([ESSEX])

    assert essex & places.mask([TENDRING])
    assert not essex & places.mask([THURROCK, SOUTHEND])
    assert places.mask([ESSEX, TENDRING]) == essex
    assert places.mask([]) == 0


def test_land_borders_make_neighbours_and_estuaries_do_not(places: Places) -> None:
    babergh, colchester, east_suffolk, dartford = "E07000200", "E07000071", "E07000244", "E07000107"

    assert places.neighbours(TENDRING) == {babergh, colchester}
    assert places.touches(TENDRING, colchester)
    assert not places.touches(TENDRING, east_suffolk)
    assert not places.touches(THURROCK, dartford)
    assert places.neighbours("E06000046") == frozenset()


def test_touching_is_mutual_and_holds_for_larger_areas(places: Places) -> None:
    assert places.touches(ESSEX, THURROCK)
    assert places.touches(THURROCK, ESSEX)
    assert places.touches(ESSEX, TENDRING)
    assert not places.touches(ESSEX, "S92000003")
    assert places.touches("E92000001", "S92000003")
    assert not places.neighbours(ESSEX) & places.districts_of(ESSEX)
    for code in places.district_index:
        assert all(code in places.neighbours(other) for other in places.neighbours(code))


def test_distances_are_those_on_the_ground(places: Places) -> None:
    westminster, edinburgh, cardiff = "E09000033", "S12000036", "W06000015"

    assert places.distance_km(westminster, edinburgh) == pytest.approx(534, abs=8)
    assert places.distance_km(westminster, cardiff) == pytest.approx(210, abs=6)
    assert places.distance_km(edinburgh, westminster) == pytest.approx(
        places.distance_km(westminster, edinburgh)
    )
    assert places.distance_km(cardiff, cardiff) == 0.0


def test_belfast_is_where_it_is_though_on_another_grid(places: Places) -> None:
    belfast = places.get("N09000003")

    assert belfast.latitude == pytest.approx(54.59, abs=0.03)
    assert belfast.longitude == pytest.approx(-5.94, abs=0.03)


def test_later_codes_of_the_same_place_are_accepted_everywhere(places: Places) -> None:
    assert places.get("E08000038").code == "E08000016"
    assert places.districts_of("E08000039") == {"E08000019"}
    assert places.mask(["E08000038"]) == places.mask(["E08000016"])
    assert places.distance_km("E08000038", "E08000016") == 0.0


def test_figures_of_another_year_find_the_district_that_a_former_one_is_part_of(
    places: Places,
) -> None:
    assert places.edition_of_2023("E07000168") == "E06000065"
    assert places.edition_of_2023("E08000038") == "E08000016"
    assert places.edition_of_2023("E07000076") == "E07000076"
    with pytest.raises(UnknownPlace):
        places.edition_of_2023("E07999999")


def test_the_code_of_a_former_district_is_not_taken_for_the_larger_one(places: Places) -> None:
    with pytest.raises(UnknownPlace, match="part of North Yorkshire") as refusal:
        places.get("E07000168")

    assert refusal.value.suggestions == ("North Yorkshire (district, E06000065)",)


@pytest.mark.parametrize("code", ["", "E07", "tendring", "E07000076 ", "x" * 5000])
def test_an_unknown_code_is_refused(places: Places, code: str) -> None:
    for ask in (places.get, places.districts_of, places.neighbours):
        with pytest.raises(UnknownPlace):
            ask(code)
    with pytest.raises(UnknownPlace):
        places.mask([TENDRING, code])


def test_one_instance_serves_the_process() -> None:
    assert Places.load() is Places.load()


def test_importing_reads_no_file_and_needs_no_library() -> None:
    script = (
        "import sys, builtins, pathlib\n"
        "import csv, difflib, json, unicodedata, dataclasses\n"
        "before = set(sys.modules)\n"
        "def refuse(*a, **k): raise AssertionError('a file was opened')\n"
        "builtins.open = refuse\n"
        "pathlib.Path.open = refuse\n"
        "import shared.reference.places, shared.reference.goals, shared.reference.vocabulary\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(m for m in new if m not in sys.stdlib_module_names))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['shared']"
