"""Values that are looked up: terms of a vocabulary, goals and places.

A goal may be a number or a title, a place a code, a name or a postcode, a word its label.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError, fields

from shared.contracts.coalition.values import MAX_LIST_ENTRIES, ManyOf, TextValue
from shared.reference.goals import UnknownGoal, framework
from shared.reference.place import PlaceError, Resolution
from shared.reference.places import Places
from shared.reference.vocabulary import UnknownTerm, Vocabulary


class Word(TextValue):
    """A term of a vocabulary, by its id or label."""

    def __init__(self, vocabulary: Vocabulary, **kwargs: Any) -> None:
        super().__init__(f"one of {', '.join(vocabulary.ids)}", **kwargs)
        self.vocabulary = vocabulary

    def taken(self, text: str) -> str:
        try:
            return self.vocabulary.parse(text)
        except UnknownTerm as error:
            raise ValidationError(str(error)) from None


class GoalValue(fields.Integer):
    """A goal of the default framework by its number or title."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        del attr, data, kwargs
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValidationError("must be the number or title of a goal, such as 1")
        try:
            return framework().find(value).number
        except UnknownGoal as error:
            raise ValidationError(str(error)) from None


class PlaceValue(TextValue):
    """A place by its ONS code, name or postcode; kept as the code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("an ONS code, a name or a postcode", **kwargs)

    def taken(self, text: str) -> str:
        found = resolved(text)
        if isinstance(found, str):
            raise ValidationError(found)
        return found.code


@lru_cache(maxsize=10_000)
def resolved(text: str) -> Resolution | str:
    """The place, or the sentence that says why there is none; the same names come again."""
    try:
        return Places.load().resolve(text)
    except PlaceError as error:
        return str(error)


class PlacesValue(ManyOf):
    """Places; one entry may be several codes parted by `;`, as the resolver suggests them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(PlaceValue(), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_LIST_ENTRIES:
            return super()._deserialize(value, attr, data, **kwargs)
        codes: dict[str, None] = {}
        errors: dict[int, Any] = {}
        for i, entry in enumerate(value):
            try:
                codes.update((self.inner.deserialize(text), None) for text in place_texts(entry))
            except ValidationError as error:
                errors[i] = error.messages
        if errors:
            raise ValidationError(dict(errors))
        return list(codes)


def place_texts(entry: Any) -> list[Any]:
    """One entry of a list of places as the texts it holds."""
    if isinstance(entry, str) and ";" in entry:
        return [part.strip() for part in entry.split(";") if part.strip()]
    return [entry]
