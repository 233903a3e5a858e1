"""Members through the API: created, read, replaced, stepped, listed."""

from typing import Any

import pytest

from tests.contract.http.registry.callers import Api


def body_of(view: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "sector", "industry", "coalitions", "places", "identifiers", "website")
    return {name: view[name] for name in names}


def test_a_member_is_registered_with_what_was_taken_for_its_places(api: Api) -> None:
    response = api.coordinator.post(
        "/v1/members",
        {"name": "Tendring Council", "sector": "council", "places": ["Tendring", "E10000012"]},
    )
    assert response.status_code == 201
    assert response.headers["Location"] == "/v1/members/tendring-council"
    assert response.headers["ETag"] == '"1"'
    view = response.json
    assert view["sector"] == "local_government"
    assert view["places_taken"] == [
        {"code": "E07000076", "name": "Tendring", "typed": "Tendring"},
        {"code": "E10000012", "name": "Essex", "typed": None},
    ]
    assert api.coordinator.get("/v1/members/tendring-council").json == view


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    view = api.a_member(website="https://essex.example")
    again = api.coordinator.put("/v1/members/essex", body_of(view), 1)
    assert again.status_code == 200
    assert again.json["version"] == 1


def test_a_change_needs_the_version_it_was_made_on(api: Api) -> None:
    body = {**body_of(api.a_member()), "name": "Essex"}
    assert api.coordinator.put("/v1/members/essex", body).status_code == 428
    assert api.coordinator.put("/v1/members/essex", body, 7).status_code == 412
    changed = api.coordinator.put("/v1/members/essex", body, 1)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert api.coordinator.put("/v1/members/essex", body, 1).status_code == 412
    assert api.coordinator.get("/v1/members/essex", If_None_Match='"2"').status_code == 304


def test_the_same_idempotency_key_registers_once(api: Api) -> None:
    body = {"id": "one", "name": "One", "sector": "charity"}
    first = api.coordinator.post("/v1/members", body, Idempotency_Key="k1")
    second = api.coordinator.post("/v1/members", body, Idempotency_Key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    other = api.coordinator.post("/v1/members", {**body, "id": "two"}, Idempotency_Key="k1")
    assert other.status_code == 422
    assert api.coordinator.post("/v1/members", body).status_code == 409


def test_the_steps_of_a_members_life(api: Api) -> None:
    api.a_member(status="invited")
    for step, status in (
        ("invite", "invited"),
        ("activate", "active"),
        ("pause", "paused"),
        ("resume", "active"),
        ("withdraw", "withdrawn"),
    ):
        assert api.coordinator.post(f"/v1/members/essex/{step}").json["status"] == status
    refused = api.coordinator.post("/v1/members/essex/pause")
    assert refused.status_code == 409
    assert "cannot pause member essex: it is withdrawn" in refused.json["detail"]
    assert api.coordinator.post("/v1/members/essex/promote").status_code == 404


def test_a_member_that_withdraws_takes_its_listings_along(api: Api) -> None:
    api.a_member()
    need = api.a_need()
    api.member("essex").post("/v1/members/essex/withdraw")
    closed = api.coordinator.get(f"/v1/needs/{need['id']}").json
    assert (closed["status"], closed["closed_code"]) == ("closed", "withdrawn")
    late = api.coordinator.post("/v1/needs", {"member": "essex", "title": "Late"})
    assert late.status_code == 422
    assert "has withdrawn" in late.json["errors"][0]["message"]


def test_conflicts_are_replaced_whole(api: Api) -> None:
    api.a_member()
    api.a_member("kent")
    path = "/v1/members/essex/conflicts"
    assert api.coordinator.get(path).json == {"conflicts": []}
    body = {"conflicts": [{"member": "kent", "code": "live tender", "until": "2027-01-01"}]}
    assert api.coordinator.put(path, body).status_code == 428
    assert api.coordinator.put(path, body, 0).status_code == 200
    shown = api.coordinator.get(path)
    assert shown.json["conflicts"][0]["code"] == "live_tender"
    assert shown.headers["ETag"] == '"1"'
    wrong = {"conflicts": [{"member": "nobody"}, {"member": "essex"}]}
    refused = api.coordinator.put(path, wrong, 1)
    assert refused.status_code == 422
    assert [error["value"] for error in refused.json["errors"]] == ["nobody", "essex"]


def test_lists_are_filtered_and_paged(api: Api) -> None:
    for number in range(5):
        api.a_member(f"council-{number}", places=["E07000076"])
    api.a_member("trust", name="Barts NHS Trust", sector="health", places=["E12000007"])
    seen, path = [], "/v1/members?limit=2&place=Essex+County+Council"
    while path:
        page = api.coordinator.get(path).json
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        path = f"/v1/members?limit=2&place=E10000012&after={after}" if after else ""
    assert seen == [f"council-{number}" for number in range(5)]
    for query, ids in (
        ("sector=health", ["trust"]),
        ("q=nhs+barts", ["trust"]),
        ("q=100%25", []),
        ("status=paused", []),
        ("place=London", ["trust"]),
        ("place=E12000006&sector=health", []),
    ):
        items = api.coordinator.get(f"/v1/members?{query}").json["items"]
        assert [item["id"] for item in items] == ids, query


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "is empty"),
        ("name", "   ", "is empty"),
        ("name", "x" * 100_000, "shorten it to 200"),
        ("name", "a\x1bb", "U+001B"),
        ("name", 5, "must be a text"),
        ("sector", "councils of war", "is no sector"),
        ("places", ["Essexx"], "Did you mean"),
        ("places", ["Essex"], "Write E10000012"),
        ("places", "Tendring", "must be a list"),
        ("website", "javascript:alert(1)", "is no web address"),
        ("identifiers", {"gss": ""}, "1 to 200"),
        ("id", "has spaces", "is no id"),
        ("id", "x" * 5_000, "shorten it"),
        ("status", "gone", "must be one of"),
        ("colour", "red", "Unknown field"),
    ],
)
def test_bad_input_says_what_which_value_and_what_to_do(
    api: Api, field: str, value: object, said: str
) -> None:
    body = {"name": "One", "sector": "charity", field: value}
    response = api.coordinator.post("/v1/members", body)
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    (error, *_) = response.json["errors"]
    assert error["field"].startswith(field)
    assert said in error["message"]
    assert api.coordinator.get("/v1/members").json["items"] == []


def test_an_erased_member_leaves_nothing(api: Api) -> None:
    api.a_member()
    api.a_contact()
    api.a_need()
    assert api.coordinator.delete("/v1/members/essex", 2).status_code == 403
    assert api.admin.delete("/v1/members/essex").status_code == 428
    assert api.admin.delete("/v1/members/essex", 2).status_code == 204
    for path in ("/v1/members/essex", "/v1/members/essex/contacts"):
        assert api.admin.get(path).status_code == 404
    assert api.admin.get("/v1/needs").json["items"] == []
