"""Contact details in texts are found; dates, amounts and codes are left alone."""

import time

import pytest

from shared.contracts.coalition import Found, screen_text


@pytest.mark.parametrize(
    ("text", "kind", "excerpt"),
    [
        ("Write to Sam@bbc.example today", "email", "Sam@bbc.example"),
        ("first.last+x@sub.council.example.", "email", "first.last+x@sub.council.example"),
        ("name (at) council.example", "email", "name (at) council.example"),
        ("mail jürgen@münchen.example", "email", "jürgen@münchen.example"),
        ("Ring 020 7946 0958 now", "telephone", "020 7946 0958"),
        ("07700900123", "telephone", "07700900123"),
        ("tel:07700 900 123.", "telephone", "07700 900 123"),
        ("(01632) 960 001", "telephone", "(01632) 960 001"),
        ("+44 (0)20 7946 0958", "telephone", "+44 (0)20 7946 0958"),
        ("0044 20 7946 0958", "telephone", "0044 20 7946 0958"),
        ("01632-960-001", "telephone", "01632-960-001"),
        ("+1 202-555-0143", "telephone", "+1 202-555-0143"),
    ],
)
def test_addresses_and_numbers_are_found(text: str, kind: str, excerpt: str) -> None:
    (found,) = screen_text(text)
    assert (found.kind, found.excerpt) == (kind, excerpt)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "from 2027-03-31 until 2027-09-01",
        "31/03/2027 to 30/09/2027",
        "£1,000,000 for 500 places in 2026, 2027 and 2028",
        "1200 families in 2026 2027 2028",
        "E10000012 and E07000076, charity 1234567, company 01234567",
        "62.1% against 67.2% in 2023/24",
        "open 08:00-20:00, 7 days",
        "@bbc on social media, 5 @ 10",
        "CO15 2LF",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert screen_text(text) == []


def test_both_are_found_in_one_text() -> None:
    assert screen_text("a@b.example or 07700 900123") == [
        Found("email", "a@b.example"),
        Found("telephone", "07700 900123"),
    ]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "0 " * 50_000, "a@" * 50_000, "a@" + "b." * 50_000]
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    screen_text(text)
    assert time.process_time() - began < 5
