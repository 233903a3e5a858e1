"""The console with the real registry and the real notifier: what it sends them is what they take."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import MetaData, select

from services.registry import sample
from shared.ids import new_id
from shared.settings.common import SERVICES
from shared.storage import Database, standard_tables
from tests.flow.house import COORDINATOR, PASSWORD
from tests.flow.one_process import OneProcess

NEED = "Tendring children starting school without the words they need"
STANDARD = standard_tables(MetaData())
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_FAULTY = b"""{"kind":"member","id":"a-new-one","name":"A New One","sector":"pirates"}
{"kind":"need","id":"odd","member":"bbc","title":"Odd","places":["Esex"]}
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OneProcess]:
    made = OneProcess(tmp_path, SEMANTIC="false")
    yield made
    made.close()


class Person:
    def __init__(self, house: OneProcess) -> None:
        self.house = house
        self.client: httpx.Client = house.matcher

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(
        self,
        path: str,
        form: dict[str, str],
        *,
        via: str,
        file: tuple[str, bytes] | None = None,
    ) -> httpx.Response:
        found = _TOKEN.search(self.client.get(via).text)
        assert found is not None
        files = {"file": file} if file else None
        headers = {"Referer": str(self.client.base_url)}
        data = {"csrf_token": found[1], **form}
        return self.client.post(path, data=data, files=files, headers=headers)

    def sign_in(self) -> None:
        form = {"email": COORDINATOR, "password": PASSWORD}
        assert self.send("/sign-in", form, via="/sign-in").status_code == 303

    def settle(self) -> None:
        self.house.settle(lambda: True, "rest")

    def upload(self, name: str, content: bytes) -> str:
        """Upload the file, take it in as its columns were guessed, and read what came of it."""
        answer = self.send("/import", {}, via="/import", file=(name, content))
        assert answer.status_code == 303, answer.text
        columns = urlsplit(answer.headers["Location"]).path
        start = columns.removesuffix("columns") + "start"
        answer = self.send(start, {"how": "take"}, via=columns)
        assert answer.status_code == 303, answer.text
        self.settle()
        return self.page(answer.headers["Location"])


def test_a_morning_at_the_desk(house: OneProcess) -> None:
    ann = Person(house)
    ann.sign_in()
    content = (Path(str(sample.__file__)).parent / "coalition.jsonl").read_bytes()
    assert "Every line was taken in." in ann.upload("coalition.jsonl", content)
    faults = ann.upload("more.jsonl", _FAULTY)
    assert "pirates" in faults
    assert "Esex" in faults
    assert "Did you mean" in faults or "did you mean" in faults
    assert "alert-warning" not in ann.page("/"), "all three services say that all is well"

    queue = ann.page("/lists/proposals?text=BBC&place=Tendring&goal=1")
    found = re.search(r'href="(/matches/[0-9a-f-]+)">' + NEED, queue)
    assert found is not None
    match = found[1]
    revision = _revision(ann, match)
    answer = ann.send(f"{match}/approve", {"revision": revision, "note": "Good."}, via=match)
    assert answer.status_code == 303
    house.advance(seconds=61)
    ann.settle()
    assert "Asked, no answer yet" in ann.page(match)
    assert "The question" in ann.page(match)

    said = {
        "member_id": "bbc",
        "answer": "yes",
        "said_by": "Jo Park, education",
        "how": "telephone",
        "note": "Very glad.",
        "until": "",
        "reason_code": "",
        "once": "one",
    }
    assert ann.send(f"{match}/answers", said, via=match).status_code == 303
    ann.settle()
    page = ann.page(match)
    assert "recorded by a coordinator" in page
    assert "Very glad." in page
    assert "Copy of the answer" in page


def test_a_contact_is_read_corrected_and_added(house: OneProcess) -> None:
    ann = Person(house)
    ann.sign_in()
    content = (Path(str(sample.__file__)).parent / "coalition.jsonl").read_bytes()
    ann.upload("coalition.jsonl", content)
    page = ann.page("/members/bbc/contacts")
    where = re.search(r'action="(/members/bbc/contacts/[^"]+)"', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert where is not None
    assert version is not None
    form = {"email": "new@bbc.example", "name": "Jo Park", "role": "", "version": version[1]}
    assert ann.send(where[1], form, via="/members/bbc/contacts").status_code == 303
    assert "new@bbc.example" in ann.page("/members/bbc/contacts")
    stale = ann.send(where[1], form | {"name": "X"}, via="/members/bbc/contacts")
    assert stale.status_code == 409
    assert "Somebody changed this contact" in stale.text
    added = {"email": "sam@bbc.example", "name": "Sam", "role": "", "ground_source": "the launch"}
    assert ann.send("/members/bbc/contacts", added, via="/members/bbc/contacts").status_code == 303
    page = ann.page("/members/bbc/contacts")
    assert "sam@bbc.example" in page
    assert "No lawful ground is recorded" not in page
    bad = ann.send("/members/bbc/contacts", {"email": "nonsense"}, via="/members/bbc/contacts")
    assert bad.status_code == 409
    assert "nonsense" in bad.text
    assert "invalid-feedback" in bad.text


def test_events_set_aside_by_any_service_are_decided_here(house: OneProcess) -> None:
    """What such an event says is never shown: it may hold anything."""
    ann = Person(house)
    ann.sign_in()
    ids = {service: set_aside(house, service) for service in SERVICES}
    page = ann.page("/set-aside")
    assert page.count("1 more behind it") == 3
    assert "jane.doe" not in page
    for service, (first, second) in ids.items():
        one = f"/set-aside/{service}/{first}"
        shown = ann.page(one)
        assert "title, who" in shown
        assert "jane.doe" not in shown + ann.page("/")
        for form in ({"decision": "discard", "reason": " "}, {"reason": "because"}):
            assert ann.send(one, form, via=one).status_code == 422
        form = {"decision": "discard", "reason": "from a trial"}
        assert ann.send(one, form, via=one).headers["Location"] == "/set-aside"
        assert "given up" in ann.page(one)
        again = f"/set-aside/{service}/{second}"
        assert ann.send(again, {**form, "decision": "release"}, via=again).status_code == 303
        assert states(house, service) == {first: "discarded", second: "released"}
        assert decided(house, service) == [
            ("parked.discard", first, {"records": 1, "reason": "from a trial"}),
            ("parked.release", second, {"records": 1, "reason": "from a trial"}),
        ]
    assert "more behind it" not in ann.page("/set-aside")
    assert house.matcher.get("/set-aside/registry/unknown").status_code == 404


def set_aside(house: OneProcess, service: str) -> tuple[str, str]:
    """Two records of one key, such as no service publishes, waiting in the service's database."""
    rows: list[dict[str, object]] = [
        {
            "id": new_id(), "consumer_group": service, "topic": "convene.needs", "partition": 0,
            "offset": offset, "key": b"need-1", "headers": [], "event_type": "org.convene.odd.v1",
            "value": b'{"title": "jane.doe@home.example", "who": "Jane Doe"}',
            "reason": "no such type; jane.doe@home.example wrote it", "version": "1",
            "parked_at": house.clock.now(), "state": "open",
        }
        for offset in (1, 2)
    ]  # fmt: skip
    with opened(house, service) as database, database.write() as connection:
        connection.execute(STANDARD.parked.insert(), rows)
    return str(rows[0]["id"]), str(rows[1]["id"])


def states(house: OneProcess, service: str) -> dict[str, str]:
    query = select(STANDARD.parked.c.id, STANDARD.parked.c.state)
    with opened(house, service) as database, database.read() as connection:
        return {row.id: row.state for row in connection.execute(query)}


def decided(house: OneProcess, service: str) -> list[tuple[str, str, object]]:
    audit = STANDARD.audit
    query = select(audit).where(audit.c.action.startswith("parked.")).order_by(audit.c.position)
    with opened(house, service) as database, database.read() as connection:
        rows = connection.execute(query).all()
    assert {row.actor.partition(":")[0] for row in rows} == {"coordinator"}
    return [(row.action, row.subject, row.details) for row in rows]


@contextmanager
def opened(house: OneProcess, service: str) -> Iterator[Database]:
    database = Database(house.database_url(service), service=service)
    yield database
    database.close()


def _revision(person: Person, match: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', person.page(match))
    assert found is not None
    return found[1]
