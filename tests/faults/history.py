"""What happened in a run, told by those outside: clients, readers of the bus, the mail server.

The checker reads nothing else. Records stand in the order in which they were noted: an intent is
noted before it is sent, an answer after it came, so whatever lies between is in doubt.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

PUT, ERASE = "put", "erase"


@dataclass(frozen=True, slots=True)
class Asked:
    """A client is about to ask for a change. Repetitions of one change share its `change`."""

    change: str
    what: str
    id: str
    how: str = PUT


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a change; there is none where the connection broke."""

    change: str
    status: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as a reader of the bus got it; `raw` is all that travelled. Of a `compacted` topic
    older ones may be gone.
    """

    reader: str
    event_id: str
    what: str
    id: str
    sequence: int
    raw: str = ""
    compacted: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """A consumer has taken an event into its own state, in this order."""

    consumer: str
    what: str
    id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Mailed:
    """The mail server has accepted a message for a reader. `match_id` where it is about one."""

    message_id: str
    to: str
    match_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Doubted:
    """We made it unknown whether the server has this message: once more is allowed for it."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing of which there may be one for each key, as the service that owns it has it."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Private:
    """How a person of a party can be reached: nobody else's before every yes. Noted first."""

    match_id: str
    member_id: str
    secret: str
    address: str
    """Whose own mail may hold it."""


@dataclass(frozen=True, slots=True)
class Yes:
    """A party is about to say yes; with its last one contacts may pass."""

    match_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """At rest, the owner has it in this version (an answer: 1)."""

    what: str
    id: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """At rest, a projection of it stands at this version."""

    reader: str
    what: str
    id: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Balanced:
    """At rest, accepted less (done + parked + in flight) of one book of a service."""

    service: str
    book: str
    difference: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """A process was ready again so long after it was killed; None where it never was."""

    process: str
    seconds: float | None
    at_most_seconds: float | None = None


Entry = (
    Asked
    | Told
    | Seen
    | Applied
    | Mailed
    | Doubted
    | Effect
    | Private
    | Yes
    | Kept
    | Known
    | Balanced
    | Recovered
)
E = TypeVar(
    "E",
    Asked,
    Told,
    Seen,
    Applied,
    Mailed,
    Doubted,
    Effect,
    Private,
    Yes,
    Kept,
    Known,
    Balanced,
    Recovered,
)


class History:
    """Grows only; clients of several threads note into one."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = list(entries)
        self._lock = threading.Lock()

    def note(self, *entries: Entry) -> None:
        with self._lock:
            self._entries += entries

    def of(self, kind: type[E]) -> list[E]:
        return [entry for entry in self if isinstance(entry, kind)]

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
