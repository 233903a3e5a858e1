"""Who gets in, how long it lasts, and what each role may do."""

import io
import re

import pytest
from sqlalchemy import select

from services.matcher.console.tables import sessions
from services.matcher.domain.matches import Match
from tests.integration.matcher_console.desk import PASSWORD, Office

COOKIE = "convene-matcher-sign-in"


def test_a_stranger_is_sent_to_sign_in_and_back(office: Office) -> None:
    office.add("Ann Osei")
    client = office.app.test_client()
    answer = client.get("/lists/waiting?goal=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/lists/waiting?goal%3D1"
    there = office.sign_in(client, "ann@coalition.example", next="/lists/waiting?goal=1")
    assert (there.status_code, there.location) == (303, "/lists/waiting?goal=1")
    assert client.get("/lists/waiting").status_code == 200


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_elsewhere(office: Office, where: str) -> None:
    office.add("Ann Osei")
    answer = office.sign_in(office.app.test_client(), "ann@coalition.example", next=where)
    assert answer.location == "/"


def test_unknown_address_and_wrong_password_look_alike(office: Office) -> None:
    office.add("Ann Osei")
    client = office.app.test_client()
    wrong = office.sign_in(client, "ann@coalition.example", "not the password")
    unknown = office.sign_in(client, "bob@coalition.example", "not the password")
    assert wrong.status_code == unknown.status_code == 403
    assert "is not right" in wrong.text
    assert wrong.text.count("alert-danger") == unknown.text.count("alert-danger") == 1
    assert client.get_cookie(COOKIE) is None


def test_the_cookie_holds_a_token_that_the_database_does_not(office: Office) -> None:
    desk = office.desk()
    cookie = desk.client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    with office.world.database.read() as connection:
        [row] = connection.execute(select(sessions)).all()
    assert cookie.value not in row.token_hash
    assert len(row.token_hash) == 64


def test_signing_in_always_makes_a_new_session_and_ends_the_one_before(office: Office) -> None:
    desk = office.desk()
    before = desk.client.get_cookie(COOKIE)
    answer = desk.post("/sign-in", email=desk.who.email, password=PASSWORD)
    assert answer.status_code == 303
    after = desk.client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert desk.get("/").status_code == 200
    old = office.app.test_client()
    old.set_cookie(COOKIE, before.value)
    assert old.get("/").status_code == 303


def test_half_an_hour_without_a_request_ends_it(office: Office) -> None:
    desk = office.desk()
    for _ in range(3):
        office.world.clock.advance(seconds=29 * 60)
        assert desk.get("/").status_code == 200
    office.world.clock.advance(seconds=31 * 60)
    assert desk.get("/").status_code == 303


def test_twelve_hours_end_it_in_any_case(office: Office) -> None:
    desk = office.desk()
    for _ in range(30):
        office.world.clock.advance(seconds=25 * 60)
        answer = desk.get("/")
    assert answer.status_code == 303


def test_signing_out_everywhere(office: Office) -> None:
    desk = office.desk()
    phone = office.app.test_client()
    office.sign_in(phone, desk.who.email)
    assert phone.get("/").status_code == 200
    assert desk.post("/sign-out-everywhere").status_code == 303
    assert phone.get("/").status_code == 303


def test_guessing_is_slowed_down(office: Office) -> None:
    office.add("Ann Osei")
    client = office.app.test_client()
    answers = [office.sign_in(client, "ann@coalition.example", "wrong") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [403] * 6 + [429]
    assert office.sign_in(client, "ann@coalition.example", PASSWORD).status_code == 429


def test_a_new_password_signs_out_and_the_old_one_is_over(office: Office) -> None:
    desk = office.desk()
    short = desk.post("/account/password", present=PASSWORD, new="short")
    assert short.status_code == 422
    assert "12 or more" in short.text
    answer = desk.post("/account/password", present=PASSWORD, new="four other plain words")
    assert answer.status_code == 303
    assert desk.get("/").status_code == 303
    assert office.sign_in(desk.client, desk.who.email).status_code == 403
    again = office.sign_in(desk.client, desk.who.email, "four other plain words")
    assert again.status_code == 303


def test_a_viewer_looks_and_decides_nothing(office: Office, proposal: Match) -> None:
    desk = office.desk("Vi Okoro", "viewer")
    page = desk.text(f"/matches/{proposal.match_id}")
    assert "Deciding needs the role of a coordinator" in page
    assert f"/matches/{proposal.match_id}/approve" not in page
    for path in ("approve", "reject", "hold", "withdraw", "undo", "answers", "again"):
        answer = desk.post(f"/matches/{proposal.match_id}/{path}", revision="1")
        assert answer.status_code == 403, path
    assert office.world.match(proposal.match_id).revision == proposal.revision
    assert office.world.match(proposal.match_id).viewed_at is None
    assert desk.get("/import").status_code == 403
    assert desk.get("/people").status_code == 403


def test_an_administrator_closes_an_account(office: Office) -> None:
    ann = office.desk()
    boss = office.desk("Bea Boss", "administrator")
    assert ann.get("/people").status_code == 403
    assert "ann@coalition.example" in boss.text("/people")
    assert boss.post(f"/people/{boss.who.coordinator_id}/close").status_code == 409
    assert boss.post(f"/people/{ann.who.coordinator_id}/close").status_code == 303
    assert ann.get("/").status_code == 303
    assert office.sign_in(ann.client, ann.who.email).status_code == 403


def test_every_form_needs_its_token(office: Office, proposal: Match) -> None:
    desk = office.desk(role="administrator")
    posts = [
        re.sub(r"<any\((\w+).*?>", r"\1", rule.rule).replace("<match_id>", proposal.match_id)
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "POST" in (rule.methods or ())
    ]
    assert len(posts) > 12
    for path in posts:
        file = {"file": (io.BytesIO(b"{}"), "a.jsonl")} if path in ("/import", "/figures") else {}
        answer = desk.client.post(path, data={"revision": "1", **file})
        assert answer.status_code == 400, path
        assert "Nothing was changed" in answer.text, path
    assert office.world.match(proposal.match_id).revision == proposal.revision


@pytest.mark.parametrize("path", ["/matches/nothing", "/lists/nothing", "/needs/nothing"])
def test_what_is_not_there_is_a_page(office: Office, path: str) -> None:
    answer = office.desk().get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text
