"""How one setting is declared: a dataclass field that carries its own help and limits."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PREFIX = "CONVENE_"
_METADATA_KEY = "convene"


@dataclasses.dataclass(frozen=True, slots=True)
class Declaration:
    """What `setting` was told, as the loader and the documentation read it."""

    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    production_needs_own: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting: its field, its environment name, its type and its limits."""

    field: str
    name: str
    kind: type
    optional: bool
    default: Any
    declaration: Declaration


def setting(
    default: Any,
    *,
    help: str,  # noqa: A002
    secret: bool = False,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    production_needs_own: bool = False,
) -> Any:
    """A dataclass field read from the environment as `CONVENE_` + its name in capitals.

    `production_needs_own` refuses the default when the environment is production: for addresses
    and names that only the coalition can know.
    """
    declaration = Declaration(help, secret, choices, minimum, maximum, production_needs_own)
    return dataclasses.field(default=default, metadata={_METADATA_KEY: declaration})


def declared_settings(cls: type) -> Iterator[Setting]:
    """The settings of a class in the order they were written, inherited ones first."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if _METADATA_KEY not in field.metadata:
            raise TypeError(
                f"{cls.__name__}.{field.name} is not declared with setting(default, help=…): "
                "declare it so, or the configuration page cannot explain it."
            )
        kind, optional = _kind_of(cls, field.name, hints[field.name])
        yield Setting(
            field=field.name,
            name=PREFIX + field.name.upper(),
            kind=kind,
            optional=optional,
            default=field.default,
            declaration=field.metadata[_METADATA_KEY],
        )


def _kind_of(cls: type, field: str, hint: Any) -> tuple[type, bool]:
    options = [hint]
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        options = list(typing.get_args(hint))
    optional = type(None) in options
    kinds = [option for option in options if option is not type(None)]
    kind = tuple if typing.get_origin(kinds[0]) is tuple else kinds[0]
    if len(kinds) != 1 or kind not in (str, int, float, bool, Path, tuple):
        raise TypeError(
            f"{cls.__name__}.{field} has the type {hint}: use str, int, float, bool, Path or "
            "tuple[str, ...], each optionally with None."
        )
    return kind, optional
