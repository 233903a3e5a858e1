"""Small maps: well-formed, the place set off among its neighbours, safe whatever is said of it."""

from xml.etree import ElementTree as ET

from services.matcher.console.places.drawing import small_map

TENDRING, COLCHESTER, ESSEX = "E07000076", "E07000071", "E10000012"
_SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> dict[str, list[str]]:
    """Names of districts by class."""
    root = ET.fromstring(str(svg).replace("<svg ", f'<svg xmlns="{_SVG[1:-1]}" '))  # noqa: S314 - ours
    found: dict[str, list[str]] = {}
    for path in root.iter(f"{_SVG}path"):
        found.setdefault(path.attrib["class"], []).append(path.findtext(f"{_SVG}title") or "")
    return found


def test_a_district_stands_among_its_neighbours_and_what_reaches_it_is_shaded() -> None:
    found = drawn(small_map([TENDRING], [ESSEX], title="x"))

    assert found["map-here-reached"] == ["Tendring"]
    assert {"Colchester", "Braintree"} & set(found["map-reached"])
    assert drawn(small_map([TENDRING], [COLCHESTER], title="x"))["map-here"] == ["Tendring"]


def test_a_county_is_all_its_districts_and_a_country_has_no_neighbours() -> None:
    assert len(drawn(small_map([ESSEX], title="x"))["map-here"]) == 12
    assert set(drawn(small_map(["E92000001"], title="x"))) == {"map-here"}


def test_a_title_is_escaped_and_a_place_nobody_knows_has_no_map() -> None:
    assert "<b>" not in small_map([TENDRING], title="<b>")
    assert small_map(["X99"], title="x") == ""
