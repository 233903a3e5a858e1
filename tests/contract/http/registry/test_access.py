"""Who may do what: every operation, every kind of caller, one's own and others' objects."""

from typing import Any

import pytest

from services.registry.keys import revoke_key
from tests.contract.http.registry.callers import Api, Caller

OPERATIONS: list[tuple[str, str, Any]] = [
    ("GET", "/v1/members", None),
    ("POST", "/v1/members", {"name": "New", "sector": "charity"}),
    ("GET", "/v1/members/essex", None),
    ("PUT", "/v1/members/essex", {"name": "New", "sector": "charity"}),
    ("DELETE", "/v1/members/essex", None),
    ("POST", "/v1/members/essex/invite", None),
    ("POST", "/v1/members/essex/pause", None),
    ("GET", "/v1/members/essex/conflicts", None),
    ("PUT", "/v1/members/essex/conflicts", {"conflicts": []}),
    ("GET", "/v1/members/essex/contacts", None),
    ("POST", "/v1/members/essex/contacts", {"email": "new@essex.example"}),
    ("GET", "/v1/contacts/c1", None),
    ("PUT", "/v1/contacts/c1", {"email": "jane@essex.example"}),
    ("DELETE", "/v1/contacts/c1", None),
    ("GET", "/v1/own-contact", None),
    ("PUT", "/v1/own-contact", {"email": "jane@essex.example"}),
    ("GET", "/v1/own-contact/export", None),
    ("POST", "/v1/contacts/lookup", {"purpose": "send", "member_id": "essex"}),
    ("GET", "/v1/needs", None),
    ("POST", "/v1/needs", {"member": "essex", "title": "New"}),
    ("GET", "/v1/needs/n1", None),
    ("PUT", "/v1/needs/n1", {"title": "New"}),
    ("POST", "/v1/needs/n1/pause", None),
    ("POST", "/v1/needs/n1/close", {"code": "met"}),
    ("GET", "/v1/capabilities", None),
    ("POST", "/v1/partnerships", {"text": "x", "members": ["a", "b"], "since": "2022-12-01"}),
    ("POST", "/v1/imports", b'{"kind":"member"}'),
    ("GET", "/v1/imports/nothing", None),
    ("GET", "/v1/export", None),
    ("GET", "/v1/export?contacts=true", None),
]
OFFICE_ONLY = {
    "POST /v1/members",
    "POST /v1/members/essex/invite",
    "POST /v1/partnerships",
    "POST /v1/imports",
    "GET /v1/imports/nothing",
    "GET /v1/export",
}
ADMIN_ONLY = {"DELETE /v1/members/essex", "GET /v1/export?contacts=true"}
OWN_CONTACT = {"GET /v1/own-contact", "PUT /v1/own-contact", "GET /v1/own-contact/export"}
NOTIFIER_ONLY = {"POST /v1/contacts/lookup", *OWN_CONTACT}
NOTIFIER_TOO = {
    "GET /v1/members/essex",
    "GET /v1/needs",
    "GET /v1/capabilities",
    "POST /v1/members/essex/contacts",
}
LISTS = {"GET /v1/members", "GET /v1/needs", "GET /v1/capabilities"}


@pytest.fixture
def world(api: Api) -> Api:
    api.a_member()
    api.a_member("kent")
    api.a_contact(id="c1")
    api.a_need(id="n1")
    return api


def ask(caller: Caller, method: str, path: str, body: Any) -> int:
    headers = {"If-Match": "*"} if method in ("PUT", "DELETE") else {}
    if isinstance(body, bytes):
        return caller.send_file(path, body, "application/jsonl").status_code
    return caller._send(method, path, body, headers).status_code


def is_let_in(status: int) -> bool:
    """Neither refused for who one is nor told that nothing is there; bad input may be."""
    return status not in (401, 403, 404)


def test_every_operation_for_every_kind_of_caller(world: Api) -> None:
    forged = Caller(world.app, {"Authorization": "Bearer cvk_x_y"})
    reader, foreigner = world.member("essex", ("read",)), world.member("kent")
    for method, path, body in OPERATIONS:
        name = f"{method} {path}"
        assert ask(world.nobody, method, path, body) == 401, name
        assert ask(forged, method, path, body) == 401, name
        assert ask(world.service("matcher"), method, path, body) == 403, name
        readable = method == "GET" and name not in OFFICE_ONLY | ADMIN_ONLY | NOTIFIER_ONLY
        assert is_let_in(ask(reader, method, path, body)) == readable, name
        foreign = ask(foreigner, method, path, body)
        assert foreign in ((200,) if name in LISTS else (403, 404, 422)), name
        notifier = ask(world.service("notifier"), method, path, body)
        expected = name in (NOTIFIER_ONLY | NOTIFIER_TOO) - OWN_CONTACT
        assert is_let_in(notifier) == expected, name


@pytest.mark.parametrize("caller", ["coordinator", "console", "admin"])
def test_the_office_may_all_but_what_is_the_administrators(world: Api, caller: str) -> None:
    credential = {
        "coordinator": world.coordinator,
        "console": world.service("matcher", "coordinator:7"),
        "admin": world.admin,
    }[caller]
    for method, path, body in OPERATIONS:
        name = f"{method} {path}"
        status = ask(credential, method, path, body)
        refused = name in NOTIFIER_ONLY or (name in ADMIN_ONLY and caller != "admin")
        assert (status == 403) == refused, name
        assert status != 401, name


def test_a_member_may_do_with_its_own_what_is_not_the_offices(world: Api) -> None:
    caller = world.member("essex")
    for method, path, body in OPERATIONS:
        name = f"{method} {path}"
        expected = name not in OFFICE_ONLY | ADMIN_ONLY | NOTIFIER_ONLY
        assert is_let_in(ask(caller, method, path, body)) == expected, name


def test_a_foreign_object_is_as_good_as_absent(world: Api) -> None:
    kent = world.member("kent")
    for path in ("/v1/members/essex", "/v1/needs/n1", "/v1/contacts/c1"):
        foreign, absent = kent.get(path), kent.get(path[:-1] + "z")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json["code"] == absent.json["code"]
    assert [item["id"] for item in kent.get("/v1/members").json["items"]] == ["kent"]
    assert kent.get("/v1/needs").json["items"] == []
    assert kent.get("/v1/needs?member=essex").json["items"] == []


def test_a_member_cannot_publish_for_another(world: Api) -> None:
    kent = world.member("kent")
    assert kent.post("/v1/needs", {"member": "essex", "title": "Theirs"}).status_code == 422
    mine = kent.post("/v1/needs", {"title": "Ours"})
    assert (mine.status_code, mine.json["member"]) == (201, "kent")
    stolen = kent.post("/v1/needs", {"title": "Ours too", "contact": "c1"})
    assert stolen.status_code == 422


def test_a_key_ends_when_revoked_or_old(world: Api) -> None:
    caller = world.member("essex")
    assert caller.get("/v1/members/essex").status_code == 200
    key_id = caller.headers["Authorization"].split("_")[1]
    with world.work() as work:
        revoke_key(work, key_id)
    assert caller.get("/v1/members/essex").json["code"] == "key_refused"
    other = world.member("kent")
    world.clock.advance(days=366)
    assert other.get("/v1/members/kent").status_code == 401


def test_every_single_wrong_character_of_a_key_is_refused(world: Api) -> None:
    text = world.member("essex").headers["Authorization"]
    for position in range(len("Bearer "), len(text), 7):
        wrong = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        caller = Caller(world.app, {"Authorization": wrong})
        assert caller.get("/v1/members/essex").status_code == 401


def test_for_a_contact_the_notifier_may_do_with_its_member_what_the_member_may(world: Api) -> None:
    person = world.service("notifier", "contact:c1")
    may = {name for name in map(operation, OPERATIONS) if "/v1/needs" in name}
    may |= {"GET /v1/capabilities", "GET /v1/members/essex", "POST /v1/members/essex/contacts"}
    may |= NOTIFIER_ONLY
    for method, path, body in OPERATIONS:
        name = f"{method} {path}"
        assert is_let_in(ask(person, method, path, body)) == (name in may), name


def test_a_contact_reaches_nothing_of_another_member_and_nothing_once_erased(world: Api) -> None:
    world.a_need("kent", id="of-kent")
    person = world.service("notifier", "contact:c1")
    assert person.get("/v1/needs/of-kent").status_code == 404
    assert person.post("/v1/needs/of-kent/pause").status_code == 404
    assert [one["id"] for one in person.get("/v1/needs").json["items"]] == ["n1"]
    assert person.put("/v1/own-contact", {"email": "new@essex.example"}, 1).status_code == 200
    assert person.get("/v1/own-contact").json["email"] == "new@essex.example"
    held = person.get("/v1/own-contact/export").json
    assert (held["contact_id"], held["email"]) == ("c1", "new@essex.example")
    assert person.delete("/v1/own-contact").status_code == 204
    assert person.delete("/v1/own-contact").status_code == 204
    assert person.get("/v1/own-contact").status_code == 403
    assert person.get("/v1/needs").status_code == 403
    listed = (world.settings.var / "erasures.jsonl").read_text()
    assert listed.count("\n") == 1


def operation(entry: tuple[str, str, Any]) -> str:
    return f"{entry[0]} {entry[1]}"
