"""The plain kinds of value a line may hold; every refusal says what would be right."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email
from marshmallow import Schema, ValidationError, fields

MAX_LIST_ENTRIES = 1_000
MAX_AMOUNT = 1_000_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,119}", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_WEB = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_BARE_WEB = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?", re.IGNORECASE)


def said(right: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Every field names what would be right when it is missing too."""
    messages = {"required": f"is missing; give {right}", "null": f"is missing; give {right}"}
    return {**kwargs, "error_messages": messages}


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class TextValue(fields.String):
    """Words; outer spaces do not count. `takes_numbers`: 62.1 is taken as "62.1"; `one_line`:
    line breaks become spaces.
    """

    def __init__(
        self,
        right: str = "a text",
        *,
        max_chars: int = 2_000,
        takes_numbers: bool = False,
        one_line: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**said(right, kwargs))
        self.right = right
        self.max_chars = max_chars
        self.takes_numbers = takes_numbers
        self.one_line = one_line

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        del attr, data, kwargs
        if self.takes_numbers and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValidationError(f"must be a text: {self.right}")
        text = " ".join(value.split()) if self.one_line else _line_ends(value).strip()
        if len(text) > self.max_chars:
            raise ValidationError(
                f"has {len(text):,} characters; shorten it to {self.max_chars:,} or fewer"
            )
        if "\x00" in text:
            raise ValidationError("holds the character NUL; remove it")
        if self.required and not text:
            raise ValidationError(f"is empty; give {self.right}")
        return self.taken(text)

    def taken(self, text: str) -> str:
        """What the text stands for; raises ValidationError."""
        return text


class IdValue(TextValue):
    """An id that can stand in an address of the web."""

    def __init__(self, right: str = "an id such as tendring-reading", **kwargs: Any) -> None:
        super().__init__(right, max_chars=120, **kwargs)

    def taken(self, text: str) -> str:
        if not _ID.fullmatch(text):
            raise ValidationError(
                f"is no id; write {self.right}: letters, digits, and . _ : - inside"
            )
        return text


class CodeValue(TextValue):
    """A reason in one word: `live_tender`. Written with spaces it is taken all the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("a code such as live_tender", max_chars=64, **kwargs)

    def taken(self, text: str) -> str:
        code = re.sub(r"[\s-]+", "_", text.lower())
        if not _CODE.fullmatch(code):
            raise ValidationError(f"is no code; write {self.right}")
        return code


class OneOf(TextValue):
    """One of a few fixed words."""

    def __init__(self, *allowed: str, **kwargs: Any) -> None:
        super().__init__(f"one of {', '.join(allowed)}", **kwargs)
        self.allowed = allowed

    def taken(self, text: str) -> str:
        code = re.sub(r"[\s-]+", "_", text.lower())
        if code not in self.allowed:
            raise ValidationError(f"must be {self.right}")
        return code


class DayValue(TextValue):
    """A date, kept as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("a date such as 2027-03-31", **kwargs)

    def taken(self, text: str) -> str:
        try:
            return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
        except ValueError:
            raise ValidationError(f"is no date; write {self.right}") from None


class ClockValue(TextValue):
    """A time of day, kept as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("a time of day such as 20:00", **kwargs)

    def taken(self, text: str) -> str:
        if not _CLOCK.fullmatch(text):
            raise ValidationError(f"is no time of day; write {self.right}")
        return text


class EmailValue(TextValue):
    """An address that mail can be sent to; the domain is not looked up."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("an email address such as name@council.example", **kwargs)

    def taken(self, text: str) -> str:
        try:
            checked = validate_email(text, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ValidationError(f"is no email address ({error}); write {self.right}") from None
        return checked.normalized


class WebValue(TextValue):
    """An http(s) address; a bare host name gets its https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("a web address such as https://www.essex.example", **kwargs)

    def taken(self, text: str) -> str:
        if not text or _WEB.fullmatch(text):
            return text
        if _BARE_WEB.fullmatch(text):
            return f"https://{text}"
        raise ValidationError(f"is no web address; write {self.right}")


class CountValue(fields.Integer):
    """A whole number within bounds; "5", 5.5 and true are none."""

    def __init__(self, *, at_least: int = 0, **kwargs: Any) -> None:
        self.right = f"a whole number from {at_least} to {MAX_AMOUNT:,}"
        super().__init__(**said(self.right, kwargs))
        self.at_least = at_least

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        del attr, data, kwargs
        if type(value) is int and self.at_least <= value <= MAX_AMOUNT:
            return value
        raise ValidationError(f"must be {self.right}, without quotation marks")


class FlagValue(fields.Boolean):
    """true or false."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        del attr, data, kwargs
        if isinstance(value, bool):
            return value
        raise ValidationError("must be true or false, without quotation marks")


class ManyOf(fields.List[Any]):
    """A list without repeats, in the order given."""

    def __init__(self, item: fields.Field[Any], *, at_least: int = 0, **kwargs: Any) -> None:
        super().__init__(item, **said(f"a list of at least {at_least}", kwargs))
        self.at_least = at_least
        self.hashable = not isinstance(item, fields.Nested)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("must be a list; write it in square brackets")
        if len(value) > MAX_LIST_ENTRIES:
            raise ValidationError(
                f"has {len(value):,} entries; name at most {MAX_LIST_ENTRIES:,}, or a wider one"
            )
        found = super()._deserialize(value, attr, data, **kwargs)
        unique = list(dict.fromkeys(found)) if self.hashable else found
        if len(unique) < self.at_least:
            raise ValidationError(f"must name at least {self.at_least} different ones")
        return unique


class TextMap(fields.Dict):
    """A map of names to short texts; a number is taken as its digits."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        del attr, data, kwargs
        if not isinstance(value, dict) or len(value) > 100:
            raise ValidationError(
                'must be an object such as {"gss": "E10000012"}, in a sheet a column identifiers.gss'
            )
        kept: dict[str, str] = {}
        for name, entry in value.items():
            if isinstance(entry, bool) or not isinstance(entry, int | str):
                raise ValidationError({name: ["must be a text"]})
            scheme, text = name.strip(), str(entry).strip()
            if not 0 < len(text) <= 200 or not 0 < len(scheme) <= 64 or "\x00" in scheme + text:
                raise ValidationError({name: ["must have 1 to 200 characters, its name 1 to 64"]})
            kept[scheme] = text
        return dict(sorted(kept.items()))


class Inner(fields.Nested):
    """An object inside a line; its unknown fields are refused by name too."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)
