"""The matcher over HTTP: who may, what is answered, and that a repeated request is done once."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.integration.matcher.conftest import Call
from tests.integration.matcher.world import World, reach_agreed, reach_introduced


def decide(call: Call, match_id: str, what: str, body: Any = None, **given: Any) -> TestResponse:
    tag = call("GET", f"/v1/matches/{match_id}").headers["ETag"]
    headers = {"If-Match": tag, **given.pop("headers", {})}
    return call("POST", f"/v1/matches/{match_id}/{what}", json=body or {}, headers=headers, **given)


def test_a_proposal_is_read_with_its_reasons_and_near_misses(world: World, call: Call) -> None:
    world.story()
    world.member("third", sector="local_government")
    world.capability("same-sector", member_id="third")
    world.propose()
    match = world.proposed()
    answer = call("GET", f"/v1/matches/{match.match_id}")
    body = answer.json
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    assert body is not None
    assert body["state"] == "proposed"
    assert sum(reason["contribution"] for reason in body["reasons"]) == pytest.approx(body["score"])
    assert [(r["capability_id"], r["rule"]) for r in body["refused"]] == [
        ("same-sector", "same_sector")
    ]
    assert {"approve", "reject", "hold", "withdraw"} <= set(body["moves"])
    [carried] = body["carried_by"]
    assert carried["capability_id"] == "first-words"
    assert {"need": "early reading", "capability": "early reading"} in carried["phrases"]
    assert carried["alike"] is None, "this process has no sentence model"


def test_the_whole_review_over_http(world: World, call: Call) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    approved = decide(call, match_id, "approve", {"note": "Good"})
    assert approved.status_code == 200
    assert approved.json is not None
    assert approved.json["state"] == "approved"
    assert "undo_approval" in approved.json["moves"]
    assert decide(call, match_id, "undo-approval").json["state"] == "proposed"  # type: ignore[index]
    assert decide(call, match_id, "hold", {"code": "procurement"}).status_code == 200
    assert decide(call, match_id, "release").status_code == 200
    rejected = decide(call, match_id, "reject", {"reason_code": "not_relevant", "note": "no"})
    assert rejected.json is not None
    assert rejected.json["ending"]["code"] == "not_relevant"
    again = decide(call, match_id, "new-round")
    assert again.status_code == 201
    assert again.json is not None
    assert (again.json["round"], again.json["previous_match_id"]) == (2, match_id)
    assert again.headers["Location"] == f"/v1/matches/{again.json['match_id']}"
    history = call("GET", f"/v1/matches/{match_id}/history").json
    assert history is not None
    assert [entry["move"] for entry in history["items"]] == [
        "propose",
        "approve",
        "undo_approval",
        "hold",
        "release",
        "reject",
    ]
    assert "Good" not in str(history)


def test_a_repeated_decision_is_made_once_and_answered_alike(world: World, call: Call) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    headers = {"Idempotency-Key": "k1", "If-Match": '"1"'}
    first, second = (
        call("POST", f"/v1/matches/{match_id}/approve", json={}, headers=headers) for _ in range(2)
    )
    assert first.status_code == second.status_code == 200
    assert first.json == second.json
    assert len([e for e in world.history(match_id) if e.move == "approve"]) == 1


@pytest.mark.parametrize(
    ("what", "body", "headers", "status", "code"),
    [
        ("approve", {}, {}, 428, "precondition_required"),
        ("approve", {}, {"If-Match": '"7"'}, 412, "changed_meanwhile"),
        ("reject", {}, {"If-Match": '"1"'}, 422, None),
        ("reject", {"reason_code": "ugly"}, {"If-Match": '"1"'}, 422, "unknown_reason"),
        (
            "reject",
            {"reason_code": "not_now", "until": "2020-01-01"},
            {"If-Match": '"1"'},
            422,
            "date_needed",
        ),
        ("approve", {"surprise": 1}, {"If-Match": '"1"'}, 422, None),
        ("end", {"reason_code": "other"}, {"If-Match": '"1"'}, 409, "move_refused"),
        ("ask-again", {}, {"If-Match": '"1"'}, 409, "move_refused"),
        ("new-round", {}, {"If-Match": '"1"'}, 409, "no_new_round"),
    ],
)
def test_what_is_refused_says_why(
    world: World,
    call: Call,
    what: str,
    body: dict[str, Any],
    headers: dict[str, str],
    status: int,
    code: str | None,
) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    answer = call("POST", f"/v1/matches/{match_id}/{what}", json=body, headers=headers)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert code in (None, answer.json["code"])
    assert world.match(match_id).revision == 1


def test_the_second_coordinator_is_told_who_was_first(world: World, call: Call) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    decide(call, match_id, "approve", by="anna")
    answer = decide(call, match_id, "reject", {"reason_code": "other"}, by="ben")
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["code"] == "already_decided"
    assert "approved by anna" in answer.json["detail"]


def test_lists_are_filtered_and_paged(world: World, call: Call) -> None:
    world.story()
    world.capability("first-words", "capability.changed", capacity={"amount": 9})
    for number in range(4):
        world.need(f"n{number}", goals=[number + 1], locality={"text": "Jaywick"})
    world.propose()

    def ids(query: str) -> list[str]:
        page = call("GET", f"/v1/matches?{query}").json
        assert page is not None
        return [item["need_id"] for item in page["items"]]

    assert len(ids("state=proposed")) == 5
    assert ids("state=approved&state=rejected") == []
    assert ids("goal=4") == ["n3"]
    assert len(ids("place=E10000012")) == 5
    assert ids("place=E07000071") == []
    assert len(ids("sector=public_body&member=bbc")) == 5
    assert sorted(ids("locality=Jaywick")) == ["n0", "n1", "n2", "n3"]
    assert ids("need=reading") == ["reading"]
    seen: list[str] = []
    path = "/v1/matches?limit=2"
    while path:
        page = call("GET", path).json
        assert page is not None
        seen += [item["match_id"] for item in page["items"]]
        path = f"/v1/matches?limit=2&after={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen)) == 5
    assert call("GET", "/v1/matches?after=nonsense").status_code == 400
    assert call("GET", "/v1/matches?state=lost").status_code == 422
    assert call("GET", "/v1/matches/unknown").status_code == 404


def test_the_feed_gives_every_event_once_in_order(world: World, call: Call) -> None:
    world.story()
    match = reach_introduced(world)
    types: list[str] = []
    after = 0
    while True:
        page = call("GET", f"/v1/events?after={after}&limit=2").json
        assert page is not None
        if not page["events"]:
            break
        types += [event["type"] for event in page["events"]]
        assert all(event["subject"] == match.match_id for event in page["events"])
        assert all(event["specversion"] == "1.0" for event in page["events"])
        after = page["next"]
    assert types == [
        f"org.convene.match.{word}.v1"
        for word in ("proposed", "approved", "asked", "agreed", "introduced")
    ]
    assert call("GET", f"/v1/events?after={after}&wait=0.1").json == {"events": [], "next": after}


def test_the_notifier_asks_before_it_introduces(world: World, call: Call) -> None:
    world.story()
    match = reach_agreed(world)
    path = f"/v1/matches/{match.match_id}/check"
    assert call("POST", path, by="service:notifier").json == {"allowed": True, "reason": None}
    world.member("bbc", "member.paused", status="paused")
    answer = call("POST", path, by="service:notifier")
    assert answer.json == {"allowed": False, "reason": "paused"}
    assert world.match(match.match_id).state == "withdrawn"
    assert call("POST", path, by="service:registry").status_code == 403


def test_near_misses_of_a_need(world: World, call: Call) -> None:
    world.story()
    world.member("third", sector="local_government")
    world.capability("same-sector", member_id="third")
    page = call("GET", "/v1/refusals?need=reading").json
    assert page is not None
    assert [item["rule"] for item in page["items"]] == ["same_sector"]
    assert call("GET", "/v1/refusals?need=nothing").status_code == 404


def test_near_misses_say_what_would_change_them(world: World, call: Call) -> None:
    world.story()
    world.member("third", sector="local_government", name="Leeds")
    world.capability("same-sector", member_id="third", delivers_in=["E08000035"])
    page = call("GET", "/v1/near-misses?need=reading").json
    assert page is not None
    [item] = page["items"]
    assert (item["capability_id"], item["rule"], item["feature"]) == (
        "same-sector", "same_sector", None)  # fmt: skip
    assert [(one["side"], one["kind"]) for one in item["changes"]] == [
        ("need", "any_sector"), ("capability", "deliver")]  # fmt: skip
    assert item["change"].startswith(
        "If Essex County Council welcomed partners of its own sector and Leeds also delivered in"
    )
    assert item["score_then"] >= world.settings.least_score
    world.need("reading", "need.changed", welcomes_same_sector=True)
    world.capability("same-sector", "capability.changed", delivers_in=["E07000076"])
    assert call("GET", "/v1/near-misses?need=reading").json == {"items": []}, "the change was made"
    world.propose()
    assert ("reading", "same-sector") in world.open_pairs()
    assert call("GET", "/v1/near-misses?need=nothing").status_code == 404


def test_reasons_come_with_what_they_teach(call: Call) -> None:
    page = call("GET", "/v1/reason-codes/verdict").json
    assert page is not None
    by_code = {item["code"]: item for item in page["items"]}
    assert by_code["wrong_place"]["teaches"] == "place"
    assert by_code["already_partners"]["for_good"] is True
    assert call("GET", "/v1/reason-codes/nothing").status_code == 404


def test_nobody_enters_without_a_credential_and_services_decide_nothing(
    world: World, web: Flask, call: Call
) -> None:
    world.story()
    world.propose()
    match_id = world.proposed().match_id
    client = web.test_client()
    assert client.get("/v1/matches").status_code == 401
    assert client.get("/v1/events").status_code == 401
    answer = call("POST", f"/v1/matches/{match_id}/approve", by="service:notifier", json={})
    assert answer.status_code == 403
    assert world.match(match_id).state == "proposed"


def test_a_preview_counts_what_could_match_and_names_nobody(world: World, call: Call) -> None:
    world.story()
    listing = {
        "member": "essex",
        "title": "Children start school unable to read",
        "description": "We need early reading help before school.",
        "places": ["E10000012"],
    }
    body = {"kind": "need", "listing": listing}
    shown = call("POST", "/v1/previews", json=body, by="service:notifier")
    assert shown.status_code == 200
    found = shown.json
    assert found is not None
    assert found["total"] == sum(found["strengths"].values()) == 1
    assert found["sectors"] == [{"sector": "public_body", "count": 1}]
    assert "bbc" not in shown.get_data(as_text=True).casefold()
    assert "first-words" not in shown.get_data(as_text=True)
    wrong = {"kind": "need", "listing": {**listing, "goals": ["nonsense"]}}
    refused = call("POST", "/v1/previews", json=wrong, by="service:notifier")
    assert refused.status_code == 422
    assert call("POST", "/v1/previews", json=body).status_code == 403
    world.propose()
    assert world.proposed().need_id != "typed", "nothing of it is kept"
