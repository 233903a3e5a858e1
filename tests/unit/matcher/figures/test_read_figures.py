"""Publications are recognised by their header, brought to the districts of 2023, or refused line
by line.
"""

from datetime import date

import pytest

from services.matcher.figures.areas import NotAnArea, districts_of_area, districts_of_code
from services.matcher.figures.read import FiguresRefused, Publication, read_figures, together
from services.matcher.figures.sheets import NotRecognised
from services.matcher.scoring.market.priority import Priorities
from shared.reference.places import Places
from tests import published_figures as made

pytestmark = pytest.mark.thorough

PLACES = Places.load()
DAY = date(2025, 12, 1)


def _priority(publication: Publication, code: str) -> float:
    return Priorities([publication.figures()]).priority_of(code)


def _faults(content: bytes) -> list[str]:
    with pytest.raises(FiguresRefused) as refused:
        read_figures(content)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("as_file", [made.as_csv, made.as_workbook])
def test_a_summary_is_read_as_it_is_published(as_file: type) -> None:
    found = read_figures(as_file(made.summary([made.TENDRING, made.COLCHESTER])))
    assert found.shape.dataset == "iod2025-districts"
    assert found.figures().cited == (
        "English Indices of Deprivation 2025, local authority summaries, "
        "published 30 October 2025, Open Government Licence v3.0"
    )
    assert len(found.measures) == 296
    assert _priority(found, made.TENDRING) == 1.0
    assert 0.99 < _priority(found, made.COLCHESTER) < 1.0
    assert _priority(found, made.UTTLESFORD) < 0.5


def test_source_date_and_licence_can_be_told() -> None:
    found = read_figures(
        made.as_csv(made.summary()), source="Our extract", published=DAY, licence="ours"
    )
    assert found.figures().cited == "Our extract, published 1 December 2025, ours"


def test_codes_of_another_year_are_brought_to_2023() -> None:
    codes = ["E08000038" if code == made.BARNSLEY else code for code in made.ENGLISH]
    found = read_figures(made.as_csv(made.summary(["E08000038"], codes)))
    assert _priority(found, made.BARNSLEY) == 1.0


def test_of_merged_summaries_the_worst_speaks() -> None:
    header = [cell.replace("2024", "2019") for cell in made.SUMMARY_HEADER]
    table = made.summary(["E07000028"], made.codes_of_2019(), header)
    found = read_figures(made.as_csv(table))
    assert found.shape.dataset == "iod2019-districts"
    assert _priority(found, made.CUMBERLAND) == 1.0
    assert len(found.measures) == 296


def test_neighbourhoods_show_the_pocket_that_a_summary_hides() -> None:
    table = made.neighbourhoods({made.TENDRING: 20, "E07000026": 5})
    found = read_figures(made.as_csv(table))
    assert found.shape.dataset == "iod2019-neighbourhoods"
    assert found.lines == made.LSOAS
    assert found.measures[made.TENDRING]["in_most_deprived_tenth"] >= 20
    # Three districts of 2019 together have three times the neighbourhoods of another.
    assert found.measures[made.CUMBERLAND]["neighbourhoods"] > 300
    assert _priority(found, made.TENDRING) == 1.0


def test_neighbourhoods_by_tenth_alone_will_do() -> None:
    table = [row[:4] + row[5:] for row in made.neighbourhoods({made.TENDRING: 20})]
    found = read_figures(made.as_csv(table)).measures
    assert found[made.TENDRING]["worst_tenth"] == 1.0
    assert found[made.CUMBERLAND]["worst_tenth"] < 1.0


def test_composites_of_the_commission_are_combined_whatever_comes_first() -> None:
    names = made.areas()
    one = read_figures(
        made.as_csv(made.composite("ci1", dict.fromkeys(names, 1.0) | {"Essex": -2.0})),
        undated=DAY,
    )
    other = read_figures(
        made.as_csv(made.composite("CI4", dict.fromkeys(names, 0.5) | {"Leeds": -1.9})),
        undated=DAY,
    )
    both, turned = together([one, other]), together([other, one])
    assert [each.figures() for each in both] == [each.figures() for each in turned]
    (found,) = both
    assert found.measures[made.TENDRING] == {
        "conditions_of_childhood": -2.0, "promising_prospects": 0.5,
    }  # fmt: skip
    assert _priority(found, made.TENDRING) == _priority(found, made.COLCHESTER) > 0.9
    assert len(found.measures) == 361


def test_the_last_period_of_a_long_file_is_taken() -> None:
    names = made.areas()
    old = made.composite("ci2", {**dict.fromkeys(names, 0.0), "Essex": -3.0}, "2000 to 2005")
    new = made.composite("ci2", dict.fromkeys(names, 0.2))
    found = read_figures(made.as_csv(old + new[1:]), published=DAY)
    assert found.measures[made.TENDRING] == {"innovation_and_growth": 0.2}


def test_a_publication_that_says_no_date_asks_for_it() -> None:
    table = made.composite("ci1", dict.fromkeys(made.areas(), 0.0))
    said = "the file does not say when it was published; give --date YYYY-MM-DD"
    title = "Social Mobility Commission, State of the Nation composites"
    assert _faults(made.as_csv(table)) == [f"{title}: {said}"]


# --- refused, and why ---
def test_every_wrong_line_is_named_with_what_would_be_right() -> None:
    table = made.summary()
    table[1][0], table[2][3], table[3][4], table[4][0] = "E07999999", "much", 1.5, "E10000012"
    table[6][0] = table[5][0]
    table[7][3] = "nan"
    faults = _faults(made.as_csv(table))
    assert [fault.split(":")[0] for fault in faults] == [f"line {n}" for n in (2, 3, 4, 5, 7, 8)]
    assert "E07999999" in faults[0]
    assert faults[1].endswith("imd - average score: “much” is no number from 0 to 100.")
    assert faults[2].endswith("“1.5” is no number from 0 to 1.")
    assert "Essex (county, E10000012) is no district" in faults[3]
    assert "is on line 6 already" in faults[4]
    assert "“nan” is no number" in faults[5]


def test_half_a_file_is_refused_because_shares_would_be_wrong() -> None:
    faults = _faults(made.as_csv(made.summary()[:-2]))
    assert len(faults) == 1
    assert faults[0].startswith("Nothing is said of ")
    faults = _faults(made.as_csv(made.neighbourhoods({})[:-1]))
    said = "The file has 32,843 lines, English Indices of Deprivation 2019, neighbourhoods have"
    assert faults == [f"{said} 32,844; give the whole file as published."]


def test_neighbourhoods_that_are_none_or_come_twice_are_named() -> None:
    table = made.neighbourhoods({})
    table[1][0], table[3][0], table[4][5] = "Jaywick", table[2][0], 11
    faults = _faults(made.as_csv(table))
    assert faults == [
        "line 2: lsoa code: “Jaywick” is no code of a neighbourhood; E01000001 would be one.",
        "line 4: lsoa code: E01000002 is on line 3 already; delete one of the two.",
        "line 5: index of multiple deprivation (imd) decile: “11” is no number from 1 to 10.",
    ]


def test_areas_that_are_none_or_come_twice_are_named() -> None:
    table = made.composite("ci9", dict.fromkeys(made.areas(), 0.0))
    assert "“ci9” is no composite; use one of ci1, ci2, ci3, ci4." in _faults(made.as_csv(table))[1]
    table = made.composite("ci1", dict.fromkeys(made.areas(), 0.0))
    table[1][3] = "Middle-earth"
    assert "“Middle-earth” is no council" in _faults(made.as_csv(table))[1]
    table = made.composite("ci1", dict.fromkeys(made.areas(), 0.0))
    table.append(["ci1", "NA", "Local Authority", "Tendring", "2018 to 2024", "0.1"])
    assert "the same area is on line" in _faults(made.as_csv(table))[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found nothing"),
        (b"\n\n\n", "found nothing"),
        (b"id,name\n1,2\n", "found “id”, “name”"),
        (b"\xff\xfe\x00", "Byte 0 is not UTF-8"),
        (b"PK\x03\x04 not a workbook", "cannot be read as an .xlsx workbook"),
        (b'"' + b"x" * 200_000, "cannot be read as .csv"),
    ],
)
def test_other_files_are_refused_with_what_would_be_recognised(content: bytes, said: str) -> None:
    with pytest.raises(NotRecognised, match=said) as refused:
        read_figures(content)
    if b"id" in content:
        assert "Social Mobility Commission" in str(refused.value)


def test_a_damaged_workbook_is_refused() -> None:
    whole = made.as_workbook(made.summary())
    for cut in (50, len(whole) // 2, len(whole) - 30):
        with pytest.raises(NotRecognised):
            read_figures(whole[:cut])


# --- areas and codes ---
def test_names_of_areas_as_the_commission_writes_them() -> None:
    assert made.TENDRING in districts_of_area(PLACES, "Essex")
    assert "E06000033" not in districts_of_area(PLACES, "Essex"), "Southend is not in it"
    assert districts_of_area(PLACES, "Cumbria") == {"E06000063", "E06000064"}
    assert len(districts_of_area(PLACES, "Northern Ireland")) == 11
    assert districts_of_area(PLACES, "Argyll and Bute Islands") == {"S12000035"}
    assert districts_of_area(PLACES, "Camden and City of London") == {"E09000007", "E09000001"}
    with pytest.raises(NotAnArea, match="no council"):
        districts_of_area(PLACES, "")


def test_codes_are_of_districts() -> None:
    assert districts_of_code(PLACES, "e07000076") == {made.TENDRING}
    assert districts_of_code(PLACES, "E07000026") == {made.CUMBERLAND}
    with pytest.raises(NotAnArea, match="no district"):
        districts_of_code(PLACES, "K02000001")
