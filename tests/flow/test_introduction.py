"""One partnership, straight through: on one machine in one process, and on many in real ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.house import House, read_mail
from tests.flow.observer import raw_bytes, read_events
from tests.flow.one_process import OneProcess
from tests.flow.real_processes import RealProcesses, large_house
from tests.flow.walk import Walk
from tests.servers.postgres import PostgresDatabases

EXPECTED = (
    "need.published",
    "match.proposed",
    "match.approved",
    "message.sent",
    "match.asked",
    "answer.accepted",
    "match.agreed",
    "introduction.sent",
    "match.introduced",
    "outcome.reported",
    "match.started",
)


@pytest.fixture
def one_process(tmp_path: Path) -> Iterator[OneProcess]:
    house = OneProcess(tmp_path)
    yield house
    house.close()


@pytest.fixture
def real_processes(tmp_path: Path, postgres_server: PostgresDatabases) -> Iterator[RealProcesses]:
    with large_house(tmp_path, postgres_server) as house:
        yield house


def test_on_one_machine(one_process: OneProcess) -> None:
    walk_through(one_process, one_process.environment["CONVENE_BUS_URL"])


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.processes
@pytest.mark.timeout(600)
def test_on_many(real_processes: RealProcesses) -> None:
    walk_through(real_processes, real_processes.environment["CONVENE_BUS_URL"])


def walk_through(house: House, bus_url: str) -> None:
    walk = Walk(house)
    walk.sign_in()
    walk.publish()
    proposal = walk.see_proposal()
    assert proposal["strength"] in ("strong", "good")
    walk.approve()
    ours, theirs = walk.wait_for_approaches()
    walk.answer(ours, "yes", walk.parties.needing_name)
    walk.answer(theirs, "yes", walk.parties.bringing_name)
    copies = walk.wait_for_introduction()
    both = {walk.parties.needing_address, walk.parties.bringing_address}
    assert {copy.delivered_to for copy in copies} == both
    assert len(copies) == 2, "one copy each"
    rows = walk.training_rows()
    walk.report_outcome()
    assert rows >= 3, "a verdict and two answers teach"
    check_mail(house)
    check_events(bus_url, walk)


def check_mail(house: House) -> None:
    seen = [(mail.delivered_to, mail.subject) for mail in read_mail(house.mailbox)]
    assert len(seen) == len(set(seen)), "nothing was sent twice"


def check_events(bus_url: str, walk: Walk) -> None:
    events = [event for event in read_events(bus_url) if about(event, walk)]
    names = [event.get_type().removeprefix("org.convene.").removesuffix(".v1") for event in events]
    missing = [name for name in EXPECTED if name not in names]
    assert not missing, f"{missing} never travelled; seen: {names}"
    assert len({event.get_id() for event in events}) == len(events), "no event twice"
    check_chain(events, walk)
    travelled = raw_bytes(bus_url)
    for secret in walk.parties.secrets:
        assert secret.encode() not in travelled, f"{secret} travelled on the bus"


def check_chain(events: list[Any], walk: Walk) -> None:
    """From any event back to the published need, by the causes alone."""
    ours = [event for event in events if event.get_subject() == walk.match_id]
    assert {event.get_extension("correlationid") for event in ours} == {walk.match_id}
    [need] = [event for event in events if event.get_type() == "org.convene.need.published.v1"]
    causes = {event.get_id(): event.get_extension("causationid") for event in events}
    for event in ours:
        place = event.get_id()
        while place in causes and place != need.get_id():
            place = causes[place]
        assert place == need.get_id(), f"{event.get_type()} does not lead back to the need"


def about(event: Any, walk: Walk) -> bool:
    return event.get_subject() in (walk.match_id, walk.parties.need_id)
