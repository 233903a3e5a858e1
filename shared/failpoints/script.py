"""What CONVENE_FAILPOINTS may say: `place:action[@n]`, several with commas.

`kill` ends the process with SIGKILL, `raise` raises what no handler of ours catches, `delay=SECONDS`
waits. `@n`: only the n-th time the place is reached; without it `kill` and `raise` act the first
time and `delay` every time.
"""

import os
import re
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from shared.failpoints.places import PLACES

_STEP = re.compile(
    r"(?P<place>[a-z_.]+):(?P<action>kill|raise|delay=(?P<seconds>[\d.]+))(@(?P<at>\d+))?"
)


class Unreadable(ValueError):
    """The script names no such place, or asks for what cannot be done there."""


class Interrupted(BaseException):
    """Stands for the death of the process at a failpoint: nothing catches it, as nothing outlives that."""


class Action(StrEnum):
    KILL = "kill"
    RAISE = "raise"
    DELAY = "delay"

    def strike(self, place: str) -> NoReturn:
        if self is Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()  # the signal is on its way
        raise Interrupted(place)


@dataclass(frozen=True, slots=True)
class Step:
    place: str
    action: Action
    at: int | None
    seconds: float = 0.0


def read_script(script: str) -> list[Step]:
    """The steps of a script; raises Unreadable, with the part that is wrong and what would be right."""
    return [_read_step(part.strip()) for part in script.split(",") if part.strip()]


def _read_step(part: str) -> Step:
    found = _STEP.fullmatch(part)
    if found is None:
        raise Unreadable(
            f"'{part}' is no step; write place:kill, place:raise or place:delay=0.2, with @3 "
            "behind it for the third time only"
        )
    if found["place"] not in PLACES:
        raise Unreadable(
            f"'{found['place']}' is no failpoint; `python -m shared.failpoints list` names them"
        )
    action = Action(found["action"].partition("=")[0])
    at = int(found["at"]) if found["at"] else None
    if action is not Action.DELAY:
        at = at or 1
    try:
        return Step(found["place"], action, at, float(found["seconds"] or 0.0))
    except ValueError as error:
        raise Unreadable(f"'{found['seconds']}' in '{part}' is no number of seconds") from error
