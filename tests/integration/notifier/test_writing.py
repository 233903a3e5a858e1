"""What coordinators write: approaches in their own words, seen before they go, and questions."""

from typing import Any

from werkzeug.test import TestResponse

from services.notifier.domain.messages import Kind, State
from services.notifier.erase import erase_subject
from shared.contracts import types
from tests.integration.notifier.browsing import (
    emails,
    links_to,
    open_link,
    press,
    subjects_to,
    words_to,
)
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.test_api import asked, call
from tests.integration.notifier.world import BBC, ECC, MATCH, World, a_contact, a_match

OPENING = "We met at the Clacton fair, and you spoke of stories for small children."
SUBJECT = "Stories for children in Tendring"


def preview(world: World) -> dict[str, Any]:
    """The previews by member."""
    state = a_match(revision=1, now=world.clock.now(), state="proposed")
    answer = call(world, "POST", "/v1/previews", {"match": state})
    assert answer.status_code == 200, answer.text
    return {item["member_id"]: item for item in answer.json["items"]}  # type: ignore[index]


def save(world: World, member: str, version: int, **words: str) -> TestResponse:
    headers = {"If-Match": f'"{version}"'}
    path = f"/v1/matches/{MATCH}/wordings/{member}"
    return call(world, "PUT", path, words, headers=headers)


def ask(world: World, member_id: str = BBC, **changes: Any) -> TestResponse:
    body = {
        "member_id": member_id,
        "member": "BBC",
        "listing_id": "bbc-first-words",
        "about": "First words: stories for the early years",
        "text": "Could you start in January?",
        **changes,
    }
    return call(world, "POST", f"/v1/matches/{MATCH}/questions", body)


def written(world: World) -> dict[str, Any]:
    return dict(call(world, "GET", f"/v1/matches/{MATCH}/written").json or {})


def test_a_wording_saved_before_approval_is_what_is_sent(make_world: MakeWorld) -> None:
    world = make_world()
    before = preview(world)
    assert list(before) == [ECC, BBC]
    assert before[BBC]["opening"].endswith("what Essex County Council is looking for.")
    assert "@" not in before[BBC]["text"].replace("office@coalition.example", "")
    assert links_to(world, BBC, "a") == [], "no link is made, and nobody is written to"
    saved = save(world, BBC, 0, subject=SUBJECT, opening=OPENING)
    assert (saved.status_code, saved.headers["ETag"]) == (200, '"1"')
    seen = preview(world)[BBC]
    assert (seen["subject"], seen["opening"], seen["may_edit"]) == (SUBJECT, OPENING, True)
    assert OPENING in seen["html"]
    world.match(types.MATCH_APPROVED)
    assert subjects_to(world, BBC) == [SUBJECT]
    assert subjects_to(world, ECC) == ["Could BBC and Essex County Council work together?"]
    shown, sent = (" ".join(text.split("READ IT")[0].split())
                   for text in (seen["text"], words_to(world, BBC)[0]))  # fmt: skip
    assert OPENING in sent
    assert sent.replace("Person of bbc", "[name of the contact]") == shown
    assert [one["edited_by"] for one in written(world)["wordings"]] == ["coordinator:c1"]
    assert all(OPENING not in repr(event.data) for event in world.heard())


def test_words_cannot_change_once_the_email_has_left(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    refused = save(world, BBC, 0, subject="", opening=OPENING)
    assert (refused.status_code, refused.json["code"]) == (409, "already_sent")  # type: ignore[index]
    assert "BBC" in refused.json["detail"]  # type: ignore[index]
    assert preview(world)[BBC]["may_edit"] is False


def test_an_email_that_failed_is_written_anew(make_world: MakeWorld) -> None:
    world = make_world()
    world.double.script = {"rcpt": "550 5.7.1 not from here"}
    world.match(types.MATCH_APPROVED)
    [failed] = [m for m in world.ledger(Kind.APPROACH) if m.member_id == BBC]
    assert failed.state is State.FAILED
    assert save(world, BBC, 0, subject=SUBJECT).status_code == 200
    world.double.script = {}
    assert call(world, "POST", f"/v1/messages/{failed.message_id}/retry").status_code == 200
    world.run()
    assert subjects_to(world, BBC) == [SUBJECT]


def test_two_coordinators_do_not_overwrite_each_other(make_world: MakeWorld) -> None:
    world = make_world()
    assert save(world, BBC, 0, opening=OPENING).status_code == 200
    assert save(world, BBC, 0, opening="Something else entirely.").status_code == 412
    assert save(world, BBC, 1, opening="", subject="").status_code == 200
    assert preview(world)[BBC]["opening"].startswith("The Example Coalition knows")


def test_words_out_of_bounds_are_refused_by_field(sqlite_world: World) -> None:
    refused = save(sqlite_world, BBC, 0, opening="Ring me on 01206 123 456.")
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json["errors"]] == ["opening"]  # type: ignore[index]
    assert written(sqlite_world) == {"questions": [], "wordings": []}


def test_a_subject_cannot_add_a_header(sqlite_world: World) -> None:
    world = sqlite_world
    nasty = "Stories\r\nBcc: all =?utf-8?q?x=0aBcc=3a_e=40x?="
    assert save(world, BBC, 0, subject=nasty).status_code == 200
    world.match(types.MATCH_APPROVED)
    [mail] = [one for one in emails(world) if "bbc" in str(one["To"])]
    assert "Bcc" not in mail
    assert str(mail["Subject"]).startswith("Stories Bcc: all")


def test_a_question_before_approval_is_answered_on_its_page(make_world: MakeWorld) -> None:
    world = make_world()
    assert ask(world).status_code == 201
    world.run()
    [words] = words_to(world, BBC)
    assert "Could you start in January?" in words
    assert "Essex County Council" not in words, "nobody else is named before approval"
    [link] = links_to(world, BBC, "q")
    page = open_link(world.browser(), link)
    assert "Could you start in January?" in page.text
    assert call(world, "GET", "/v1/questions/answered").json == {"items": []}
    browser = world.browser()
    form = open_link(browser, link)
    thanks = press(browser, form, "", answer="Yes, from the 11th.")
    assert "Your answer is with the coordinators" in thanks.text
    again = press(browser, form, "", answer="No, never.")
    assert "Yes, from the 11th." in again.text
    [told] = call(world, "GET", "/v1/questions/answered").json["items"]  # type: ignore[index]
    assert (told["answer"], told["who"]["name"]) == ("Yes, from the 11th.", "Sam Okafor")
    assert call(world, "POST", f"/v1/questions/{told['question_id']}/read").status_code == 200
    assert call(world, "GET", "/v1/questions/answered").json == {"items": []}
    [kept] = written(world)["questions"]
    assert (kept["asked_by"], kept["read_by"]) == ("coordinator:c1", "coordinator:c1")
    assert world.heard() == [], "a question moves no match"


def test_one_question_at_a_time(make_world: MakeWorld) -> None:
    world = make_world()
    assert ask(world).status_code == 201
    refused = ask(world, text="And in February?")
    assert (refused.status_code, refused.json["code"]) == (409, "question_open")  # type: ignore[index]
    world.run()
    browser = world.browser()
    press(browser, open_link(browser, links_to(world, BBC, "q")[0]), "", answer="Yes.")
    assert ask(world, text="And in February?").status_code == 201
    world.run()
    assert len(links_to(world, BBC, "q")) == 2


def test_nobody_is_asked_who_cannot_be(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.people[BBC] = [a_contact(BBC, can_be_asked=False)]
    assert ask(world).status_code == 201
    world.run()
    assert world.double.received == []
    assert [m.state for m in world.ledger(Kind.QUESTION)] == [State.SUPPRESSED]
    [task] = call(world, "GET", "/v1/tasks").json["items"]  # type: ignore[index]
    assert (task["code"], task["message"]["kind"]) == ("suppressed", "question")
    asked(world)
    world.match(types.MATCH_HELD, state="asked", hold={"code": "other", "until": None})
    held = ask(world, ECC, member="Essex County Council")
    assert (held.status_code, held.json["code"]) == (409, "match_on_hold")  # type: ignore[index]


def test_a_question_follows_the_colleague_who_was_asked(make_world: MakeWorld) -> None:
    world = make_world()
    asked(world)
    world.later(seconds=60)
    browser = world.browser()
    page = open_link(browser, links_to(world, BBC, "a")[-1])
    press(browser, page, "not_me", colleague="Kim Ro", email="kim@bbc.example")
    world.run()
    ask(world)
    world.run()
    assert world.double.envelopes[-1][1] == "kim@bbc.example"


def test_an_erased_person_leaves_no_answer_behind(make_world: MakeWorld) -> None:
    world = make_world()
    ask(world)
    world.run()
    browser = world.browser()
    press(browser, open_link(browser, links_to(world, BBC, "q")[0]), "", answer="Ask Pat Lee.")
    body = {"contact_id": f"c-{BBC}", "email": "person@bbc.example"}
    exported = call(world, "POST", "/v1/subjects/export", body, service="registry").json
    assert [one["answer"] for one in exported["questions"]] == ["Ask Pat Lee."]  # type: ignore[index]
    with world.parts.work() as work:
        erase_subject(work, world.parts.vault, f"c-{BBC}", None)
    [kept] = written(world)["questions"]
    assert (kept["answer"], kept["who"]) == ("", {})
