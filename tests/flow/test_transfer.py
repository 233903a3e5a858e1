"""A coalition outgrows one machine while a match is open: the large size goes on where it was."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from scripts.house import house_of
from scripts.supervision import processes
from scripts.transfer import transfer
from shared.ids import new_id
from shared.messaging.balance import books
from shared.settings.common import SERVICES
from shared.storage import Database
from shared.storage.archive import TargetInUse
from shared.storage.users import InUse
from tests.flow.house import read_mail
from tests.flow.observer import read_events
from tests.flow.one_process import OneProcess
from tests.flow.real_processes import ROOT, RealProcesses
from tests.flow.walk import PAST_GRACE_SECONDS, Walk
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresDatabases

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.postgres,
    pytest.mark.processes,
    pytest.mark.timeout(900),
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[OneProcess]:
    house = OneProcess(tmp_path)
    yield house
    house.close()


@pytest.fixture
def addresses(postgres_server: PostgresDatabases) -> Iterator[dict[str, str]]:
    """Of an empty PostgreSQL and an empty Kafka."""
    prefix = "moved_" + new_id().replace("-", "")[-12:]
    urls = [postgres_server.create_database(f"{prefix}_{name}") for name in SERVICES]
    template = urls[0].replace(f"{prefix}_{SERVICES[0]}", f"{prefix}_{{service}}")
    with KafkaServer(own=True) as kafka:
        yield {"DATABASE_URL": template, "BUS_URL": f"kafka://{kafka.bootstrap_servers}"}


def test_in_the_middle_of_an_open_match(
    small: OneProcess, tmp_path: Path, addresses: dict[str, str]
) -> None:
    walk = Walk(small)
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    walk.approve()
    ours, theirs = walk.wait_for_approaches()
    walk.answer(ours, "yes", walk.parties.needing_name)
    events = {event.get_id() for event in read_events(small.environment["CONVENE_BUS_URL"])}

    there = {f"CONVENE_{name}": value for name, value in addresses.items()}
    source, target = house_of(small.environment), house_of({**small.environment, **there})
    with pytest.raises(InUse):
        transfer(source, target)
    small.stop()
    said = transfer(source, target)
    assert "records were copied and compared" in said[0]
    with pytest.raises(TargetInUse):
        transfer(source, target)
    small.close()

    large = RealProcesses(tmp_path, **addresses)
    large.admin_key = small.admin_key
    walk.house = large
    try:
        large.advance(days=8)  # past the day at which the small house stood
        (tmp_path / "log").mkdir(exist_ok=True)
        for name in processes(ROOT / "Procfile"):
            large.launch(name)
        large.wait_ready(large.running)
        walk.sign_in()
        walk.answer(theirs, "yes", walk.parties.bringing_name)
        large.settle(lambda: walk._answers() == ["yes", "yes"], "both answers arrived")
        large.advance(seconds=PAST_GRACE_SECONDS)
        large.settle(lambda: walk.state() == "introduced", "the introduction")
        check(large, walk, events)
    finally:
        large.close()


def check(large: RealProcesses, walk: Walk, events: set[str]) -> None:
    """All that was told before is on Kafka under the same ids; nobody was mailed twice."""
    told = Counter(event.get_id() for event in read_events(large.environment["CONVENE_BUS_URL"]))
    assert events < told.keys()
    assert set(told.values()) == {1}
    assert len(walk.introductions()) == 2
    mails = [mail.message_id for mail in read_mail(large.mailbox)]
    assert len(mails) == len(set(mails))
    for service in SERVICES:
        database = Database(large.database_url(service), service=service)
        with database.read() as connection:
            records = books(connection)["records"]
            parked = connection.execute(text("SELECT count(*) FROM parked")).scalar_one()
        database.close()
        assert (records.difference, parked) == (0, 0), service
