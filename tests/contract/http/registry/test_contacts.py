"""People through the API, and their addresses for the notifier: to its purpose, on proof, audited."""

from typing import Any

import pytest
from sqlalchemy import select

from services.registry.store import tables
from tests.contract.http.registry.callers import GROUND, Api


def send(api: Api, **body: Any) -> Any:
    return api.service("notifier").post("/v1/contacts/lookup", {"purpose": "send", **body})


def introduce(api: Api, claim: str, **body: Any) -> Any:
    asked = {
        "purpose": "introduce",
        "match_id": "m1",
        "member_ids": ["essex", "bbc"],
        "listing_ids": [],
        "claim": claim,
        **body,
    }
    return api.service("notifier").post("/v1/contacts/lookup", asked)


def two_parties(api: Api) -> None:
    for member_id in ("essex", "bbc"):
        api.a_member(member_id)
        api.a_contact(member_id, email=f"main@{member_id}.example")
        api.a_contact(member_id, email=f"other@{member_id}.example")


def test_a_contacts_write_does_not_repeat_the_person(api: Api) -> None:
    api.a_member()
    written = api.a_contact(email="jane@essex.example")
    assert set(written) == {"id", "member", "main", "can_be_asked", "version"}
    assert written["main"] is True
    assert written["can_be_asked"] is True
    shown = api.coordinator.get(f"/v1/contacts/{written['id']}")
    assert shown.json["email"] == "jane@essex.example"
    assert shown.headers["ETag"] == '"1"'
    assert api.coordinator.get("/v1/members/essex").json["can_be_asked"] is True


def test_nothing_stored_outside_the_vault_shows_the_person(api: Api) -> None:
    api.a_member()
    api.a_contact(email="canary.jane@essex.example", name="Canary Jane")
    for number in range(2):
        body = {"email": f"canary{number}@essex.example", "name": "Canary Other"}
        api.coordinator.post("/v1/members/essex/contacts", body, Idempotency_Key=f"k{number}")
    database = api.app.extensions["registry"].database
    database.close()
    files = list(api.settings.var.glob("registry.db*"))
    for file in files:
        if file.is_file():
            assert b"anary" not in file.read_bytes()


def test_a_corrected_address_is_asked_again(api: Api) -> None:
    api.a_member()
    contact = api.a_contact()
    path = f"/v1/contacts/{contact['id']}"
    body = {"email": "right@essex.example", "ground": GROUND}
    assert api.coordinator.put(path, body).status_code == 428
    changed = api.coordinator.put(path, body, 1)
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert api.coordinator.delete(path, 1).status_code == 412
    assert api.coordinator.delete(path, 2).status_code == 204
    assert api.coordinator.get(path).status_code == 404
    assert api.coordinator.get("/v1/members/essex").json["can_be_asked"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": "x"}, "email"),
        ({"email": "a@b.example", "ground": {}}, "ground"),
        ({"email": "a@b.example", "choices": {"spam": True}}, "choices"),
        ({"email": "a@b.example", "name": "x" * 100_000}, "name"),
        ({"email": "a@b.example", "name": "a\x07b"}, "name"),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, "email"),
    ],
)
def test_bad_contacts_are_refused_by_field(api: Api, body: dict[str, Any], field: str) -> None:
    api.a_member()
    response = api.coordinator.post("/v1/members/essex/contacts", body)
    assert response.status_code == 422, response.text
    assert response.json["errors"][0]["field"].startswith(field)


def test_one_address_is_one_contact_of_a_member(api: Api) -> None:
    api.a_member()
    api.a_contact(email="jane@essex.example")
    again = api.coordinator.post("/v1/members/essex/contacts", {"email": "JANE@essex.example"})
    assert again.status_code == 409


def test_the_notifier_gets_whom_to_write_to_best_first(api: Api) -> None:
    two_parties(api)
    held = api.coordinator.get("/v1/members/essex/contacts").json["items"]
    other = next(c["id"] for c in held if c["email"].startswith("other"))
    need = api.a_need(contact=other)
    plain = send(api, member_id="essex").json["contacts"]
    assert [c["email"].split("@")[0] for c in plain] == ["main", "other"]
    own = send(api, member_id="essex", listing_id=need["id"]).json["contacts"]
    assert own[0]["contact_id"] == other
    only = send(api, member_id="essex", contact_id=other).json["contacts"]
    assert [c["contact_id"] for c in only] == [other]
    assert set(only[0]) == {
        "contact_id",
        "member_id",
        "name",
        "role",
        "email",
        "choices",
        "ground_ok",
        "main",
        "can_be_asked",
    }


def test_every_look_is_audited_without_the_address(api: Api) -> None:
    two_parties(api)
    send(api, member_id="essex")
    audit = tables.standard.audit
    with api.app.extensions["registry"].database.read() as connection:
        query = select(audit).where(audit.c.action == "contact.looked_up")
        lines = connection.execute(query).all()
    assert len(lines) == 2
    assert all(line.actor == "service:notifier" for line in lines)
    assert all(line.details["purpose"] == "send" for line in lines)
    assert "example" not in str(lines)


def test_nobody_is_written_to_for_a_member_that_left(api: Api) -> None:
    two_parties(api)
    api.coordinator.post("/v1/members/essex/withdraw")
    assert send(api, member_id="essex").json["code"] == "member_withdrawn"
    claim = api.claim("m1", {"essex": "yes", "bbc": "yes"})
    assert introduce(api, claim).status_code == 409
    assert send(api, member_id="nobody").status_code == 404


def test_an_introduction_takes_every_partys_yes(api: Api) -> None:
    two_parties(api)
    contacts = introduce(api, api.claim("m1", {"essex": "yes", "bbc": "yes"})).json["contacts"]
    assert sorted(c["email"] for c in contacts) == ["main@bbc.example", "main@essex.example"]


def test_who_said_yes_is_introduced(api: Api) -> None:
    two_parties(api)
    held = api.coordinator.get("/v1/members/essex/contacts").json["items"]
    other = next(c["id"] for c in held if c["email"].startswith("other"))
    claim = api.claim("m1", {"essex": "yes", "bbc": "yes"}, {"essex": other, "bbc": other})
    contacts = introduce(api, claim).json["contacts"]
    assert sorted(c["email"] for c in contacts) == ["main@bbc.example", "other@essex.example"]


def test_a_colleague_the_notifier_enters_is_entered_once(api: Api) -> None:
    api.a_member()
    body = {"email": "colleague@essex.example", "ground": GROUND, "name": ""}
    notifier = api.service("notifier")
    first = notifier.post("/v1/members/essex/contacts", body)
    again = notifier.post("/v1/members/essex/contacts", body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]


@pytest.mark.parametrize(
    ("match_id", "answers"),
    [
        ("m2", {"essex": "yes", "bbc": "yes"}),
        ("m1", {"essex": "yes", "bbc": "no"}),
        ("m1", {"essex": "yes"}),
        ("m1", {"essex": "yes", "bbc": "yes", "kent": "yes"}),
        ("m1", {}),
    ],
)
def test_a_claim_that_does_not_cover_the_request_is_refused(
    api: Api, match_id: str, answers: dict[str, str]
) -> None:
    two_parties(api)
    response = introduce(api, api.claim(match_id, answers))
    assert (response.status_code, response.json["code"]) == (403, "claim_refused")


def test_a_forged_or_old_claim_is_refused(api: Api) -> None:
    two_parties(api)
    claim = api.claim("m1", {"essex": "yes", "bbc": "yes"})
    for forged in (claim[:-2], "x" + claim, claim.replace(".", ".x"), "nonsense"):
        assert introduce(api, forged).status_code == 403
    api.clock.advance(seconds=601)
    assert introduce(api, claim).status_code == 403


def test_a_lookup_without_what_its_purpose_needs_is_refused(api: Api) -> None:
    for body in ({"purpose": "send"}, {"purpose": "introduce"}, {"purpose": "sell"}, {}):
        response = api.service("notifier").post("/v1/contacts/lookup", body)
        assert response.status_code == 422
        assert response.json["errors"]
