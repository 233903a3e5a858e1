"""Texts before they are kept: readable, bearable, free of contact details."""

import time

import pytest

from services.registry.content import contact_detail_in
from services.registry.domain.texts import name_key, normalised_content, text_problems


@pytest.mark.parametrize(
    "text",
    [
        "Write to jane.smith+reading@essex.example for more",
        "jane@one.two.example",
        "Ring 01206 282 000 and ask",
        "(01206) 282000",
        "+44 20 7946 0000",
        "+44 (0)20 7946 0000",
        "07700900123",
        "020-7946-0000",
    ],
)
def test_contact_details_are_found(text: str) -> None:
    assert contact_detail_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "500 apprenticeship starts a year from 2022-12-01",
        "We reached 1,250,000 households in 2021/2022",
        "Charity 1105651, company 02366906",
        "£2 000 000 over 5 years",
        "Ages 0 to 5; 30 hours; 12 weeks",
        "follow @essex on the usual places",
        "between 2021 2022 2023 2024",
        "GSS E10000012",
        "ratio 1:10, see section 4.2.1.10.3",
    ],
)
def test_figures_dates_and_numbers_of_record_are_not_contact_details(text: str) -> None:
    assert contact_detail_in(text) is None


def test_every_problem_is_told_at_once_with_its_field_and_what_to_do() -> None:
    problems = text_problems(
        {"title": "", "description": "x" * 100_000, "requires": "call 01206 282000"},
        "title",
        contact_detail_in,
    )
    assert [problem.field for problem in problems] == ["title", "description", "requires"]
    assert "is empty" in problems[0].message
    assert "100,000 characters; shorten it to 20,000" in problems[1].message
    assert "telephone number" in problems[2].message
    assert len(problems[1].shown_value()) <= 81


def test_screening_can_be_switched_off() -> None:
    content = {"title": "Ring 01206 282 000"}
    assert text_problems(content, "title", contact_detail_in)
    assert not text_problems(content, "title")


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_refused_wherever_they_stand(character: str) -> None:
    content = {"name": "a", "identifiers": {"gss": f"E1{character}"}, "places": ["x"]}
    (problem,) = text_problems(content, "name")
    assert problem.field == "identifiers.gss"
    assert f"U+{ord(character):04X}" in problem.message


def test_line_ends_and_tabs_are_kept() -> None:
    assert not text_problems({"title": "a", "description": "one\n\ttwo"}, "title")


def test_what_is_kept_is_composed_stripped_and_has_one_kind_of_line_end() -> None:
    content = normalised_content({"title": "  Cafe\u0301 \r\n", "evidence": {"figure": " 3\r4 "}})
    assert content == {"title": "Café", "evidence": {"figure": "3\n4"}}


def test_names_are_compared_without_case_accents_and_legal_forms() -> None:
    assert name_key("The Café Company Ltd.") == name_key("CAFE COMPANY")
    assert name_key("Essex County Council") != name_key("Kent County Council")
    assert name_key("日本") != name_key("中国")


def test_screening_a_long_text_is_quick() -> None:
    started = time.perf_counter()
    for text in ("a" * 100_000, "0 " * 50_000, "@" * 100_000, "a@" * 50_000, "+1 " * 33_000):
        contact_detail_in(text)
    assert time.perf_counter() - started < 2.0
