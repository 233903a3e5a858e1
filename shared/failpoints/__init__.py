"""Named places between two durable steps, where a test lets a process die, fail or wait.

The code says `failpoints.reach("relay.published")`. Off, that is a look at this module and a call of
a function that does nothing: some 60 ns, beside steps that take a thousand times as long. `arm` puts
another function in its place. Every place is described in `places.py`; `python -m shared.failpoints
list` prints them.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable

from shared.failpoints.places import PLACES, Place
from shared.failpoints.script import Action, Interrupted, Step, Unreadable, read_script

__all__ = [
    "PLACES",
    "Interrupted",
    "Place",
    "Unreadable",
    "arm",
    "disarm",
    "reach",
    "read_script",
]


def _pass(name: str) -> None:
    del name


reach: Callable[[str], None] = _pass


def arm(script: str | None) -> None:
    """From now on act as `script` says (`place:kill@3,place:raise,place:delay=0.2`); None: off.

    Raises Unreadable, with what is wrong in it.
    """
    global reach  # noqa: PLW0603 - this is the switch, and callers look here each time
    steps = read_script(script or "")
    reach = _Armed(steps) if steps else _pass


def disarm() -> None:
    arm(None)


class _Armed:
    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._reached: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        if name not in PLACES:
            raise KeyError(f"{name} is no failpoint; describe it in shared/failpoints/places.py")
        with self._lock:
            self._reached[name] += 1
            times = self._reached[name]
        for step in self._steps:
            if step.place == name and step.at in (None, times):
                self._act(step)

    @staticmethod
    def _act(step: Step) -> None:
        if step.action is Action.DELAY:
            time.sleep(step.seconds)
        else:
            step.action.strike(step.place)
