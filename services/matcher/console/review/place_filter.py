"""What was typed for a place: what it is taken for, or what it could mean, to choose from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.matcher.console.words import listed
from shared.reference.places import (
    AmbiguousPlace,
    PlaceError,
    Places,
    Resolution,
    UnknownPlace,
)

_CODE = re.compile(r"\b[A-Z][0-9]{8}\b")
_MOST_CODES = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the text can mean; `value` is what to send instead of it."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class TakenPlace:
    """Nothing is taken where `fault` says why; `choices` are then what it could mean."""

    places: Sequence[Resolution] = ()
    fault: str = ""
    choices: Sequence[Choice] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(one.code for one in self.places)

    @property
    def name(self) -> str:
        return listed([one.name for one in self.places])

    @property
    def how(self) -> str:
        """How a postcode or a name was read; nothing where the name itself was typed."""
        return self.places[0].how if len(self.places) == 1 else ""


NOWHERE = TakenPlace()


def read_place(text: str) -> TakenPlace:
    """A name, a code, a postcode, or several codes with `;` between them."""
    if not text:
        return NOWHERE
    parts = [one.strip() for one in text.split(";") if one.strip()] or [text]
    try:
        return TakenPlace([Places.load().resolve(one) for one in parts[:_MOST_CODES]])
    except AmbiguousPlace as error:
        meant = [Choice(one.value, one.words) for one in error.candidates]
        asked = "Which one do you mean?" if len(meant) > 1 else "Do you mean this?"
        said = str(error).partition(" Write ")[0]
        return TakenPlace(fault=f"{said} {asked}", choices=meant)
    except UnknownPlace as error:
        return TakenPlace(fault=str(error), choices=_suggested(error.suggestions))
    except PlaceError as error:
        return TakenPlace(fault=str(error))


def _suggested(described: Sequence[str]) -> list[Choice]:
    """From `Tendring (district, E07000076)`."""
    found = ((one, _CODE.search(one)) for one in described)
    return [Choice(code[0], one) for one, code in found if code is not None]
