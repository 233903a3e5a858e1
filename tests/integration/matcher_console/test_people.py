"""Accounts: added by an administrator, begun by a link, changed, closed and opened again."""

import re

from flask.testing import FlaskClient

from tests.integration.matcher_console.desk import Desk, Office

WORDS = "five very plain words here"
_LINK = re.compile(r'id="link" value="[^"]*(/begin/[^"]+)"')
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def link_in(text: str) -> str:
    found = _LINK.search(text)
    assert found is not None, text
    return found[1]


def choose(client: FlaskClient, link: str, password: str) -> int:
    found = _TOKEN.search(client.get(link).text)
    data = {"csrf_token": found[1] if found else "", "new": password}
    return client.post(link, data=data).status_code


def added(boss: Desk, **form: str) -> str:
    """The link of a new colleague."""
    given = {"email": "cy@coalition.example", "name": "Cy Moss", "role": "viewer", **form}
    answer = boss.post("/people", via="/people", **given)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return link_in(answer.text)


def test_a_colleague_begins_with_a_link_that_works_once(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    link = added(boss)
    client = office.app.test_client()
    assert office.sign_in(client, "cy@coalition.example", "").status_code == 403
    assert "cy@coalition.example" in client.get(link).text
    assert choose(client, link, "short") == 422
    assert choose(client, link, WORDS) == 303
    assert office.sign_in(client, "cy@coalition.example", WORDS).status_code == 303
    assert client.get("/people").status_code == 403
    again = client.get(link)
    assert again.status_code == 410
    assert "no longer works" in again.text


def test_a_newer_link_ends_the_older_and_three_days_end_it(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    first = added(boss)
    [cy] = re.findall(r"/people/([0-9a-f-]{36})/link", boss.text("/people"))
    second = link_in(boss.post(f"/people/{cy}/link").text)
    client = office.app.test_client()
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    assert client.get("/begin/made-up").status_code == 410
    office.world.clock.advance(days=3)
    assert client.get(second).status_code == 410


def test_a_role_holds_from_the_next_request_on(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    ann = office.desk()
    path = f"/people/{ann.who.coordinator_id}"
    assert ann.get("/import").status_code == 200
    assert boss.post(path, name="Ann Osei-Bonsu", role="viewer").status_code == 303
    assert ann.get("/import").status_code == 403
    assert "Ann Osei-Bonsu" in ann.text("/account")
    bad = boss.post(path, name="Ann", role="queen")
    assert bad.status_code == 422
    assert "is not a role" in bad.text
    own = f"/people/{boss.who.coordinator_id}"
    assert boss.post(own, name="Bea", role="viewer").status_code == 409
    assert boss.post(own, name="Bea Boss-Lee", role="administrator").status_code == 303


def test_one_administrator_stays_whoever_changes_it(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    other = office.desk("Dee Dale", "administrator")
    theirs = f"/people/{other.who.coordinator_id}"
    assert boss.post(theirs, name="Dee Dale", role="viewer").status_code == 303
    assert other.post(f"/people/{boss.who.coordinator_id}/close").status_code == 403
    assert boss.post(f"{theirs}/close").status_code == 303
    assert other.get("/").status_code == 303
    assert boss.post(f"{theirs}/link").status_code == 409
    assert boss.post(f"{theirs}/open").status_code == 303
    assert office.sign_in(office.app.test_client(), other.who.email).status_code == 303


def test_what_is_wrong_with_a_new_account_is_said_at_its_field(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    for form, said in (
        ({"email": "nonsense", "name": "Cy"}, "is not an email address"),
        ({"email": boss.who.email, "name": "Bea"}, "There is an account of"),
        ({"email": "cy@coalition.example", "name": " "}, "The name is empty"),
    ):
        answer = boss.post("/people", role="viewer", **form)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'id="email-new"' in answer.text
