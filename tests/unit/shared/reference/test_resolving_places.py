import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reference.places import AmbiguousPlace, PlaceError, Places, UnknownPlace


@pytest.fixture(name="places", scope="module")
def loaded_places() -> Places:
    return Places.load()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E07000076", "E07000076"),
        (" e07000076 ", "E07000076"),
        ("Tendring", "E07000076"),
        ("TENDRING DISTRICT COUNCIL", "E07000076"),
        ("Tendring District", "E07000076"),
        ("City of Bristol", "E06000023"),
        ("Bristol, City of", "E06000023"),
        ("Bristol City Council", "E06000023"),
        ("the Isle of Wight", "E06000046"),
        ("Royal Borough of Kensington & Chelsea", "E09000020"),
        ("City of London Corporation", "E09000001"),
        ("London", "E12000007"),
        ("Greater London", "E12000007"),
        ("King’s Lynn and West Norfolk", "E07000146"),
        ("Kings Lynn", "E07000146"),
        ("Saint Helens", "E08000013"),
        ("Ynys Mon", "W06000001"),
        ("Ynys Môn", "W06000001"),
        ("Edinburgh", "S12000036"),
        ("Western Isles", "S12000013"),
        ("Derry", "N09000005"),
        ("Durham County Council", "E06000047"),
        ("Newcastle upon Tyne", "E08000021"),
        ("Newcastle-under-Lyme", "E07000195"),
        ("Newcastle City Council", "E08000021"),
        ("Council of the Isles of Scilly", "E06000053"),
        ("St Albans City and District Council", "E07000240"),
        ("Bedford UA", "E06000055"),
        ("Hull", "E06000010"),
        ("UK-wide", "K02000001"),
        ("England & Wales", "K04000001"),
        ("Greater Manchester Combined Authority", "E47000001"),
        ("E08000038", "E08000016"),
        ("E08000039", "E08000019"),
        ("Scarborough", "E06000065"),
        ("E07000168", "E06000065"),
        ("Essex County Council", "E10000012"),
        ("Essex county", "E10000012"),
        ("West Midlands region", "E12000005"),
        ("West Midlands Combined Authority", "E47000007"),
        ("Suffolk", "E10000029"),
        ("CO15", "E07000076"),
        ("co15 1aa", "E07000076"),
        ("CO151AA", "E07000076"),
        ("W1A 1AA", "E09000033"),
        ("BT1 1AA", "N09000003"),
        ("NPT 1AA", "W06000022"),
    ],
)
def test_what_people_write_is_taken_as_the_place_they_mean(
    places: Places, text: str, code: str
) -> None:
    assert places.resolve(text).code == code


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Essex", ["E10000012", "E10000012;E06000033;E06000034"]),
        ("Greater Essex", ["E10000012;E06000033;E06000034"]),
        ("Kent", ["E10000016", "E10000016;E06000035"]),
        ("Newcastle", ["E07000195", "E08000021"]),
        ("Kingston", ["E06000010", "E09000021"]),
        ("West Midlands", ["E12000005", "E47000007"]),
        ("North East", ["E12000001", "E47000010"]),
        ("Cumbria", ["E06000063;E06000064"]),
        ("North East Combined Authority", ["E47000010;E47000011"]),
    ],
)
def test_a_name_that_fits_several_places_is_refused_with_all_of_them(
    places: Places, text: str, values: list[str]
) -> None:
    with pytest.raises(AmbiguousPlace) as refusal:
        places.resolve(text)

    assert [candidate.value for candidate in refusal.value.candidates] == values
    assert all(value in str(refusal.value) for value in values)


def test_the_refusal_of_essex_says_what_to_write_for_which_essex(places: Places) -> None:
    with pytest.raises(AmbiguousPlace) as refusal:
        places.resolve("Essex")

    assert str(refusal.value) == (
        "“Essex” can mean more than one place. Write E10000012 for Essex (county council's area, "
        "12 districts) or E10000012;E06000033;E06000034 for Essex with Southend-on-Sea and "
        "Thurrock (also called Greater Essex)."
    )


def test_a_council_area_named_like_a_wider_county_says_that_it_is_not_the_county(
    places: Places,
) -> None:
    taken = places.resolve("Somerset")

    assert (taken.code, taken.kind) == ("E06000066", "district")
    assert "does not stand for Somerset with North Somerset" in taken.how


def test_a_postcode_district_that_crosses_a_border_says_so(places: Places) -> None:
    taken = places.resolve("AB12 3CD")

    assert taken.name == "Aberdeen City"
    assert taken.how.startswith("74% of the postcodes that begin with AB12 are in Aberdeen City")
    assert "Aberdeenshire" in taken.how


def test_a_former_district_says_since_when(places: Places) -> None:
    assert places.resolve("Scarborough").how == (
        "Scarborough (E07000168) has been part of North Yorkshire (district, E06000065) "
        "since 1 April 2023."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Tendrin", "Did you mean Tendring (district, E07000076)?"),
        ("Hereford", "Did you mean Herefordshire, County of (district, E06000019)?"),
        ("East Midlands CCA", "Did you mean East Midlands (region, E12000004)"),
        ("ZZ99 9ZZ", "none begins with ZZ99"),
        ("E99999999", "No place has the code E99999999"),
        ("", "empty"),
        ("  \x00\x07 ", "empty"),
        ("Atlantis", "No place is known as “Atlantis”"),
        ("the", "No place is known as"),
        ("Borough of", "No place is known as"),
        ("City of", "No place is known as"),
        ("x" * 10_000, "too long for a place (10000 characters)"),
        ("Tend\x00\x1b[31mxyz", "No place is known as “Tend [31mxyz”"),
    ],
)
def test_what_is_no_place_is_refused_with_words_that_help(
    places: Places, text: str, said: str
) -> None:
    with pytest.raises(UnknownPlace) as refusal:
        places.resolve(text)

    assert said in str(refusal.value)
    assert len(str(refusal.value)) < 400
    assert "or a postcode." in str(refusal.value)


@pytest.mark.parametrize("text", [None, 7, ["Tendring"], b"Tendring"])
def test_what_is_not_text_is_refused_too(places: Places, text: object) -> None:
    with pytest.raises(UnknownPlace, match="written as text"):
        places.resolve(text)  # type: ignore[arg-type]


@given(st.text(max_size=300) | st.text(string.ascii_uppercase + string.digits + " ", max_size=9))
def test_no_text_crashes_and_every_answer_is_a_known_place(text: str) -> None:
    places = Places.load()
    said = ""
    try:
        taken = places.resolve(text)
    except PlaceError as refusal:
        said = str(refusal)
    else:
        said = taken.how
        assert places.get(taken.code).name == taken.name
    assert said.isprintable()


def test_every_district_is_found_by_its_name_and_by_its_council(places: Places) -> None:
    for district in places.district_index:
        place = places.get(district)
        for form in ("{}", "{} council", "The {}", "{} Borough Council"):
            assert places.resolve(form.format(place.name)).code == district


def test_every_other_place_is_found_by_its_name_and_kind(places: Places) -> None:
    endings = {
        "county": " County Council",
        "region": " region",
        "combined_authority": " Combined Authority",
    }
    refused = []
    for place in places.all():
        try:
            taken = places.resolve(place.name + endings.get(place.kind, ""))
        except AmbiguousPlace:
            refused.append(place.name)
        else:
            assert taken.code == place.code

    # What is called so today is larger than what was called so in 2023.
    assert refused == ["North East"]
