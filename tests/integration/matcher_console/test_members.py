"""What is done through the other services: answers by telephone, contacts, files."""

import io
from typing import Any

import pytest

from services.matcher.domain.matches import Match
from tests.integration.matcher_console.desk import Desk, Office

CONTACT = {
    "id": "c1",
    "member": "bbc",
    "email": "sam@old.example",
    "name": "Sam Lee",
    "role": "Head of skills",
    "main": True,
    "choices": {"proposals": True},
    "ground": {"basis": "legitimate_interests", "date": "2026-05-03", "source": "launch"},
    "can_be_asked": True,
    "unsubscribed_at": None,
    "unreachable_code": "5.1.1",
    "version": 3,
}
ANSWER = {
    "member_id": "bbc",
    "answer": "no",
    "reason_code": "no_capacity",
    "said_by": "Sam Lee, head of skills",
    "how": "telephone",
    "note": "Ask again in spring.",
    "until": "",
    "once": "form-1",
}


@pytest.fixture
def asked(office: Office, proposal: Match) -> Match:
    world = office.world
    world.approve(proposal.match_id)
    world.tick(seconds=130)
    for party in proposal.parties:
        world.sent(world.match(proposal.match_id), party.member_id)
    return world.match(proposal.match_id)


def test_an_answer_by_telephone_goes_to_the_notifier(office: Office, asked: Match) -> None:
    desk = office.desk()
    path = f"/matches/{asked.match_id}"
    assert "Record an answer" in desk.text(path)
    assert desk.post(f"{path}/answers", via=path, **ANSWER).status_code == 303
    [(where, body)] = office.notifier.sent("POST")
    assert where == f"/v1/matches/{asked.match_id}/answers"
    wanted = {name: value for name, value in ANSWER.items() if name != "once"}
    assert body == {**wanted, "until": None}
    [request] = [one for one in office.notifier.asked if one.method == "POST"]
    assert request.headers["Idempotency-Key"] == "form-1"
    assert "The answer is recorded" in desk.text(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": ""}, "Say what the answer was."),
        ({"said_by": " "}, "Say who gave the answer"),
        ({"how": "pigeon"}, "how the answer reached you"),
        ({"reason_code": ""}, "Choose a reason"),
    ],
)
def test_an_answer_must_be_whole(
    office: Office, asked: Match, change: dict[str, str], said: str
) -> None:
    desk = office.desk()
    path = f"/matches/{asked.match_id}"
    answer = desk.post(f"{path}/answers", via=path, **{**ANSWER, **change})
    assert answer.status_code == 422
    assert "Look at the marked fields" in answer.text
    assert "Ask again in spring." in answer.text
    assert office.notifier.sent("POST") == []
    if "how" not in change:
        assert said in answer.text


def test_what_the_notifier_refuses_is_told(office: Office, asked: Match) -> None:
    desk = office.desk()
    path = f"/matches/{asked.match_id}"
    refusal = {"detail": "contacts have been exchanged; this answer can no longer change"}
    office.notifier.says("POST", f"/v1/matches/{asked.match_id}/answers", refusal, 409)
    answer = desk.post(f"{path}/answers", via=path, **ANSWER)
    assert answer.status_code == 409
    assert "contacts have been exchanged" in answer.text
    office.notifier.away = True
    away = desk.post(f"{path}/answers", via="/account", **ANSWER)
    assert away.status_code == 503
    assert "does not answer at the moment" in away.text


def test_notes_of_members_are_for_coordinators_in_the_history(office: Office, asked: Match) -> None:
    world = office.world
    world.answer(asked, "bbc", "no", reason_code="no_capacity")
    given = world.clock.now().isoformat()
    told = {"member_id": "bbc", "answer": "no", "note": "Our team is full.", "given_at": given}
    path = f"/v1/matches/{asked.match_id}"
    office.notifier.says("GET", f"{path}/answers", {"items": [told]})
    message = {
        "kind": "approach",
        "member_id": "bbc",
        "state": "accepted",
        "code": None,
        "finished_at": given,
        "due_at": given,
    }
    office.notifier.says("GET", f"{path}/messages", {"items": [message]})
    page = office.desk().text(f"/matches/{asked.match_id}")
    assert "BBC answered: No" in page
    assert "Our team is full." in page
    assert "No capacity at the moment".lower() in page.lower()
    assert "The question" in page
    labels = {one.headers["Authorization"][:7] for one in office.notifier.asked}
    assert labels == {"Bearer "}


def test_a_suggested_change_is_read_on_the_match_and_listed_among_the_tasks(
    office: Office, asked: Match
) -> None:
    told = {
        "member_id": "bbc",
        "about": "place",
        "text": "Clacton is possible, <b>Harwich</b> is not",
        "said_by": "Sam Lee",
        "role": "",
        "made_at": office.world.clock.now().isoformat(),
        "settled_at": None,
        "settled_by": None,
    }
    path = f"/v1/matches/{asked.match_id}"
    office.notifier.says("GET", f"{path}/suggestions", {"items": [told]})
    desk = office.desk()
    page = desk.text(f"/matches/{asked.match_id}")
    assert "would like the place changed before it answers, says Sam Lee" in page
    assert "Clacton is possible, &lt;b&gt;Harwich&lt;/b&gt; is not" in page
    assert "The match waits for you." in page
    tasks: list[dict[str, Any]] = [
        {"kind": "suggestion", "match_id": asked.match_id, "member_id": "bbc", "text": "Read it."},
        {"kind": "erasure", "match_id": None, "member_id": "bbc", "text": "Finish it."},
    ]
    items = [{**task, "message": None, "code": task["kind"]} for task in tasks]
    office.notifier.says("GET", "/v1/tasks", {"items": items})
    home = desk.text("/")
    assert "A suggested change, BBC" in home
    assert "A person asks to be erased, BBC" in home


def test_a_contact_is_corrected_in_the_registry(office: Office, proposal: Match) -> None:
    office.registry.says("GET", "/v1/members/bbc/contacts", {"items": [CONTACT]})
    office.registry.says("GET", "/v1/contacts/c1", CONTACT, headers={"ETag": '"3"'})
    desk = office.desk()
    page = desk.text("/members/bbc/contacts", match=proposal.match_id)
    assert "sam@old.example" in page
    assert "Mail to this address came back (5.1.1)" in page
    form = {"email": "sam@new.example", "name": "Sam Lee", "role": "Director", "version": "3"}
    answer = desk.post("/members/bbc/contacts/c1", **form, match=proposal.match_id)
    assert answer.location == f"/matches/{proposal.match_id}"
    [(where, body)] = office.registry.sent("PUT")
    assert where == "/v1/contacts/c1"
    assert body == {
        "email": "sam@new.example",
        "name": "Sam Lee",
        "role": "Director",
        "main": True,
        "choices": CONTACT["choices"],
        "ground": CONTACT["ground"],
    }
    [request] = [one for one in office.registry.asked if one.method == "PUT"]
    assert request.headers["If-Match"] == '"3"'


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (412, {"detail": "changed"}, "Somebody changed this contact since you opened it"),
        (
            422,
            {
                "detail": "Some of this cannot be used.",
                "errors": [{"field": "json.email", "message": "is not an email address"}],
            },
            "is not an email address",
        ),
    ],
)
def test_a_refused_correction_keeps_what_was_typed(
    office: Office, proposal: Match, status: int, body: Any, said: str
) -> None:
    office.registry.says("GET", "/v1/members/bbc/contacts", {"items": [CONTACT]})
    office.registry.says("GET", "/v1/contacts/c1", CONTACT)
    office.registry.says("PUT", "/v1/contacts/c1", body, status)
    answer = office.desk().post(
        "/members/bbc/contacts/c1", email="sam@@new", name="Sam", role="", version="2"
    )
    assert answer.status_code == 409
    assert said in answer.text
    assert 'value="sam@@new"' in answer.text


def test_a_contact_of_another_member_is_not_here(office: Office, proposal: Match) -> None:
    office.registry.says("GET", "/v1/contacts/c1", {**CONTACT, "member": "essex"})
    answer = office.desk().post("/members/bbc/contacts/c1", email="x@y.example", version="3")
    assert answer.status_code == 404
    assert office.registry.sent("PUT") == []


def test_the_registry_may_be_away(office: Office, proposal: Match) -> None:
    office.registry.away = True
    desk = office.desk()
    page = desk.get("/members/bbc/contacts")
    assert page.status_code == 503
    assert "The registry does not answer at the moment" in page.text
    answer = upload(desk, b"{}", "a.jsonl")
    assert answer.status_code == 503
    assert "Nothing was taken in" in answer.text


def upload(desk: Desk, content: bytes, name: str, **form: str) -> Any:
    return desk.post("/import", via="/import", file=(io.BytesIO(content), name), **form)


FOUND: dict[str, Any] = {
    "id": "i1",
    "state": "finished",
    "finished_at": "2026-12-01T09:00:00+00:00",
    "options": {},
    "failure": None,
    "counts": {"lines": 3, "added": {"member": 2}, "refused": {"need": 1}},
    "errors": [
        {
            "line": 3,
            "kind": "need",
            "id": "reading",
            "field": "places",
            "value": "Esex <b>",
            "message": "is no place; did you mean Essex?",
        }
    ],
    "kept": [],
    "duplicates": [],
    "warnings": [],
    "totals": {"errors": 1, "kept": 0, "duplicates": 0, "warnings": 0},
}


def test_a_file_is_sent_on_and_its_findings_are_shown_by_line(office: Office) -> None:
    office.registry.says("POST", "/v1/imports", {"id": "i1", "state": "held"}, 202)
    office.registry.says("GET", "/v1/imports/i1", FOUND)
    office.registry.says("GET", "/v1/imports/i1/columns", {"sheets": [], "fields": {}})
    desk = office.desk()
    content = b'{"kind":"member","id":"a","name":"A","sector":"business"}\n'
    answer = upload(desk, content, "coalition.jsonl")
    assert answer.location == "/imports/i1/columns"
    [request] = [one for one in office.registry.asked if one.method == "POST"]
    assert request.content == content
    assert request.headers["Content-Type"] == "application/jsonl"
    assert dict(request.url.params) == {"hold": "true"}
    assert desk.post("/imports/i1/start", via=answer.location, how="try").location == "/imports/i1"
    options = {"overwrite": False, "accept_duplicates": False, "dry_run": True}
    assert office.registry.sent("POST")[-1] == ("/v1/imports/i1/start", options)
    page = desk.text("/imports/i1")
    assert "1 thing in the file needs correcting" in page
    assert "Esex &lt;b&gt;" in page
    assert "is no place; did you mean Essex?" in page


def test_while_it_runs_the_page_says_so(office: Office) -> None:
    office.registry.says(
        "GET",
        "/v1/imports/i1",
        {"id": "i1", "state": "running", "options": {}, "counts": {"lines": 500}, "totals": {}},
    )
    page = office.desk().text("/imports/i1")
    assert "500 lines so far" in page
    assert "Look again" in page


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"x", "coalition.docx", "Save it as .xlsx, .csv or .jsonl."),
        (b"  \n", "coalition.jsonl", "is empty"),
    ],
)
def test_files_that_cannot_be_read_are_refused_kindly(
    office: Office, content: bytes, name: str, said: str
) -> None:
    answer = upload(office.desk(), content, name)
    assert answer.status_code == 422
    assert said in answer.text
    assert office.registry.sent("POST") == []
