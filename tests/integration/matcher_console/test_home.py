"""The first page: what waits, what went wrong, why nothing happens, and how it keeps up to date."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from services.matcher.console.accounts.sessions import IDLE
from services.matcher.console.home.load import ELSEWHERE_SECONDS
from services.matcher.console.home.stream import MOST, STOPPING
from services.matcher.console.parts import EXTENSION, Parts
from services.matcher.console.tables import sessions
from services.matcher.domain.matches import Match
from services.matcher.review import reject_match
from services.matcher.store import tables as t
from shared.ids import new_id
from tests.browser.served import served
from tests.integration.matcher.world import World, reach_asked, reach_introduced
from tests.integration.matcher_console.desk import PASSWORD, Office

both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
Stream = Iterator[str]


@pytest.fixture
def streams(office: Office) -> Parts:
    """Streams that look often, so that tests need not wait."""
    here: Parts = office.app.extensions[EXTENSION]
    here.streams.look_seconds, here.streams.beat_seconds = 0.02, 0.1
    return here


@pytest.fixture
def browser(office: Office, streams: Parts) -> Iterator[httpx.Client]:
    """Somebody signed in, over HTTP."""
    who = office.add("Ann Osei")
    with served(office.app) as address, httpx.Client(base_url=address, timeout=20) as client:
        found = _TOKEN.search(client.get("/sign-in").text)
        assert found is not None
        form = {"csrf_token": found[1], "email": who.email, "password": PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 303
        yield client
        office.app.extensions[STOPPING] = lambda: True


def reject(world: World, match: Match) -> None:
    world.do(reject_match, match.match_id, reason_code="wrong_place")


def news(lines: Stream) -> str:
    """The mark of the next event."""
    for line in lines:
        if line == "event: news":
            return next(lines).removeprefix("data: ")
    raise AssertionError("the stream ended without an event")


def test_the_stream_tells_of_a_change_and_the_part_is_fetched_anew(
    browser: httpx.Client, world: World, proposal: Match
) -> None:
    with browser.stream("GET", "/live/stream") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines()
        first = news(lines)
        page = browser.get("/").text
        assert f'data-mark="{first}"' in page, "the page knows what it shows"
        asked = {"If-None-Match": f'"{first}"'}
        assert browser.get("/live/home", headers=asked).status_code == 304
        reject(world, proposal)
        second = news(lines)
        assert second != first
        part = browser.get("/live/home", headers=asked)
        assert (part.status_code, part.headers["ETag"]) == (200, f'"{second}"')
        assert "<html" not in part.text
        assert "Something about it has changed; the matcher looks at it next." in part.text


def test_what_other_services_tell_is_asked_for_anew_every_half_minute(
    office: Office, proposal: Match
) -> None:
    desk = office.desk()
    asked = {"If-None-Match": desk.get("/live/home").headers["ETag"]}
    assert desk.client.get("/live/home", headers=asked).status_code == 304
    office.world.clock.advance(seconds=ELSEWHERE_SECONDS)
    assert desk.client.get("/live/home", headers=asked).status_code == 200


def test_only_so_many_streams_are_open_and_each_ends(
    browser: httpx.Client, office: Office, streams: Parts, proposal: Match
) -> None:
    streams.streams.most = 1
    with browser.stream("GET", "/live/stream") as first:
        news(first.iter_lines())
        assert browser.get("/live/stream").status_code == 204, "a browser asks now and then instead"
        assert browser.get("/live/home").status_code == 200
    streams.streams.lasts_seconds = 0.3
    answer = _stream_again(browser)
    assert answer.text.startswith("retry: 3000")
    assert answer.text.count("event: news") == 1
    assert ": still here" in answer.text
    streams.streams.lasts_seconds = 60.0
    office.app.extensions[STOPPING] = lambda: True
    began = time.monotonic()
    assert _stream_again(browser).status_code == 200
    assert time.monotonic() - began < 5, "a process that is asked to end is not held up"


def _stream_again(browser: httpx.Client) -> httpx.Response:
    """Once it is noticed that nobody listens to the last one any more."""
    deadline = time.monotonic() + 10
    while (answer := browser.get("/live/stream")).status_code == 204:
        assert time.monotonic() < deadline, "the stream nobody listens to is still open"
        time.sleep(0.05)
    return answer


def test_streams_leave_most_threads_to_pages() -> None:
    text = (Path(__file__).parents[3] / "gunicorn.conf.py").read_text()
    found = re.search(r"^threads = (\d+)$", text, re.MULTILINE)
    assert found is not None
    assert int(found[1]) / 2 > MOST


def test_looking_by_itself_keeps_nobody_signed_in(office: Office, proposal: Match) -> None:
    desk = office.desk()
    office.world.clock.advance(seconds=(IDLE - timedelta(minutes=5)).total_seconds())
    assert desk.get("/live/home").status_code == 200
    office.world.clock.advance(seconds=360)
    assert desk.get("/live/home").status_code == 303
    with office.world.database.read() as connection:
        seen = connection.scalars(select(sessions.c.seen_at)).one()
    assert office.world.clock.now() - seen > IDLE


@both_stores
def test_what_waits_on_members_and_what_came_of_it_is_on_the_first_page(
    office: Office, world: World
) -> None:
    world.story()
    match = reach_asked(world)
    world.clock.advance(days=2)
    desk = office.desk()
    page = desk.text("/")
    waiting = page.partition("<h2>Waiting on members</h2>")[2].partition("<h2>")[0]
    assert "Waiting on Essex County Council</strong> for 2 days" in waiting
    assert match.match_id in waiting
    world.clock.advance(days=16)
    assert "Lapses without an answer in 3 days" in office.desk("Bob Lewis").text("/")


@both_stores
def test_every_need_is_under_way_or_says_what_it_waits_for(office: Office, world: World) -> None:
    world.story()
    ample = {"amount": 9, "unit": "partnerships", "per": "at a time"}
    world.capability("first-words", "capability.changed", capacity=ample)
    reach_introduced(world)
    world.member("kent", sector="local_government", name="Kent County Council", status="paused")
    world.need("paused", title="Held back", member_id="kent", places=["E10000016"])
    world.need("nothing", title="Sea wall", goals=[11], wants=["equipment"],
               material={"title": "Sea wall", "description": "Repair it."}, strict=["help"],
               beneficiaries=["residents"], places=["E06000059"])  # fmt: skip
    world.need("said-no", title="More reading")
    world.propose()
    reject(world, next(one for one in world.all() if one.need_id == "said-no"))
    world.need("busy", title="Reading too")
    world.propose()
    for match in [one for one in world.open() if one.need_id == "busy"]:
        reject(world, match)
    world.propose()
    with world.database.write() as connection:
        connection.execute(t.turned_away.insert().values(need_id="busy", member_id="bbc"))
    world.need("fresh", title="Just published")
    rows = office.desk().text("/stalled").split('id="stalled-')[1:]
    found = [re.match(r'([^"]+)".*?Waits for: ([^<]+)<', one, re.DOTALL) for one in rows]
    why = {one[1]: one[2] for one in found if one is not None}
    assert why == {
        "paused": "the member",
        "nothing": "an offer that fits",
        "said-no": "another offer",
        "busy": "a busy member",
        "fresh": "the matcher",
    }, "the introduced need is not among them"
    page = office.desk("Bob Lewis").text("/")
    assert "Kent County Council is paused. Nothing is proposed until it is active." in page
    assert "BBC would fit, but has enough proposals already." in page


def test_what_could_not_be_handled_is_told_and_is_news(office: Office, proposal: Match) -> None:
    desk = office.desk()
    before = desk.get("/live/home").headers["ETag"]
    row = {
        "id": new_id(), "consumer_group": "matcher", "topic": "needs", "partition": 0, "offset": 7,
        "key": b"reading", "value": b"{", "headers": {}, "reason": "it is no JSON", "version": "1",
        "parked_at": office.world.clock.now(), "state": "open",
    }  # fmt: skip
    with office.world.database.write() as connection:
        connection.execute(t.STANDARD.parked.insert().values(**row))
    assert "1 event could not be handled and is set aside" in desk.text("/")
    assert desk.get("/live/home").headers["ETag"] != before
    office.registry.says("GET", "/parked", {"open": 2})
    office.notifier.says("GET", "/parked", {"open": 1})
    page = desk.text("/")
    assert "2 events could not be handled by the registry and are set aside." in page
    assert "An administrator can look at them and decide." in page
    assert desk.get("/set-aside").status_code == 403
    boss = office.desk("Bo Ade", "administrator")
    assert 'href="/set-aside">Look at them and decide</a>' in boss.text("/")
    office.registry.away = True
    assert "The registry does not answer at the moment" in desk.text("/")
