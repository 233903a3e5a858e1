"""kill −9 of any process, alone and several at once, while clients write; the broker held still."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from tests.faults.history import History, Recovered
from tests.faults.load import Crowd, bus_reader, until
from tests.faults.rows.reached import Reached
from tests.faults.rows.rest import (
    PROCESSES,
    REST_SECONDS,
    TOPICS,
    come_to_rest,
    crowd_of,
    finish,
    hold_still,
)
from tests.flow.real_processes import RealProcesses


@dataclass
class Plan:
    """`kills` in all; between two of them the writers get at least `writes` answers."""

    seed: int
    kills: int
    writes: int = 15
    broker_away_seconds: float = 0.0
    stop_after_seconds: float = 3_600.0


def kills_under_writes(house: RealProcesses, plan: Plan) -> Reached:
    reached = Reached()
    crowd = crowd_of(house, plan.seed, reached.history)
    began = time.monotonic()
    with bus_reader(house.environment["CONVENE_BUS_URL"], TOPICS, reached.history):
        with ExitStack() as stack:
            stack.callback(crowd.stop)
            crowd.start()
            killed = _kill(house, crowd, plan, reached.history)
        seconds = time.monotonic() - began
        rested = come_to_rest(house)
    finish(house, reached, rested=rested)
    reached.numbers = {
        **{f"kills of {name}": times for name, times in sorted(killed.items())},
        "kills": sum(killed.values()),
        "writes told": crowd.told,
        "writes per second": round(crowd.told / seconds, 1),
        **_recovery(reached.history),
    }
    return reached


def _kill(house: RealProcesses, crowd: Crowd, plan: Plan, history: History) -> Counter[str]:
    """One, or any two or three at once; each comes back before the next dies."""
    chance = random.Random(plan.seed)  # noqa: S311 - repeatable on purpose
    killed: Counter[str] = Counter()
    ends = time.monotonic() + plan.stop_after_seconds
    while sum(killed.values()) < plan.kills and time.monotonic() < ends:
        wanted = crowd.told + plan.writes
        assert until(partial(_told, crowd, wanted), REST_SECONDS), "nobody is answered"
        if plan.broker_away_seconds and house.broker_pid:
            hold_still(house.broker_pid, plan.broker_away_seconds)
        time.sleep(chance.uniform(0.0, 0.3))
        victims = chance.sample(PROCESSES, chance.choice((1, 1, 1, 2, 3)))
        for name in victims:
            house.kill(name)
        for name in victims:
            since = time.monotonic()
            house.restart(name)
            history.note(Recovered(name, time.monotonic() - since))
        killed.update(victims)
    return killed


def _told(crowd: Crowd, wanted: int) -> bool:
    return crowd.told >= wanted


def _recovery(history: History) -> dict[str, float]:
    """The slowest return of each process, in seconds, on a machine as busy as it was."""
    slowest: dict[str, float] = {}
    for one in history.of(Recovered):
        name = f"slowest return of {one.process} (s)"
        slowest[name] = round(max(slowest.get(name, 0.0), one.seconds or 0.0), 2)
    return slowest
