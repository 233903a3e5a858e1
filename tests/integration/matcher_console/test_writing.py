"""The emails of a match before they go, in other words; and questions to its members."""

from typing import Any

from services.matcher.domain.matches import Match
from tests.integration.matcher_console.desk import Desk, Office
from tests.integration.matcher_console.test_deciding import at, decide, now

BBC, ECC = "bbc", "ecc"
AT = "2026-12-01T09:00:00Z"


def preview(match: Match, member_id: str, **wording: Any) -> dict[str, Any]:
    party = match.party(member_id)
    assert party is not None
    kept = {"subject": "", "opening": "", "version": 0, "edited_by": None, "edited_at": None}
    kept |= {"member_id": member_id, **wording}
    return {
        "member_id": member_id,
        "member": party.name,
        "subject": kept["subject"] or "Could you work together?",
        "opening": kept["opening"] or "We think you fit.",
        "text": "Hello,\nWe think you fit.",
        "html": "<p style='color:red'>Hello</p>",
        "may_edit": True,
        "wording": kept,
    }


def parties(match: Match) -> list[str]:
    return [party.member_id for party in match.parties]


def shown(office: Office, match: Match, **wording: Any) -> str:
    """The notifier shows an email for each party; returns the one that brings something."""
    needs, brings = parties(match)
    items = [preview(match, needs), preview(match, brings, **wording)]
    office.notifier.says("POST", "/v1/previews", {"items": items})
    return brings


def save(desk: Desk, match: Match, member_id: str, **form: str) -> Any:
    path = f"{at(match)}/emails/{member_id}"
    return desk.post(path, via=f"{at(match)}/emails", version="3", **form)


def test_the_emails_are_seen_before_approving(office: Office, proposal: Match) -> None:
    desk = office.desk()
    brings = shown(office, proposal, opening="We met.", edited_by=desk.who.label, version=3)
    page = desk.text(f"{at(proposal)}/emails")
    assert page.count("<iframe") == 2
    assert "Wording edited by Ann Osei." in page
    [sent] = [body for path, body in office.notifier.sent("POST") if path == "/v1/previews"]
    assert sent["match"]["match_id"] == proposal.match_id
    frame = desk.get(f"{at(proposal)}/emails/{brings}/html")
    assert frame.text == "<p style='color:red'>Hello</p>"
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert desk.get(f"{at(proposal)}/emails/nobody/html").status_code == 404
    viewer = office.desk("Vi Only", "viewer")
    assert "Save the wording" not in viewer.text(f"{at(proposal)}/emails")
    assert save(viewer, proposal, brings, opening="Hello").status_code == 403


def test_only_what_was_typed_is_saved(office: Office, proposal: Match) -> None:
    desk = office.desk()
    brings = shown(office, proposal)
    path = f"/v1/matches/{proposal.match_id}/wordings/{brings}"
    office.notifier.says("PUT", path, {})
    typed = {"subject": "Could you work together?", "opening": "We  met\nin Clacton."}
    assert save(desk, proposal, brings, **typed).status_code == 303
    assert office.notifier.sent("PUT") == [(path, {"subject": "", "opening": "We met in Clacton."})]
    [put] = [one for one in office.notifier.asked if one.method == "PUT"]
    assert put.headers["If-Match"] == '"3"', "the version this coordinator saw"
    assert save(desk, proposal, brings, usual="1", **typed).status_code == 303
    assert office.notifier.sent("PUT")[-1][1] == {"subject": "", "opening": ""}


def test_what_the_notifier_refuses_is_said_beside_the_field(
    office: Office, proposal: Match
) -> None:
    desk = office.desk()
    brings = shown(office, proposal)
    path = f"/v1/matches/{proposal.match_id}/wordings/{brings}"
    fault = {"field": "opening", "message": "Links are not possible here."}
    office.notifier.says("PUT", path, {"detail": "Links.", "errors": [fault]}, 422)
    answer = save(desk, proposal, brings, opening="www.x.org", subject="S")
    assert answer.status_code == 422
    assert "Links are not possible here." in answer.text
    assert "www.x.org" in answer.text, "nothing typed is lost"
    office.notifier.says("PUT", path, {"detail": "another version"}, 412)
    assert "Another coordinator changed this wording" in save(desk, proposal, brings).text
    office.notifier.says("PUT", path, {"detail": "It has been sent."}, 409)
    assert "It has been sent." in save(desk, proposal, brings).text
    office.notifier.away = True
    assert desk.get(f"{at(proposal)}/emails").status_code == 503


def test_a_question_names_only_the_own_listing(office: Office, proposal: Match) -> None:
    desk = office.desk()
    needs, brings = parties(proposal)
    path = f"/v1/matches/{proposal.match_id}/questions"
    office.notifier.says("POST", path, {}, 201)
    for member in (needs, brings):
        answer = desk.post(f"{at(proposal)}/questions", member_id=member, text="In January?")
        assert answer.status_code == 303, answer.text
    asked = [body for where, body in office.notifier.sent("POST") if where == path]
    assert [one["about"] for one in asked] == [
        proposal.need["title"],
        proposal.capabilities[0]["title"],
    ]
    assert now(office, proposal).revision == proposal.revision, "the match stays as it was"
    for form in ({"text": "?"}, {"member_id": needs}, {"member_id": needs, "text": "x" * 1001}):
        assert desk.post(f"{at(proposal)}/questions", **form).status_code == 422
    assert decide(desk, proposal, "hold", reason_code="pre_election") == 303
    held = desk.post(f"{at(proposal)}/questions", member_id=needs, text="In January?")
    assert held.status_code == 409
    assert "on hold" in held.text


def test_question_answer_and_wording_are_part_of_the_story(office: Office, proposal: Match) -> None:
    desk = office.desk()
    _, brings = parties(proposal)
    question = {
        "question_id": "q1",
        "member_id": brings,
        "member": "BBC",
        "text": "In <b>January</b>?",
        "asked_by": desk.who.label,
        "asked_at": AT,
        "answer": "Yes, gladly.",
        "who": {"name": "Pat Lee", "role": "Editor"},
        "answered_at": AT,
        "read_at": None,
        "read_by": None,
        "mail_state": "accepted",
        "mail_code": None,
    }
    wording = {"member_id": brings, "subject": "", "opening": "x", "version": 1}
    wording |= {"edited_by": desk.who.label, "edited_at": AT}
    written = {"wordings": [wording], "questions": [question]}
    office.notifier.says("GET", f"/v1/matches/{proposal.match_id}/written", written)
    waiting = {**question, "match_id": proposal.match_id, "about": "Early reading"}
    office.notifier.says("GET", "/v1/questions/answered", {"items": [waiting]})
    assert "BBC answered a question about “Early reading”" in desk.text("/")
    page = desk.text(at(proposal))
    assert "Wording of the email to BBC edited by Ann Osei." in page
    assert "BBC was asked a question by Ann Osei." in page
    assert "BBC answered the question (Pat Lee, Editor)." in page
    assert "In &lt;b&gt;January&lt;/b&gt;?" in page
    assert "Yes, gladly." in page
    done = desk.post(f"{at(proposal)}/questions/q1/read", via=at(proposal))
    assert done.status_code == 303
    assert office.notifier.sent("POST") == [("/v1/questions/q1/read", None)]
    office.notifier.away = True
    assert "The mail service does not answer" in desk.text(at(proposal))
