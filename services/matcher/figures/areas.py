"""Which districts of 2023 a line of a publication is about, by code of another year or by name."""

import re

from shared.reference.place import AmbiguousPlace, PlaceError
from shared.reference.places import Places

_ADDED = re.compile(r"\s+(cc|mainland|islands)$", re.IGNORECASE)
"""What the Social Mobility Commission adds to a county's or an island council's name."""


class NotAnArea(ValueError):
    """No district of 2023 goes by this code or name; the message says what would be right."""


def districts_of_code(places: Places, code: str) -> frozenset[str]:
    """The district of 2023 that a district's code of any year stands for or has become part of."""
    try:
        found = places.edition_of_2023(code.upper())
    except PlaceError as error:
        raise NotAnArea(str(error)) from error
    if places.get(found).kind != "district":
        raise NotAnArea(f"{places.get(found).described} is no district; write a district's code.")
    return frozenset({found})


def districts_of_area(places: Places, name: str) -> frozenset[str]:
    """Districts of an area of the Commission: a council of the upper tier, or two together."""
    for part in (name, _ADDED.sub("", name)):
        codes = _named(places, part)
        if codes:
            return _covered(places, codes)
    halves = [_named(places, half) for half in name.split(" and ")]
    if len(halves) == 2 and all(halves):
        return _covered(places, [code for half in halves for code in half])
    raise NotAnArea(
        f"“{name[:60]}” is no council of the United Kingdom; write it as the Commission does."
    )


def _named(places: Places, name: str) -> list[str]:
    """A county before its everyday meaning: “Essex” is the county council's area here."""
    wanted = name.casefold()
    exact = [one.code for one in places.all() if one.name.casefold() == wanted]
    if len(exact) == 1:
        return exact
    try:
        return [places.resolve(name).code]
    except AmbiguousPlace as error:
        return list(error.candidates[0].codes) if len(error.candidates) == 1 else []
    except PlaceError:
        return []


def _covered(places: Places, codes: list[str]) -> frozenset[str]:
    return frozenset(district for code in codes for district in places.districts_of(code))
