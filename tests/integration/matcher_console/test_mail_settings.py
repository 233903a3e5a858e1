"""Settings of the mail with the real notifier: words chosen, a real match shown, a quiet period kept."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.registry import sample
from tests.flow.house import read_mail
from tests.flow.one_process import OneProcess
from tests.integration.matcher_console.desk import Office
from tests.integration.matcher_console.test_with_the_others import NEED, Person

WORDS = {
    "opening": "{others} would like to meet you.",
    "closing": "A minute is enough.",
    "sign_off": "Yours,\n{coalition}",
}
APPROACH = "/emails/approach_needs"


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    """An administrator, with the sample coalition imported."""
    house = OneProcess(tmp_path, SEMANTIC="false")
    person = Person(house)
    person.sign_in()
    content = (Path(str(sample.__file__)).parent / "coalition.jsonl").read_bytes()
    person.upload("coalition.jsonl", content)
    yield person
    house.close()


def test_words_are_looked_at_saved_and_sent_when_no_quiet_period_is_left(ann: Person) -> None:
    _look_at_each(ann)
    tag = _tag(ann)
    bad = ann.send(
        APPROACH, {**WORDS, "tag": tag, "closing": "See www.elsewhere.org"}, via=APPROACH
    )
    assert bad.status_code == 422
    assert "would like to meet you" in bad.text, "what was typed is kept"
    assert "This holds a link" in bad.text
    looked = ann.send(APPROACH, {**WORDS, "tag": tag, "do": "look"}, via=APPROACH)
    assert "Lantern Media would like to meet you." in looked.text
    frame = re.search(r'src="(/emails/[^"]+opening=[^"]+)"', looked.text)
    assert frame is not None
    assert "would like to meet you" in ann.page(frame[1].replace("&amp;", "&"))
    assert ann.send(APPROACH, {**WORDS, "tag": tag}, via=APPROACH).status_code == 303
    late = ann.send(APPROACH, {**WORDS, "tag": tag}, via=APPROACH)
    assert late.status_code == 409
    assert "Somebody chose other words" in late.text

    match = _bbc_match(ann)
    shown = ann.page(f"{APPROACH}?match={match.rpartition('/')[2]}")
    assert "BBC would like to meet you." in shown
    assert ann.client.get(f"{APPROACH}/html?match=unknown").status_code == 404

    period = {"name": "Local elections", "nation": "E", "first_day": "2026-12-01", "last_day": "x"}
    assert "year-month-day" in ann.send("/schedule/quiet", period, via="/schedule").text
    period["last_day"] = "2026-12-03"
    assert ann.send("/schedule/quiet", period, via="/schedule").status_code == 303
    assert "Local elections" in ann.page("/schedule")
    revision = re.search(r'name="revision" value="(\d+)"', ann.page(match))
    assert revision is not None
    ann.send(f"{match}/approve", {"revision": revision[1], "note": ""}, via=match)
    ann.house.advance(days=2)
    ann.settle()
    assert read_mail(ann.house.mailbox) == []
    ann.house.advance(days=1)
    ann.settle()
    texts = [mail.text for mail in read_mail(ann.house.mailbox)]
    assert len(texts) == 2
    assert sum("BBC would like to meet you." in text for text in texts) == 1


def test_pages_say_so_when_the_mail_service_is_away(office: Office) -> None:
    desk = office.desk(role="administrator")
    office.notifier.away = True
    for path, status in (("/emails", 503), ("/emails/reminder", 503), ("/schedule", 200)):
        answer = desk.get(path)
        assert answer.status_code == status
        assert "does not answer at the moment" in answer.text
    assert office.desk("Vi", role="viewer").get("/emails").status_code == 403
    clerk = office.desk("Cy")
    assert "Enter a quiet period" not in clerk.text("/schedule")
    assert clerk.post("/schedule/quiet", name="x").status_code == 403


def _look_at_each(ann: Person) -> None:
    keys = re.findall(r'href="/emails/(\w+)"', ann.page("/emails"))
    assert len(keys) == 12
    for key in keys:
        frame = ann.client.get(f"/emails/{key}/html")
        assert "sandbox" in frame.headers["Content-Security-Policy"]
        assert "<h1" in frame.text


def _tag(ann: Person) -> str:
    found = re.search(r'name="tag" value="([^"]*)"', ann.page(APPROACH))
    assert found is not None
    return found[1].replace("&#34;", '"')


def _bbc_match(ann: Person) -> str:
    queue = ann.page("/lists/proposals?text=BBC&place=Tendring&goal=1")
    found = re.search(r'href="(/matches/[0-9a-f-]+)">' + NEED, queue)
    assert found is not None
    return found[1]
