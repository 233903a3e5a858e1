"""kill -9 of each worker in the middle of the flow, five times, on each store.

Partnerships are walked one after another while a thread kills and restarts workers. At the end
every one has come to its introduction, nothing is lost and nothing was done twice.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.messaging.balance import books
from shared.storage import Database
from tests.faults.killer import Killer
from tests.flow.house import read_mail
from tests.flow.real_processes import RealProcesses, large_house, small_house
from tests.flow.walk import THEMES, Walk
from tests.servers.postgres import PostgresDatabases

KILLS_OF_EACH_WORKER = 5
SERVICES = ("registry", "matcher", "notifier")

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[RealProcesses]:
    with small_house(tmp_path) as house:
        yield house


@pytest.fixture
def large(tmp_path: Path, postgres_server: PostgresDatabases) -> Iterator[RealProcesses]:
    with large_house(tmp_path, postgres_server) as house:
        yield house


def test_embedded_log_and_sqlite(small: RealProcesses) -> None:
    survive(small, seed=20261201)


@pytest.mark.kafka
@pytest.mark.postgres
def test_kafka_and_postgresql(large: RealProcesses) -> None:
    survive(large, seed=20261202)


def survive(house: RealProcesses, *, seed: int) -> None:
    killer = Killer(house, times=KILLS_OF_EACH_WORKER, seed=seed).start()
    # An email that was at its final dot when the worker died is sent again after 15 minutes.
    house.nudge = lambda: house.advance(seconds=16 * 60)
    walks: list[Walk] = []
    try:
        while len(walks) < len(THEMES) or not killer.finished:
            walks.append(walk_to_introduction(house, theme_number=len(walks)))
        killer.join()
        assert killer.done == KILLS_OF_EACH_WORKER * 3
        for walk in walks:
            assert walk.state() == "introduced"
        check_nothing_twice(house, walks)
        for service in SERVICES:
            check_books(house, service)
    finally:
        killer.stop()


def walk_to_introduction(house: RealProcesses, *, theme_number: int) -> Walk:
    walk = Walk(house, THEMES[theme_number % len(THEMES)], tag=f"k{theme_number}")
    house.matcher.cookies.clear()
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    walk.approve()
    ours, theirs = walk.wait_for_approaches()
    walk.answer(ours, "yes", walk.parties.needing_name)
    walk.answer(theirs, "yes", walk.parties.bringing_name)
    walk.wait_for_introduction()
    return walk


def check_nothing_twice(house: RealProcesses, walks: list[Walk]) -> None:
    """Each email once per reader. A crash right at the final dot is the one case in which the
    same bytes may be sent again; the ledger counts it, and only so many may be seen.
    """
    seen = Counter(mail.message_id for mail in read_mail(house.mailbox))
    twice = {name: times for name, times in seen.items() if times > 1}
    assert sum(times - 1 for times in twice.values()) <= ambiguous(house), twice
    for walk in walks:
        copies = {mail.message_id for mail in walk.introductions()}
        assert len(copies) == 2, f"one introduction each for {walk.match_id}"


def ambiguous(house: RealProcesses) -> int:
    """How many messages the ledger itself calls ambiguous."""
    query = "SELECT coalesce(sum(ambiguous_count), 0) FROM messages"
    database = Database(house.database_url("notifier"), service="notifier")
    try:
        with database.read() as connection:
            return int(connection.execute(text(query)).scalar_one())
    finally:
        database.close()


def check_books(house: RealProcesses, service: str) -> None:
    database = Database(house.database_url(service), service=service)

    def balanced() -> bool:
        with database.read() as connection:
            both = books(connection)
        return all(book.difference == 0 for book in both.values()) and not both["events"].in_flight

    try:
        house.settle(balanced, f"the books of {service} to balance")
        with database.read() as connection:
            assert books(connection)["records"].parked == 0
    finally:
        database.close()
