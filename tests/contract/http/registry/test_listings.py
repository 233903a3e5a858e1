"""Capabilities and needs through the API."""

import threading
from typing import Any

import pytest

from tests.contract.http.registry.callers import Answer, Api

STATE = {
    "version",
    "material_version",
    "changed_at",
    "created_at",
    "places_taken",
    "status",
    "closed_code",
    "published_at",
    "confirmed_at",
}


def body_of(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in STATE | {"id", "member"}}


def test_a_need_with_nothing_but_a_title_is_published(api: Api) -> None:
    api.a_member()
    need = api.a_need(goals=[])
    assert (need["status"], need["goals"], need["partners"]) == ("published", [], 1)
    assert need["id"] == "essex-reading-before-school"


def test_a_capability_without_capacity_has_one_partnership_at_a_time(api: Api) -> None:
    api.a_member()
    body = {"member": "essex", "title": "A hall", "gives": ["premises"], "mode": "in person"}
    view = api.coordinator.post("/v1/capabilities", body).json
    assert view["capacity"] == {"amount": 1, "unit": "partnerships", "per": "at a time"}
    assert (view["gives"], view["mode"]) == (["venue"], "in_person")


def test_what_was_read_can_be_sent_back_and_changes_nothing(api: Api) -> None:
    api.a_member()
    need = api.a_need(by="2027-01-01", evidence={"figure": 62.1}, locality={"text": "Jaywick"})
    path = f"/v1/needs/{need['id']}"
    again = api.coordinator.put(path, body_of(need), 1)
    assert (again.status_code, again.json["version"]) == (200, 1)
    assert again.json == need


def test_a_typo_is_not_material_and_another_goal_is(api: Api) -> None:
    api.a_member()
    need = api.a_need()
    path = f"/v1/needs/{need['id']}"
    typo = api.coordinator.put(path, {**body_of(need), "title": "Reading before shcool"}, 1).json
    assert (typo["version"], typo["material_version"]) == (2, 1)
    goal = api.coordinator.put(path, {**body_of(typo), "goals": [2]}, 2).json
    assert (goal["version"], goal["material_version"]) == (3, 3)


def test_the_steps_of_a_listings_life(api: Api) -> None:
    api.a_member()
    need = api.a_need(status="draft")
    path = f"/v1/needs/{need['id']}"
    assert need["published_at"] is None
    for step, status in (
        ("publish", "published"),
        ("pause", "paused"),
        ("confirm", "paused"),
        ("resume", "published"),
    ):
        assert api.coordinator.post(f"{path}/{step}").json["status"] == status
    closed = api.coordinator.post(f"{path}/close", {"code": "met"}).json
    assert (closed["status"], closed["closed_code"]) == ("closed", "met")
    refused = api.coordinator.put(path, body_of(closed) | {"title": "New"}, closed["version"])
    assert refused.status_code == 409
    assert "publish a new one" in refused.json["detail"]
    assert api.coordinator.post(f"{path}/close", {"code": "bored"}).status_code == 422
    assert api.coordinator.post(f"{path}/resume").status_code == 409


def test_lists_find_by_place_goal_sector_member_and_words(api: Api) -> None:
    api.a_member()
    api.a_member("trust", name="Barts", sector="health", places=["E12000007"])
    api.a_need(title="Apprenticeships in Harlow", places=["Harlow"], goals=[3, 5])
    api.a_need(title="Where the member is")
    api.a_need("trust", title="Nurses", goals=[8])
    for query, titles in (
        ("place=Essex+County+Council", {"Apprenticeships in Harlow", "Where the member is"}),
        ("place=E07000073", {"Apprenticeships in Harlow"}),
        ("place=London", {"Nurses"}),
        ("goal=5", {"Apprenticeships in Harlow"}),
        ("sector=health", {"Nurses"}),
        ("member=trust", {"Nurses"}),
        ("q=HARLOW+apprenticeships", {"Apprenticeships in Harlow"}),
        ("q=%25", set()),
        ("status=paused", set()),
        ("unconfirmed=true", set()),
    ):
        items = api.coordinator.get(f"/v1/needs?{query}").json["items"]
        assert {item["title"] for item in items} == titles, query
    api.clock.advance(days=183)
    assert len(api.coordinator.get("/v1/needs?unconfirmed=true").json["items"]) == 3


def test_a_bad_page_or_filter_is_refused(api: Api) -> None:
    for query in ("limit=0", "limit=x", "place=Nowhereshire", "sector=x", "goal=0", "colour=red"):
        response = api.coordinator.get(f"/v1/needs?{query}")
        assert response.status_code == 422, query
        assert response.json["errors"][0]["message"]
    assert api.coordinator.get("/v1/needs?after=bm9uc2Vuc2U").status_code == 400


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "is empty"),
        ("title", "Ring 01206 282 000", "telephone number"),
        ("description", "mail jane@essex.example", "email address"),
        ("description", "x" * 100_000, "shorten it to 20,000"),
        ("goals", [99], "none of the"),
        ("goals", "1", "must be a list"),
        ("places", ["Essex"], "Write E10000012"),
        ("wants", ["magic"], "is no kind of help"),
        ("by", "31/12/2026", "is no date"),
        ("partners", 0, "whole number from 1"),
        ("partners", "2", "without quotation marks"),
        ("member", "nobody", "is not the id of a member"),
        ("contact", "c9", "is not a contact of this member"),
        ("strict", ["places"], "must be one of"),
    ],
)
def test_bad_input_says_what_which_value_and_what_to_do(
    api: Api, field: str, value: object, said: str
) -> None:
    api.a_member()
    body = {"member": "essex", "title": "Reading", field: value}
    response = api.coordinator.post("/v1/needs", body)
    assert response.status_code == 422, response.text
    (error, *_) = response.json["errors"]
    assert error["field"].startswith(field)
    assert said in error["message"]
    assert api.coordinator.get("/v1/needs").json["items"] == []


def test_an_id_taken_is_a_conflict_for_its_kind_only(api: Api) -> None:
    api.a_member()
    api.a_need(id="same")
    assert (
        api.coordinator.post("/v1/needs", {"id": "same", "member": "essex", "title": "Other"}).json[
            "code"
        ]
        == "already_exists"
    )
    other = {"id": "same", "member": "essex", "title": "Other"}
    assert api.coordinator.post("/v1/capabilities", other).status_code == 201


def test_of_two_writers_at_once_one_wins_and_one_is_told(api: Api) -> None:
    api.a_member()
    need = api.a_need()
    path, caller = f"/v1/needs/{need['id']}", api.coordinator
    answers: list[Answer] = []
    barrier = threading.Barrier(6)

    def change(number: int) -> None:
        barrier.wait()
        body = body_of(need) | {"title": f"Reading before school {number}"}
        answers.append(caller.put(path, body, 1))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    assert api.coordinator.get(path).json["version"] == 2


def test_a_partnership_made_elsewhere_is_put_on_record(api: Api) -> None:
    api.a_member()
    api.a_member("kent")
    body = {"text": "A reading week", "members": ["essex", "kent"], "since": "2022-12-01"}
    recorded = api.coordinator.post("/v1/partnerships", body)
    assert recorded.status_code == 201
    again = api.coordinator.post("/v1/partnerships", {**body, "state": "active"})
    assert again.json["id"] == recorded.json["id"]
    for wrong, field in (
        ({"members": ["essex"]}, "members"),
        ({"members": ["essex", "nobody"]}, "members"),
        ({"since": "2099-01-01"}, "since"),
        ({"need": "nothing"}, "need"),
        ({"text": None}, "need"),
    ):
        refused = api.coordinator.post("/v1/partnerships", {**body, **wrong})
        assert refused.status_code == 422, wrong
        assert refused.json["errors"][0]["field"].startswith(field)
