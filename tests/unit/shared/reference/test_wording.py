import pytest

from shared.reference.wording import core, parts, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  The  Vale of Glamorgan ", "vale of glamorgan"),
        ("Ynys Môn", "ynys mon"),
        ("King’s Lynn & West Norfolk", "kings lynn and west norfolk"),
        ("St. Helens", "st helens"),
        ("Saint Helens", "st helens"),
        ("Na h-Eileanan Siar", "na h eileanan siar"),
        ("THE", "the"),
        ("", ""),
    ],
)
def test_ways_of_writing_come_to_one(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("bristol city of", "bristol"),
        ("city of bristol", "bristol"),
        ("london borough of camden council", "camden"),
        ("tendring", "tendring"),
        ("county durham", "county durham"),
        ("council", "council"),
    ],
)
def test_trimmings_are_left_off(key: str, expected: str) -> None:
    assert core(key) == expected


def test_a_double_name_is_known_by_its_parts() -> None:
    assert parts("Bournemouth, Christchurch and Poole") == {"bournemouth", "christchurch", "poole"}
    assert parts("Newcastle upon Tyne") == {"newcastle", "tyne"}
    assert parts("Derry City and Strabane") == {"derry", "strabane"}
