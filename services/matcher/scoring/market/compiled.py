"""Loops over pairs compiled to machine code, kept on disk between runs (stages 1 and 4).

Nothing is compiled or written before the first use; `first_use` makes that happen at set-up. Compiled
code is kept beside the source, or in NUMBA_CACHE_DIR; where neither can be written to, every process
compiles for itself, which takes it half a minute.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_made: list[Any] = []


def compiled(function: Function) -> Function:
    """Sums are made in the order written, so that a result is the same to the last bit."""
    return cast("Function", _one(function, fastmath=False))


def compiled_roughly(function: Function) -> Function:
    """For estimates: sums may be made in another order, which is several times as fast."""
    return cast("Function", _one(function, fastmath={"reassoc", "contract", "nsz", "arcp"}))


@lru_cache(maxsize=1)
def keep_compiled() -> bool:
    """Have everything kept that is compiled from now on; False where there is no place for it.

    Call it before anything is computed.
    """
    try:
        for one in _made:
            one.enable_caching()
    except RuntimeError:
        return False
    return True


def freshly_compiled() -> int:
    """How often this process had to compile, because nothing fitting was kept."""
    return sum(sum(one.stats.cache_misses.values()) for one in _made)


def _one(function: Callable[..., Any], *, fastmath: bool | set[str]) -> Any:
    made = numba.njit(nogil=True, fastmath=fastmath, error_model="numpy")(function)
    _made.append(made)
    return made
