"""A house under writes: who writes, how it is held up, and what is there when it has come to rest."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select

from services.matcher.store import tables as matcher_tables
from services.registry.store import tables as registry_tables
from shared.messaging.balance import books
from shared.storage import Database
from tests.faults.history import Balanced, History, Kept, Known
from tests.faults.load import NEED, Crowd, Writer, every_page, until
from tests.faults.rows.reached import Reached
from tests.flow.real_processes import RealProcesses

PROCESSES = ("registry-web", "registry-worker", "matcher-worker")
TOPICS = {"convene.needs": NEED}
WRITERS = 3
MEMBER = "essex"
REST_SECONDS = 240.0


def crowd_of(house: RealProcesses, seed: int, history: History) -> Crowd:
    """Writers that have a member to write for."""
    _enter_member(house)
    url = str(house.registry.base_url)
    writers = [
        Writer(url, house.admin_key, MEMBER, history, f"{seed}/{number}")
        for number in range(WRITERS)
    ]
    return Crowd(writers)


def come_to_rest(house: RealProcesses) -> bool:
    return until(lambda: at_rest(house), REST_SECONDS)


def finish(house: RealProcesses, reached: Reached, *, rested: bool) -> None:
    """Note what is there; not to have come to rest is wrong by itself."""
    if not rested:
        reached.differences.append("the matcher had not heard of everything in time")
    _note_rest(house, reached.history)


def _enter_member(house: RealProcesses) -> None:
    body = {"id": MEMBER, "name": "Essex", "sector": "local_government", "places": ["E10000012"]}
    headers = {"Authorization": f"Bearer {house.admin_key}"}
    answer = house.registry.post("/v1/members", json=body, headers=headers)
    assert answer.status_code in (201, 409), answer.text


def hold_still(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def at_rest(house: RealProcesses) -> bool:
    """Nothing waits in the outbox, and the matcher has taken in every number given out."""
    sequences, inbox = registry_tables.standard.sequences, matcher_tables.STANDARD.inbox
    with reading(house, "registry") as connection:
        if books(connection)["events"].in_flight:
            return False
        query = select(func.coalesce(func.sum(sequences.c.last), 0))
        given = connection.scalar(query.where(sequences.c.topic == "convene.needs"))
    with reading(house, "matcher") as connection:
        query = select(func.coalesce(func.sum(inbox.c.sequence), 0))
        taken = connection.scalar(query.where(inbox.c.topic == "convene.needs"))
    return given == taken


def _note_rest(house: RealProcesses, history: History) -> None:
    for item in every_page(house.registry, "/v1/needs", house.admin_key):
        history.note(Kept(NEED, item["id"], item["version"]))
    needs = matcher_tables.needs
    with reading(house, "matcher") as connection:
        for need_id, state in connection.execute(select(needs.c.need_id, needs.c.state)):
            history.note(Known("matcher", NEED, need_id, state["version"]))
        history.note(Known("matcher", NEED, "none", 0))
    for service in ("registry", "matcher"):
        with reading(house, service) as connection:
            for name, book in books(connection).items():
                history.note(Balanced(service, name, book.difference))


@contextmanager
def reading(house: RealProcesses, service: str) -> Iterator[Connection]:
    """With a connection of our own, as it is on the disk."""
    database = Database(house.database_url(service), service=service)
    try:
        with database.read() as connection:
            yield connection
    finally:
        database.close()
