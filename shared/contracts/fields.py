"""The kinds of value an event may hold, each said once.

Every field answers three questions from one place: is this value right (`problem`), may the
fast path wave it through (`refuses`), and how is it written in JSON Schema (`json_schema`).
Values stay as JSON has them: a time is a string, so that an event means the same to a
consumer of any language.
"""

import math
import re
from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields

MAX_TITLE_CHARS = 200
MAX_TEXT_CHARS = 20_000
MAX_ID_CHARS = 200
MAX_ITEMS = 1_000
MAX_WHOLE = 2**53 - 1

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ID = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?")
_PLACE = re.compile(r"[A-Z][0-9]{8}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


class ContractField(fields.Field[Any], metaclass=ABCMeta):
    """A value checked as it stands and never converted."""

    @abstractmethod
    def problem(self, value: Any) -> str | None:
        """What is wrong with the value and what would be right, or None."""

    def refuses(self, value: Any, strict: bool) -> bool:
        """The fast path's question; True sends the value to marshmallow for the words.

        `strict` matters to fields that hold objects: then unknown fields are refused too.
        """
        del strict
        return self.problem(value) is not None

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """The same check in JSON Schema 2020-12."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        del attr, data, kwargs
        if message := self.problem(value):
            raise ValidationError(message)
        return value


class Text(ContractField):
    """Words written by a person. No NUL: PostgreSQL cannot keep one."""

    def __init__(
        self, *, max_chars: int = MAX_TEXT_CHARS, min_chars: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_chars = max_chars
        self.min_chars = min_chars

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a text"
        if not self.min_chars <= len(value) <= self.max_chars:
            return f"must have {self.min_chars} to {self.max_chars} characters, has {len(value)}"
        return "must not hold the character NUL" if "\x00" in value else None

    def json_schema(self) -> dict[str, Any]:
        lowest = {"minLength": self.min_chars} if self.min_chars else {}
        return {"type": "string", **lowest, "maxLength": self.max_chars}


class Title(Text):
    """A text of one line that must say something."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_chars=MAX_TITLE_CHARS, min_chars=1, **kwargs)


class Id(ContractField):
    """An opaque identifier: at most 200 characters, no control characters, no outer spaces."""

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and _ID.fullmatch(value):
            return None
        return "must be an identifier of 1 to 200 characters without outer spaces"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": MAX_ID_CHARS}


class Code(ContractField):
    """A word from a vocabulary that may grow: any lower-case word is well formed.

    The registry knows the vocabulary and refuses unknown words at the door; on the bus a new
    word must not park the events of a producer that is one release ahead.
    """

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and _CODE.fullmatch(value):
            return None
        return "must be a code: lower-case letters, digits and underscores"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_CODE.pattern}$"}


class Choice(ContractField):
    """One of a closed list, because consumers decide by it."""

    def __init__(self, *values: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.values = values
        self._known = frozenset(values)

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and value in self._known:
            return None
        return f"must be one of {', '.join(self.values)}"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.values)}


class Place(ContractField):
    """An ONS code such as E07000076."""

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and _PLACE.fullmatch(value):
            return None
        return "must be an ONS code such as E07000076"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_PLACE.pattern}$"}


class Whole(ContractField):
    """A whole number that every JSON reader keeps exactly; true and 1.0 are not numbers here."""

    def __init__(self, *, at_least: int = 0, at_most: int = MAX_WHOLE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_least = at_least
        self.at_most = at_most

    def problem(self, value: Any) -> str | None:
        if type(value) is int and self.at_least <= value <= self.at_most:
            return None
        return f"must be a whole number from {self.at_least} to {self.at_most}"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.at_least, "maximum": self.at_most}


class Number(ContractField):
    """A finite number."""

    def problem(self, value: Any) -> str | None:
        if type(value) is float and math.isfinite(value):
            return None
        if type(value) is int and abs(value) <= MAX_WHOLE:
            return None
        return "must be a finite number"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Flag(ContractField):
    """true or false, and nothing that looks like it."""

    def problem(self, value: Any) -> str | None:
        return None if value is True or value is False else "must be true or false"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Moment(ContractField):
    """A point in time as RFC 3339 writes it, with its offset."""

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and _MOMENT.fullmatch(value) and _is_moment(value):
            return None
        return "must be a time with offset such as 2026-11-23T15:00:00Z"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": f"^{_MOMENT.pattern}$"}


class Day(ContractField):
    """A date without a time; the last day counts."""

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and _DAY.fullmatch(value) and _is_day(value):
            return None
        return "must be a date such as 2026-11-23"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}


class Texts(ContractField):
    """A small map of text to text, such as official identifiers by their scheme."""

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, dict) or len(value) > MAX_ITEMS:
            return "must be an object of texts"
        for key, entry in value.items():
            if not isinstance(key, str) or not isinstance(entry, str):
                return "must hold texts only"
            if "\x00" in key or "\x00" in entry or len(entry) > MAX_ID_CHARS:
                return f"must hold texts of at most {MAX_ID_CHARS} characters"
        return None

    def json_schema(self) -> dict[str, Any]:
        values = {"type": "string", "maxLength": MAX_ID_CHARS}
        return {"type": "object", "additionalProperties": values, "maxProperties": MAX_ITEMS}


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value).utctimetuple()
    except (ValueError, OverflowError):
        return False
    return True


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
