"""Loops over pairs compiled to machine code, kept on disk between runs (stages 1 and 4).

Compiled code is kept beside the source, or in NUMBA_CACHE_DIR; where neither can be written to,
every process compiles for itself, which takes it some seconds.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Sums are made in the order written, so that a result is the same to the last bit."""
    return cast("Function", _made(function, fastmath=False))


def compiled_roughly(function: Function) -> Function:
    """For estimates: sums may be made in another order, which is several times as fast."""
    return cast("Function", _made(function, fastmath={"reassoc", "contract", "nsz", "arcp"}))


def _made(function: Callable[..., Any], *, fastmath: bool | set[str]) -> Any:
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # there is no folder that it could keep the code in
        return numba.njit(**options)(function)
