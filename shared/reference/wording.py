"""Brings the many ways of writing one place name to a common form."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from shared.reference.place import Kind

_APOSTROPHES = re.compile("['’‘`´ʼ]")
_NOT_WORDS = re.compile(r"[^\w]+|_+")
_JOINS = re.compile(r"\b(?:and|with|upon|under|on|in)\b")

# What may be left off a name, and what it says about the kind of place meant.
_COUNCIL: tuple[Kind, ...] = ("county", "district")
_DISTRICT: tuple[Kind, ...] = ("district",)
_COUNTY: tuple[Kind, ...] = ("county",)
_BEFORE: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("london borough of", _DISTRICT),
    ("royal borough of", _DISTRICT),
    ("metropolitan borough of", _DISTRICT),
    ("county borough of", _DISTRICT),
    ("borough of", _DISTRICT),
    ("borough council of", _DISTRICT),
    ("city and county of", _DISTRICT),
    ("city and district of", _DISTRICT),
    ("city of", _DISTRICT),
    ("district of", _DISTRICT),
    ("county of", _COUNTY),
    ("council of", _COUNCIL),
    ("region of", ("region",)),
)
_AFTER: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("mayoral combined authority", ("combined_authority",)),
    ("combined authority", ("combined_authority",)),
    ("combined county authority", ("combined_authority",)),
    ("metropolitan borough council", _DISTRICT),
    ("metropolitan district council", _DISTRICT),
    ("metropolitan borough", _DISTRICT),
    ("metropolitan district", _DISTRICT),
    ("county borough council", _DISTRICT),
    ("county borough", _DISTRICT),
    ("city and district council", _DISTRICT),
    ("district council", _DISTRICT),
    ("borough council", _DISTRICT),
    ("city council", _DISTRICT),
    ("county council", _COUNTY),
    ("london borough", _DISTRICT),
    ("royal borough", _DISTRICT),
    ("unitary authority", _DISTRICT),
    ("local authority", _COUNCIL),
    ("council area", _COUNCIL),
    ("council", _COUNCIL),
    ("corporation", _COUNCIL),
    ("city of", _DISTRICT),
    ("county of", _DISTRICT),
    ("district", _DISTRICT),
    ("borough", _DISTRICT),
    ("city", _DISTRICT),
    ("county", _COUNTY),
    ("region", ("region",)),
    ("cca", ("combined_authority",)),
    ("mca", ("combined_authority",)),
    ("ca", ("combined_authority",)),
    ("ua", _DISTRICT),
    ("mbc", _DISTRICT),
    ("mdc", _DISTRICT),
)
_TRIMMINGS = frozenset(phrase for phrase, _ in (*_BEFORE, *_AFTER))


@dataclass(frozen=True, slots=True)
class Reading:
    """A name with some of its trimmings left off, and the kinds those trimmings pointed to."""

    key: str
    kinds: tuple[Kind, ...]


def plain(text: str) -> str:
    """Lower case, no accents, no punctuation, `and` for `&`, no leading `the`."""
    decomposed = unicodedata.normalize("NFKD", text.replace("&", " and "))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    words = _NOT_WORDS.sub(" ", _APOSTROPHES.sub("", letters.casefold())).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join("st" if word == "saint" else word for word in words)


def readings(key: str) -> Iterator[Reading]:
    """The plain name as it stands, then with one trimming after another left off."""
    kinds: tuple[Kind, ...] = ()
    yield Reading(key, kinds)
    while (shorter := _without_one(key)) is not None:
        key, found = shorter
        kinds = kinds or found
        yield Reading(key, kinds)


def core(key: str) -> str:
    """The plain name with every trimming left off: `bristol` of `bristol city of`."""
    *_, last = readings(key)
    return last.key


def parts(name: str) -> set[str]:
    """The plain names a double name is made of: Windsor, Maidenhead."""
    pieces: set[str] = set()
    for stretch in name.split(","):
        for piece in _JOINS.split(plain(stretch)):
            trimmed = core(piece.strip())
            if trimmed and trimmed not in _TRIMMINGS:
                pieces.add(trimmed)
    return pieces


def _without_one(key: str) -> tuple[str, tuple[Kind, ...]] | None:
    # The end first: the council of the City of London is not that of London.
    for phrase, kinds in _AFTER:
        if key.endswith(" " + phrase):
            return key[: -len(phrase) - 1], kinds
    for phrase, kinds in _BEFORE:
        if key.startswith(phrase + " "):
            return key[len(phrase) + 1 :].removeprefix("the "), kinds
    return None
