"""The rows of the long run: what is done, for which share of the time, and what it aims at."""

import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from services.matcher.wiring import MIGRATIONS
from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.faults.checker import check
from tests.faults.rows.broker_away import broker_away
from tests.faults.rows.deliveries import deliveries
from tests.faults.rows.kills import Plan, kills_under_writes
from tests.faults.rows.members import members
from tests.faults.rows.reached import Reached
from tests.faults.rows.rest import PROCESSES
from tests.faults.scenarios.mail import mail
from tests.faults.scenarios.messages import messages_small
from tests.flow.real_processes import large_house, small_house
from tests.servers.kafka import KafkaServer
from tests.servers.migrated import migrated_file
from tests.servers.postgres import PostgresDatabases, PostgresServer

SMALL_MODEL = {"SEMANTIC": "false"}
DAY = 86_400.0


class Servers:
    """PostgreSQL and Kafka for the whole run, started when a row first asks for them."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._postgres: PostgresServer | None = None
        self._kafka: KafkaServer | None = None

    @property
    def postgres(self) -> PostgresDatabases:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(PostgresServer())
        return PostgresDatabases(self._postgres.url)

    @property
    def bus_url(self) -> str:
        if self._kafka is None:
            self._kafka = self._stack.enter_context(KafkaServer())
        return f"kafka://{self._kafka.bootstrap_servers}"

    def new_database(self) -> str:
        return self.postgres.create_database("soak_" + new_id().replace("-", ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


Run = Callable[[Servers, Path, int, float], Reached]


@dataclass(frozen=True, slots=True)
class Row:
    """`run` gets the servers, a folder, a seed and the seconds that are left for the row."""

    name: str
    share: float
    figure: str
    run: Run


def _kills_small(_: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    plan = Plan(seed, kills=100, stop_after_seconds=seconds)
    with small_house(folder, PROCESSES, **SMALL_MODEL) as house:
        return kills_under_writes(house, plan)


def _kills_large(servers: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    plan = Plan(seed, kills=100, broker_away_seconds=1.0, stop_after_seconds=seconds)
    with large_house(folder, servers.postgres, PROCESSES, **SMALL_MODEL) as house:
        return kills_under_writes(house, plan)


def _broker_away(servers: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    away = max(30.0, min(600.0, seconds - 120.0))
    with large_house(folder, servers.postgres, PROCESSES, **SMALL_MODEL) as house:
        return broker_away(house, seed=seed, away_seconds=away)


def _deliveries_small(_: Servers, folder: Path, seed: int, __: float) -> Reached:
    first = migrated_file(folder, "matcher")
    names = [folder / "once.db", folder / "often.db"]
    for name in names:
        shutil.copy(first, name)
    return _delivered([f"sqlite:///{name}" for name in names], seed)


def _deliveries_large(servers: Servers, _: Path, seed: int, __: float) -> Reached:
    return _delivered([servers.new_database() for _ in range(2)], seed)


def _delivered(urls: list[str], seed: int) -> Reached:
    once, often = (Database(url, service="matcher") for url in urls)
    for database in (once, often):
        migrate(database, MIGRATIONS)
    try:
        return deliveries(once, often, seed=seed, listings=150, times=10)
    finally:
        once.close()
        often.close()


def _members_small(_: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    urls = (f"sqlite:///{folder / 'x.db'}", f"embedded:///{folder / 'bus.db'}")
    return members(folder, urls, seed=seed, seconds=min(seconds, 120.0))


def _members_large(servers: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    urls = (servers.new_database(), servers.bus_url)
    return members(folder, urls, seed=seed, seconds=min(seconds, 120.0))


def _clocks(_: Servers, folder: Path, seed: int, __: float) -> Reached:
    """Any five of: an hour, a day, 400 days, either way, or standing still."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    jumps = [chance.choice((0, 3_600, DAY, 400 * DAY)) * chance.choice((1, -1)) for _ in range(5)]
    history = mail(folder, jumps=jumps)
    return Reached(history, {"matches under wrong clocks": 1, "jumps": len(jumps)})


def _boundaries(_: Servers, folder: Path, __: int, ___: float) -> Reached:
    history = messages_small(folder)
    return Reached(
        history, {"deaths and failures at boundaries": 6, "findings": len(check(history))}
    )


ROWS: tuple[Row, ...] = (
    Row("kill-9-small", 0.22, "0 lost, 0 phantom; aims at 2,000 kills", _kills_small),
    Row("kill-9-large", 0.22, "0 lost, 0 phantom; aims at 2,000 kills", _kills_large),
    Row("broker-away", 0.18, "30 s and more: all accepted, 0 lost, ≤ 50 MiB more", _broker_away),
    Row("deliveries-small", 0.08, "200,000 deliveries, byte-equal", _deliveries_small),
    Row("deliveries-large", 0.08, "200,000 deliveries, byte-equal", _deliveries_large),
    Row("members-small", 0.07, "300 rebalances, 0 lost, 0 double", _members_small),
    Row("members-large", 0.07, "300 rebalances, 0 lost, 0 double", _members_large),
    Row("clocks", 0.05, "±1 h, ±400 days, frozen: nothing twice or early", _clocks),
    Row("boundaries", 0.03, "nothing lost, doubled or out of order", _boundaries),
)
