"""What a place is, what resolving a text gives, and the two ways it can fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["country", "region", "county", "combined_authority", "district"]

KIND_WORDS: dict[Kind, str] = {
    "country": "country",
    "region": "region",
    "county": "county",
    "combined_authority": "combined authority",
    "district": "district",
}
_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Place:
    """An area of the 2023 hierarchy.

    `parents` are the codes of the areas that contain it, the smallest first, ending with the
    United Kingdom. Latitude and longitude (degrees, WGS84) are the mean of its postcodes: where
    people are, not the middle of the map.
    """

    code: str
    name: str
    kind: Kind
    parents: tuple[str, ...]
    latitude: float
    longitude: float

    @property
    def described(self) -> str:
        """As shown to a person: `Tendring (district, E07000076)`."""
        return f"{self.name} ({KIND_WORDS[self.kind]}, {self.code})"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The place a text was taken for; `how` is a sentence to show to whoever wrote the text."""

    code: str
    name: str
    kind: Kind
    how: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing an ambiguous text can mean; several codes where no single one covers it."""

    codes: tuple[str, ...]
    words: str

    @property
    def value(self) -> str:
        """What to write instead: the code, or the codes in the form a cell of a sheet takes."""
        return ";".join(self.codes)


class PlaceError(LookupError):
    """A text or code from which no place can be taken; the message says what to do."""


class UnknownPlace(PlaceError):
    """No place goes by this text; `suggestions` are the closest ones, described."""

    def __init__(self, text: str, suggestions: Sequence[str] = (), reason: str = "") -> None:
        self.text = text
        self.suggestions = tuple(suggestions)
        said = reason or f"No place is known as {quoted(text)}."
        if self.suggestions:
            said += f" Did you mean {_either(self.suggestions)}?"
        advice = "Write the name of a council area, county, region or country, an ONS code, "
        super().__init__(f"{said} {advice}or a postcode.")


class AmbiguousPlace(PlaceError):
    """The text fits more than one place, and guessing could send help to the wrong one."""

    def __init__(self, text: str, candidates: Sequence[Candidate]) -> None:
        self.text = text
        self.candidates = tuple(candidates)
        fits = len(self.candidates)
        said = "can mean more than one place" if fits > 1 else "has no single code"
        listed = _either([f"{each.value} for {each.words}" for each in self.candidates])
        super().__init__(f"{quoted(text)} {said}. Write {listed}.")


def quoted(text: str) -> str:
    """The text in quotation marks, short and without control characters, fit for a message."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    clean = " ".join(clean[: _LONGEST_QUOTE * 4].split())
    if len(clean) > _LONGEST_QUOTE:
        clean = clean[: _LONGEST_QUOTE - 1] + "…"
    return f"“{clean}”"


def _either(choices: Sequence[str]) -> str:
    if len(choices) == 1:
        return choices[0]
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
