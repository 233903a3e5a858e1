"""The material-change rule: what lets the matcher judge again, and what never does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.material import is_material, meaning_moved

CAPABILITY: dict[str, Any] = {
    "title": "First Words reading team",
    "goals": [1],
    "delivers_in": ["K02000001"],
    "mode": "either",
    "gives": ["expertise", "reach"],
    "beneficiaries": ["early_years"],
    "capacity": {"amount": 5, "unit": "partnerships", "per": "year"},
    "terms": "free",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("goals", [1, 2]),
        ("delivers_in", ["E12000006"]),
        ("mode", "remote"),
        ("gives", ["expertise"]),
        ("beneficiaries", []),
    ],
)
def test_named_fields_are_material(field: str, value: object) -> None:
    assert is_material("capability", CAPABILITY, {**CAPABILITY, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gives", ["reach", "expertise"]),
        ("terms", "paid"),
        ("requires", "a room"),
        ("capacity", {"amount": 3, "unit": "partnerships", "per": "year"}),
        ("capacity", {"amount": 0, "unit": "partnerships", "per": "year"}),
    ],
)
def test_order_terms_and_less_capacity_are_not_material(field: str, value: object) -> None:
    assert not is_material("capability", CAPABILITY, {**CAPABILITY, field: value})


def test_capacity_up_from_zero_is_material() -> None:
    spent = {**CAPABILITY, "capacity": {"amount": 0}}
    assert is_material("capability", spent, CAPABILITY)


def test_a_needs_wants_and_places_are_material_and_its_urgency_is_not() -> None:
    need = {"goals": [1], "places": ["E07000076"], "wants": ["expertise"], "urgency": "high"}
    assert is_material("need", need, {**need, "places": ["E07000066"]})
    assert is_material("need", need, {**need, "wants": []})
    assert not is_material("need", need, {**need, "urgency": "low"})


def test_a_members_sector_is_material_and_its_website_is_not() -> None:
    member = {"sector": "health", "places": ["E07000076"], "website": None}
    assert is_material("member", member, {**member, "sector": "charity"})
    assert not is_material("member", member, {**member, "website": "https://one.example"})


READING = (
    "Volunteers read with children before they start school, every week, in libraries and "
    "nurseries across the district, and leave books for families to keep at home."
)


@pytest.mark.parametrize(
    "edited",
    [
        READING.replace("libraries", "libaries"),
        READING.replace("Volunteers", "volunteers"),
        READING + " Now also on Saturdays.",
        READING.replace(",", " -"),
        READING.replace("families", "parents"),
    ],
)
def test_a_slip_or_a_detail_does_not_move_the_meaning(edited: str) -> None:
    assert not meaning_moved(READING, edited)


@pytest.mark.parametrize(
    "edited",
    [
        "We lend laptops and tablets to adults who have none, and teach them to use the internet.",
        READING + " " + "Engineers mentor apprentices in electricity networks and build careers "
        "for young people leaving college, with paid placements and interviews guaranteed.",
        "",
    ],
)
def test_another_subject_moves_the_meaning(edited: str) -> None:
    assert meaning_moved(READING, edited)


def test_a_misspelt_word_of_a_short_title_is_a_slip() -> None:
    assert not meaning_moved("Literacy mentors", "Literacy mentros")
    assert meaning_moved("Literacy mentors", "Broadband vouchers")


def test_a_changed_figure_is_not_taken_for_a_slip() -> None:
    assert meaning_moved("500 starts", "50 starts")


@given(st.text(max_size=400))
def test_a_text_never_moves_from_itself(text: str) -> None:
    assert not meaning_moved(text, text)


@given(st.text(max_size=200), st.text(max_size=200))
def test_moving_there_is_moving_back_for_words_without_slips(one: str, other: str) -> None:
    upper = "".join(c for c in one if c.isdigit()), "".join(c for c in other if c.isdigit())
    assert meaning_moved(*upper) == meaning_moved(*reversed(upper))
