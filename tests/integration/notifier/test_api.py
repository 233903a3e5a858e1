"""The API: answers by telephone, the ledger, tasks, bounces, subjects; each for who may call it."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.notifier.domain.messages import Kind, State
from services.notifier.mail.addresses import return_token
from services.notifier.store.tables import messages
from shared.contracts import types
from shared.settings import keys
from shared.web.policy import endpoints_without_policy
from tests.integration.notifier.browsing import links_to, open_link, press, say
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.smtp_double import DROP
from tests.integration.notifier.world import BBC, ECC, MATCH, World


def call(
    world: World, method: str, path: str, body: Any = None, *, service: str = "matcher", **more: Any
) -> TestResponse:
    token = world.parts.tokens.issue(service, "notifier", acting_for="coordinator:c1")
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    return world.browser().open(path, method=method, json=body, headers=headers, **more)


def asked(world: World) -> None:
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")


def recorded(**changes: Any) -> dict[str, Any]:
    return {"member_id": BBC, "answer": "yes", "said_by": "Pat Lee", "how": "telephone", **changes}


def test_an_answer_by_telephone_counts_and_is_confirmed_by_email(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    answer = call(world, "POST", f"/v1/matches/{MATCH}/answers", recorded(note="rang back"))
    assert answer.status_code == 201
    world.run()
    told = next(e.data for e in world.heard() if e.type == types.ANSWER_ACCEPTED)
    assert told is not None
    assert told["recorded_by"] == "coordinator"
    assert "Pat" not in repr(told)
    copy = world.double.received[-1].decode().replace("=\r\n", "")
    assert "Pat Lee" in copy
    assert "We wrote down your answer" in copy
    page = open_link(world.browser(), links_to(world, BBC, "a")[-1])
    assert "You said yes" in page.get_data(as_text=True)


def test_answers_are_told_to_the_console_with_their_notes(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    say(world, ECC, "no", reason_code="wrong_stage", note="Our gap is at 16 to 18.")
    items = call(world, "GET", f"/v1/matches/{MATCH}/answers").json["items"]  # type: ignore[index]
    assert len(items) == 1
    assert items[0]["note"] == "Our gap is at 16 to 18."
    assert (items[0]["said_by"], items[0]["recorded_by"]) == ("Sam Okafor", "member")


def test_the_ledger_of_a_match_holds_no_address(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    answer = call(world, "GET", f"/v1/matches/{MATCH}/messages")
    assert len([i for i in answer.json["items"] if i["kind"] == "approach"]) == 2  # type: ignore[index]
    assert "@" not in answer.get_data(as_text=True)


def test_the_same_request_repeated_is_answered_the_same(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    headers = {"Idempotency-Key": "one-and-only-1"}
    path = f"/v1/matches/{MATCH}/answers"
    first = call(world, "POST", path, recorded(), headers=headers)
    second = call(world, "POST", path, recorded(), headers=headers)
    assert (first.status_code, first.json) == (second.status_code, second.json)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": "maybe"}, "answer"),
        ({"answer": "no"}, "reason_code"),
        ({"answer": "no", "reason_code": "because"}, "reason_code"),
        ({"until": "2027-01-01"}, "until"),
        ({"said_by": ""}, "said_by"),
        ({"note": "x" * 3000}, "note"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_body_that_cannot_be_used_names_its_field(
    sqlite_world: World, body: dict[str, Any], field: str
) -> None:
    asked(sqlite_world)
    answer = call(sqlite_world, "POST", f"/v1/matches/{MATCH}/answers", recorded(**body))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]  # type: ignore[index]


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("declined", 409, "match_closed"), ("asked", 409, "match_on_hold")],
)
def test_what_is_closed_or_on_hold_takes_no_answer(
    sqlite_world: World, state: str, status: int, code: str
) -> None:
    asked(sqlite_world)
    hold = {"code": "pre_election", "until": None} if state == "asked" else None
    type_ = types.MATCH_HELD if hold else types.MATCH_DECLINED
    sqlite_world.match(type_, state=state, hold=hold)
    answer = call(sqlite_world, "POST", f"/v1/matches/{MATCH}/answers", recorded())
    assert (answer.status_code, answer.json["code"]) == (status, code)  # type: ignore[index]


def test_unknown_things_are_404_and_strangers_422(sqlite_world: World) -> None:
    asked(sqlite_world)
    for path in ("answers", "messages", "outcomes"):
        assert call(sqlite_world, "GET", f"/v1/matches/none/{path}").status_code == 404
    assert call(sqlite_world, "POST", "/v1/matches/none/answers", recorded()).status_code == 404
    stranger = recorded(member_id="nobody")
    answer = call(sqlite_world, "POST", f"/v1/matches/{MATCH}/answers", stranger)
    assert answer.status_code == 422
    assert call(sqlite_world, "POST", "/v1/messages/none/retry").status_code == 404


@pytest.mark.parametrize("service", ["registry", "stranger"])
def test_only_the_matcher_reads_notes(sqlite_world: World, service: str) -> None:
    asked(sqlite_world)
    path = f"/v1/matches/{MATCH}/answers"
    assert call(sqlite_world, "GET", path, service=service).status_code == 403
    assert sqlite_world.browser().get(path).status_code == 401


def test_only_the_registry_erases(sqlite_world: World) -> None:
    body = {"contact_id": "c", "email": "a@b.example"}
    assert call(sqlite_world, "POST", "/v1/subjects/erase", body).status_code == 403


def test_every_endpoint_declares_a_policy(sqlite_world: World) -> None:
    assert endpoints_without_policy(sqlite_world.web()) == []


def test_mail_that_stopped_is_a_task_and_can_be_tried_again(make_world: MakeWorld) -> None:
    world = make_world(mail_retry_ambiguous=False)
    world.registry.people[BBC] = []
    world.double.script = {"dot": DROP}
    world.match(types.MATCH_APPROVED)
    tasks = call(world, "GET", "/v1/tasks").json["items"]  # type: ignore[index]
    assert {task["code"] for task in tasks} == {"no_contact", "held_ambiguous"}
    assert all(task["text"] for task in tasks)
    held = next(t["message"] for t in tasks if t["code"] == "held_ambiguous")
    assert call(world, "POST", f"/v1/messages/{held['message_id']}/arrived").status_code == 200
    world.double.script = {}
    world.registry.people[BBC] = [{**world.registry.people[ECC][0], "member_id": BBC}]
    gone = next(t["message"] for t in tasks if t["code"] == "no_contact")
    assert call(world, "POST", f"/v1/messages/{gone['message_id']}/retry").status_code == 200
    world.run()
    assert {m.state for m in world.ledger(Kind.APPROACH)} == {State.ACCEPTED}
    assert call(world, "GET", "/v1/tasks").json["items"] == []  # type: ignore[index]
    again = call(world, "POST", f"/v1/messages/{gone['message_id']}/retry")
    assert (again.status_code, again.json["code"]) == (409, "invalid_move")  # type: ignore[index]


def bounce_of(world: World, member_id: str, status: str = "5.1.1") -> bytes:
    message = next(m for m in world.ledger(Kind.APPROACH) if m.member_id == member_id)
    key = keys.load_or_create(world.settings.keys_dir, "notifier-return")
    token = return_token(key, message.message_id)
    return f"""From: MAILER-DAEMON@mx.example
To: convene+b-{token}@convene.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; person@bbc.example
Action: failed
Status: {status}

--b--
""".replace("\n", "\r\n").encode()


def test_a_bounce_is_a_failure_and_is_taken_once(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    world.heard()
    for _ in range(2):
        answer = call(
            world,
            "POST",
            "/v1/bounces",
            data=bounce_of(world, BBC),
            content_type="message/rfc822",
        )
        assert answer.status_code == 200
        assert answer.json["kind"] == "bounce"  # type: ignore[index]
    world.run()
    failed = [e.data for e in world.heard() if e.type == types.MESSAGE_FAILED]
    assert [data["code"] for data in failed if data] == ["undeliverable"]
    assert len(world.heard_preferences()) == 1
    world.match(types.MATCH_UNREACHABLE, state="unreachable")
    world.match(types.MATCH_APPROVED, attempt=2)
    assert [m.state for m in world.ledger(Kind.APPROACH) if m.attempt == 2] == [State.SUPPRESSED]
    world.registry.people[BBC][0]["email"] = "right@bbc.example"
    world.match(types.MATCH_APPROVED, attempt=3)
    assert world.double.envelopes[-1][1] == "right@bbc.example"


def test_a_subject_is_exported_and_then_erased_everywhere(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    browser = world.browser()
    page = open_link(browser, links_to(world, BBC, "a")[0])
    press(browser, page, "yes", note="Zebrafink asks you to ring first.")
    say(world, ECC, "yes")
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=121)
    body = {"contact_id": f"c-{BBC}", "email": "person@bbc.example"}
    export = call(world, "POST", "/v1/subjects/export", body, service="registry")
    assert "Zebrafink" in export.get_data(as_text=True)
    assert len(export.json["messages"]) == 2  # type: ignore[index]
    for _ in range(2):
        erased = call(world, "POST", "/v1/subjects/erase", body, service="registry")
        assert erased.status_code == 200
    empty = call(world, "POST", "/v1/subjects/export", body, service="registry")
    assert "Zebrafink" not in empty.get_data(as_text=True)
    with world.parts.database.read() as connection:
        rows = connection.execute(messages.select()).all()
    kept = [row for row in rows if row.sealed_bytes is not None]
    assert {row.kind for row in kept} == {"approach"}, "introductions named both"
    assert open_link(world.browser(), links_to(world, BBC, "a")[0]).status_code == 404
    world.match(types.MATCH_APPROVED, match_id="match-2")
    assert [to for _, to in world.double.envelopes].count("person@bbc.example") == 2


def test_no_address_name_or_note_lies_readable_in_any_file(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    say(world, BBC, "no", reason_code="other", note="Zebrafink asks you to ring first.")
    world.run()
    folder = world.settings.var
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for private in (b"Zebrafink", b"person@bbc.example", b"Sam Okafor", b"Person of bbc"):
            assert private not in content, path.name


def test_the_api_is_described(sqlite_world: World) -> None:
    document = json.loads(sqlite_world.browser().get("/v1/openapi.json").data)
    assert document["openapi"].startswith("3.1")
    assert "/v1/matches/{match_id}/answers" in document["paths"]
    assert "/v1/bounces" in document["paths"]
