"""The console with the real registry and the real notifier: what it sends them is what they take."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from services.registry import sample
from tests.flow.house import COORDINATOR, PASSWORD
from tests.flow.one_process import OneProcess

NEED = "Tendring children starting school without the words they need"
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


def _revision(person: Person, match: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', person.page(match))
    assert found is not None
    return found[1]
