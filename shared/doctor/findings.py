"""One thing a check has to say, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["good", "odd", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`odd` can be lived with and is not a failure; `wrong` has to be mended."""

    state: State
    about: str
    said: str
    value: str = ""
    fix: str = ""


def good(about: str, said: str, value: object = "") -> Finding:
    return Finding("good", about, said, str(value))


def odd(about: str, said: str, value: object, fix: str) -> Finding:
    return Finding("odd", about, said, str(value), fix)


def wrong(about: str, said: str, value: object, fix: str) -> Finding:
    return Finding("wrong", about, said, str(value), fix)


@dataclass(frozen=True, slots=True)
class Check:
    """A named look at one part of the deployment."""

    name: str
    look: Callable[[Any], Iterator[Finding]]
