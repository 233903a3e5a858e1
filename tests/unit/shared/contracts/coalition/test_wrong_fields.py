"""Every field that is wrong is named, with its value and what would be right."""

from typing import Any

import pytest

from tests.unit.shared.contracts.coalition.examples import (
    CAPABILITY,
    CONTACT,
    MEMBER,
    NEED,
    PARTNERSHIP,
    error_of,
)

WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    ({**NEED, "title": ""}, "title", "", "is empty; give what is needed"),
    ({**NEED, "title": " \n\t "}, "title", " \n\t ", "is empty"),
    ({**NEED, "title": "x" * 201}, "title", "x" * 199 + "…", "201 characters; shorten it to 200"),
    ({**NEED, "title": 5}, "title", "5", "must be a text"),
    ({**NEED, "title": None}, "title", "", "is missing; give"),
    ({**NEED, "id": "a b"}, "id", "a b", "is no id"),
    ({**NEED, "id": "a/b"}, "id", "a/b", "is no id"),
    ({**NEED, "places": ["Atlantis"]}, "places.1", "Atlantis", "No place is known as"),
    ({**NEED, "places": ["E99999999"]}, "places.1", "E99999999", "No place has the code"),
    ({**NEED, "places": ["Leeds", "E07000076;Atlantis;X"]}, "places.2", "E07000076;", "“Atlantis”"),
    ({**NEED, "places": "Tendring"}, "places", "Tendring", "square brackets"),
    ({**NEED, "places": [["E07000076"]]}, "places.1", '["E07000076"]', "must be a text"),
    ({**NEED, "goals": [15]}, "goals.1", "15", "1 Strong foundations"),
    ({**NEED, "goals": [True]}, "goals.1", "true", "number or title of a goal"),
    ({**NEED, "goals": [1.5]}, "goals.1", "1.5", "number or title of a goal"),
    ({**NEED, "goals": [1] * 1_001}, "goals", "[1, 1", "1,001 entries"),
    ({**NEED, "wants": ["expertize"]}, "wants.1", "expertize", "Did you mean expertise?"),
    ({**NEED, "partners": 0}, "partners", "0", "whole number from 1"),
    ({**NEED, "partners": "2"}, "partners", "2", "without quotation marks"),
    ({**NEED, "partners": 10**12}, "partners", "1000000000000", "whole number"),
    ({**NEED, "by": "31/03/2027"}, "by", "31/03/2027", "write a date such as"),
    ({**NEED, "by": "2027-02-29"}, "by", "2027-02-29", "write a date such as"),
    ({**NEED, "urgency": "dire"}, "urgency", "dire", "low, medium, high"),
    ({**NEED, "welcomes_same_sector": 1}, "welcomes_same_sector", "1", "true or false"),
    ({**NEED, "strict": ["gives"]}, "strict.1", "gives", "goals, beneficiaries, wants"),
    ({**NEED, "units": 5}, "units", "5", "holds several values"),
    ({**NEED, "partner": 2}, "partner", "2", "did you mean partners?"),
    ({**NEED, "units": {"amont": 2}}, "units.amont", "2", "did you mean amount?"),
    ({**NEED, "evidence": {"url": "javascript:x"}}, "evidence.url", "javascript:x", "web address"),
    ({**CAPABILITY, "capacity": {"amount": -1}}, "capacity.amount", "-1", "whole number from 0"),
    (
        {**CAPABILITY, "available": {"from": "2027-02-01", "until": "2027-01-01"}},
        "available.until",
        "2027-01-01",
        "must not end before it begins",
    ),
    ({**MEMBER, "sector": "councl"}, "sector", "councl", "Did you mean local_government?"),
    ({**MEMBER, "status": "gone"}, "status", "gone", "invited, active, paused, withdrawn"),
    ({**MEMBER, "identifiers": {"gss": [1]}}, "identifiers.gss", "[1]", "must be a text"),
    ({**MEMBER, "identifiers": []}, "identifiers", "[]", "must be an object"),
    ({**MEMBER, "conflicts": [{"code": "x"}]}, "conflicts.1.member", "", "member or a sector"),
    ({**CONTACT, "email": "no at"}, "email", "no at", "is no email address"),
    ({**CONTACT, "main": "yes"}, "main", "yes", "true or false"),
    (
        {**CONTACT, "choices": {"quiet_hours": {"from": "8pm", "until": "08:00"}}},
        "choices.quiet_hours.from",
        "8pm",
        "time of day such as 20:00",
    ),
    ({**PARTNERSHIP, "members": ["a", "a"]}, "members", '["a", "a"]', "2 different ones"),
    ({**PARTNERSHIP, "need": None}, "need", "", "name the need, or say in text"),
    ({**PARTNERSHIP, "state": "proposed"}, "state", "proposed", "introduced, active"),
    ({**NEED, "kind": "nead"}, "kind", "nead", "write one of member, contact"),
    ({"id": "x"}, "kind", "", "is missing; write one of"),
]


@pytest.mark.parametrize(("found", "field", "value", "words"), WRONG)
def test_a_wrong_field_is_named_with_its_value_and_what_would_be_right(
    found: dict[str, Any], field: str, value: str, words: str
) -> None:
    shown, message = error_of(found, field)
    assert shown.startswith(value)
    assert words in message
