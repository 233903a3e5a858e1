"""The fates of a message, as a tree: what failed decides what happens next.

handled              effect, position and outbox committed
duplicate            seen before: position committed, counted
skipped              a type nobody here knows or wants: position committed, counted
Poison               cannot be decoded or breaks its schema: parked at once
behind               an earlier record of its key is parked: parked too, in order
Transient            database locked, broker away: nothing committed, backoff, order kept
anything else        a bug: a few tries, then parked
ParkLimitReached     too much parked: stop the process, so a bad deploy cannot park everything
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.bus.errors import BusUnavailable
from shared.storage.errors import Busy, StorageUnavailable

TRIES_OF_A_BUG = 3
_SQLITE_ERROR = 1


class Fate(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    PARKED = "parked"
    BEHIND = "parked_behind"


class Poison(Exception):
    """The record can never be handled as it is; it is parked with this reason."""


class Transient(Exception):
    """Something outside is away or busy; the same record is tried again later."""


class ParkLimitReached(Exception):
    """So many records were parked that the fault is more likely here than in them."""


@dataclass(frozen=True, slots=True)
class ParkLimits:
    """`in_a_row` records parked one after another, or `share` of the last `window`."""

    in_a_row: int = 50
    share: float = 0.10
    window: int = 500


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later. Inside a transaction the driver's own errors
    arrive untranslated: locks, deadlocks and lost connections are operational there.
    """
    if isinstance(error, OperationalError):
        return not _is_wrong_statement(error)
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, Transient | Busy | StorageUnavailable | BusUnavailable | PoolTimeout)


def _is_wrong_statement(error: OperationalError) -> bool:
    """SQLite calls a missing table operational too; no time heals that. (A savepoint is missing
    when a full disk has undone the whole transaction.)
    """
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == _SQLITE_ERROR and "savepoint" not in str(error.orig)


class ParkGauge:
    """Counts fates and says when to stop."""

    def __init__(self, limits: ParkLimits) -> None:
        self._limits = limits
        self._recent: list[bool] = []
        self._row = 0

    def record(self, fate: Fate) -> None:
        """Raises `ParkLimitReached` when this one was one too many.

        Only what was tried counts: records that were skipped, seen before or parked behind another
        say nothing about whether we can handle any.
        """
        if fate not in (Fate.HANDLED, Fate.PARKED):
            return
        parked = fate is Fate.PARKED
        self._recent.append(parked)
        if len(self._recent) > self._limits.window:
            del self._recent[0]
        self._row = self._row + 1 if parked else 0
        if self._row >= self._limits.in_a_row:
            raise ParkLimitReached(
                f"{self._row} records in a row were parked; read them with `parked list`, mend the "
                "cause and start the worker again"
            )
        full = len(self._recent) == self._limits.window
        if full and sum(self._recent) > self._limits.share * self._limits.window:
            raise ParkLimitReached(
                f"{sum(self._recent)} of the last {self._limits.window} records were parked; read "
                "them with `parked list`, mend the cause and start the worker again"
            )
