"""Reads declared settings from an environment, or says what is wrong with it, all at once.

`NAME_FILE` gives the path of a file that holds the value (container secrets); setting both
`NAME` and `NAME_FILE` is refused, because which one wins is a guess nobody should have to make.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from environs import Env, EnvError

from shared.settings.common import Settings
from shared.settings.fields import Setting, declared_settings

_SettingsT = TypeVar("_SettingsT", bound=Settings)
_WORDS = {int: "a whole number", float: "a number", bool: "true or false"}


class SettingsRefused(Exception):
    """The environment cannot be used; each line names a setting, its value and the fix."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(["Convene cannot start with these settings:", *faults]))


class _GivenEnvironment(Env):  # type: ignore[misc,unused-ignore]
    """environs over a mapping that is handed in, never over the process's own environment."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        self._given = values

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key, default)


def load_settings(cls: type[_SettingsT], environ: Mapping[str, str]) -> _SettingsT:
    """The settings of `cls` as `environ` gives them; raises SettingsRefused."""
    faults: list[str] = []
    values: dict[str, Any] = {}
    for declared in declared_settings(cls):
        try:
            raw = _raw_value(declared, environ)
            if raw is not None:
                values[declared.field] = _parsed(declared, raw)
        except _Fault as fault:
            faults.append(f"  {fault}")
    if not faults:
        settings = cls(**values)
        faults = [f"  {fault}" for fault in settings.faults()]
        if not faults:
            return settings
    raise SettingsRefused(faults)


class _Fault(Exception):
    """One setting's fault, as the sentence that is shown."""


def _raw_value(declared: Setting, environ: Mapping[str, str]) -> str | None:
    """The text of a setting, or None where it is unset. An empty value counts as unset."""
    direct = environ.get(declared.name, "")
    file_name = environ.get(f"{declared.name}_FILE", "")
    if direct and file_name:
        raise _Fault(
            f"{declared.name} and {declared.name}_FILE are both set. Unset one of the two."
        )
    if not file_name:
        return direct or None
    try:
        content = Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _Fault(
            f"{declared.name}_FILE names '{file_name}', which cannot be read "
            f"({type(error).__name__}). Give the path of a readable text file."
        ) from error
    if not content:
        raise _Fault(
            f"{declared.name}_FILE names '{file_name}', which is empty. "
            f"Write the value into it, or unset {declared.name}_FILE."
        )
    return content


def _parsed(declared: Setting, raw: str) -> Any:
    environment = _GivenEnvironment({declared.name: raw})
    try:
        if declared.kind is tuple:
            return tuple(item.strip() for item in raw.split(",") if item.strip())
        parsers = {int: "int", float: "float", bool: "bool", Path: "path", str: "str"}
        value = getattr(environment, parsers[declared.kind])(declared.name)
    except (EnvError, ValueError, OverflowError) as error:
        raise _Fault(_refusal(declared, raw, f"is not {_WORDS[declared.kind]}")) from error
    _check_limits(declared, raw, value)
    return value


def _check_limits(declared: Setting, raw: str, value: Any) -> None:
    limits = declared.declaration
    if limits.choices and value not in limits.choices:
        raise _Fault(_refusal(declared, raw, f"is not one of {', '.join(limits.choices)}"))
    if declared.kind is float and not math.isfinite(value):
        raise _Fault(_refusal(declared, raw, "is not a finite number"))
    if limits.minimum is not None and value < limits.minimum:
        raise _Fault(_refusal(declared, raw, f"is below the least allowed, {limits.minimum:g}"))
    if limits.maximum is not None and value > limits.maximum:
        raise _Fault(_refusal(declared, raw, f"is above the most allowed, {limits.maximum:g}"))


def _refusal(declared: Setting, raw: str, why: str) -> str:
    shown = "a value (not shown, it is secret)" if declared.declaration.secret else f"'{raw}'"
    fix = f"Set {declared.name} to {_WORDS.get(declared.kind, 'an allowed value')}"
    if declared.declaration.choices:
        fix = f"Set {declared.name} to one of these"
    return f"{declared.name} has {shown}, which {why}. {fix}, or unset it for {declared.default!r}."
