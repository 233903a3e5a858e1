"""Objects and lists of an event's data, their rules, and the fast path through them.

A `Shape` is a marshmallow schema that tolerates unknown fields and fills in defaults. Most
events are already whole and right, and marshmallow takes 25 to 300 microseconds to find that
out; `Shape.accepts` asks the same fields directly and answers only "certainly right". Whatever
it does not wave through goes to marshmallow, whose verdict and words count.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from marshmallow import INCLUDE, Schema, ValidationError, fields, validates_schema

from shared.contracts.fields import MAX_ITEMS, ContractField

Rule = Callable[[Mapping[str, Any]], "str | None"]


class Shape(Schema):
    """One object. `rules` are checks across fields; each answers what is wrong, or None."""

    rules: ClassVar[tuple[Rule, ...]] = ()

    class Meta:
        unknown = INCLUDE

    @validates_schema(skip_on_field_errors=True)
    def check_rules(self, data: Mapping[str, Any], **_: Any) -> None:
        for rule in self.rules:
            if message := rule(data):
                raise ValidationError(message)

    @classmethod
    def accepts(cls, data: Any, strict: bool) -> bool:
        """Whether the object is whole and right; with `strict`, without unknown fields too."""
        rows = _rows(cls)
        if type(data) is not dict or (strict and len(data) != len(rows)):
            return False
        for name, nullable, refuses in rows:
            value = data.get(name, _ABSENT)
            if value is None:
                if not nullable:
                    return False
            elif value is _ABSENT or refuses(value, strict):
                return False
        return not any(rule(data) for rule in cls.rules)

    def unknown_fields(self, data: Mapping[str, Any], path: str = "") -> list[str]:
        """Dotted names of fields that the shape does not know, at any depth."""
        found = [f"{path}{name}" for name in data if name not in self.fields]
        for name, entry in self.fields.items():
            for where, part in _parts_of(entry, data.get(name), f"{path}{name}"):
                found.extend(part[0].unknown_fields(part[1], f"{where}."))
        return found


class Part(fields.Nested):
    """An object inside an object."""

    def __init__(self, shape: type[Shape], **kwargs: Any) -> None:
        super().__init__(shape, **kwargs)
        self.shape = shape

    def refuses(self, value: Any, strict: bool) -> bool:
        return not self.shape.accepts(value, strict)


class Many(fields.List[Any]):
    """A list; a tuple is taken for one when an event is made, an object never is."""

    def __init__(
        self,
        item: ContractField | Part,
        *,
        at_least: int = 0,
        at_most: int = MAX_ITEMS,
        **kwargs: Any,
    ) -> None:
        super().__init__(item, **kwargs)
        self.item = item
        self.at_least = at_least
        self.at_most = at_most

    def refuses(self, value: Any, strict: bool) -> bool:
        if type(value) is not list or not self.at_least <= len(value) <= self.at_most:
            return True
        refuses = self.item.refuses
        return any(entry is None or refuses(entry, strict) for entry in value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValidationError("must be a list")
        if not self.at_least <= len(value) <= self.at_most:
            raise ValidationError(
                f"must have {self.at_least} to {self.at_most} entries, has {len(value)}"
            )
        return super()._deserialize(value, attr, data, **kwargs)


_ABSENT = object()


@cache
def _rows(shape: type[Shape]) -> tuple[tuple[str, bool, Callable[[Any, bool], bool]], ...]:
    return tuple(
        (name, entry.allow_none, entry.refuses)  # type: ignore[attr-defined]
        for name, entry in shape().fields.items()
    )


def _parts_of(
    entry: fields.Field[Any], value: Any, path: str
) -> list[tuple[str, tuple[Shape, Mapping[str, Any]]]]:
    """The objects below one field, each with its shape and dotted path."""
    if isinstance(entry, Part) and isinstance(value, Mapping):
        return [(path, (entry.shape(), value))]
    if isinstance(entry, Many) and isinstance(entry.item, Part) and isinstance(value, list):
        shape = entry.item.shape()
        return [(f"{path}[{i}]", (shape, part)) for i, part in enumerate(value)]
    return []
