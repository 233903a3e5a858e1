"""The words of the emails: read, chosen within bounds, previewed, and in the letters that follow."""

from shared.contracts import types
from tests.integration.notifier.browsing import words_to
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.test_api import call
from tests.integration.notifier.world import BBC, MATCH, a_match

CHOSEN = {
    "opening": "{others} would like to hear from you about “{need}”.",
    "closing": "It takes a minute.",
    "sign_off": "Yours,\r\n{coalition}",
}
REMINDER = "/v1/emails/reminder"


def test_chosen_words_are_in_the_letters_that_follow(make_world: MakeWorld) -> None:
    world = make_world()
    before = call(world, "GET", REMINDER)
    assert before.json["version"] == 0  # type: ignore[index]
    assert call(world, "PUT", REMINDER, CHOSEN).status_code == 428
    tag = {"If-Match": before.headers["ETag"]}
    answer = call(world, "PUT", REMINDER, CHOSEN, headers=tag)
    assert answer.status_code == 200, answer.text
    assert call(world, "PUT", REMINDER, CHOSEN, headers=tag).status_code == 412
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    world.later(days=5.1)
    words = words_to(world, BBC)[-1]
    assert "Essex County Council would like to hear from you about" in words
    assert "The Example Coalition" in words
    shown = call(world, "GET", REMINDER).json
    assert [one["version"] for one in shown["earlier"]] == [1]  # type: ignore[index]
    assert shown["actor"] == "coordinator:c1"  # type: ignore[index]


def test_words_out_of_bounds_are_refused_by_field(make_world: MakeWorld) -> None:
    world = make_world()
    bad = {**CHOSEN, "opening": "See http://elsewhere.example", "closing": "Dear {people}"}
    for answer in (
        call(world, "PUT", REMINDER, bad, headers={"If-Match": '"0"'}),
        call(world, "POST", f"{REMINDER}/preview", {"wording": bad}),
    ):
        assert answer.status_code == 422
        faults = {one["field"]: one["message"] for one in answer.json["errors"]}  # type: ignore[index]
        assert "link" in faults["opening"]
        assert "{people}" in faults["closing"]
    assert call(world, "GET", "/v1/emails/advert").status_code == 404


def test_every_email_can_be_previewed_with_a_real_match_and_nobody_is_looked_up(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    match = a_match(revision=1, now=world.clock.now())
    listed = call(world, "GET", "/v1/emails").json["items"]  # type: ignore[index]
    for email in listed:
        body = {"match": match, "member_id": BBC}
        answer = call(world, "POST", f"/v1/emails/{email['key']}/preview", body)
        assert answer.status_code == 200, answer.text
        shown = answer.json or {}
        assert "BBC" in shown["html"] or email["key"] == "fresh_link"
        assert "person@" not in shown["html"] + shown["text"]
        assert "/preview" in shown["text"] or email["key"] == "closing"
    assert world.registry.lookups == []
    odd = {"match": {"match_id": MATCH}}
    assert call(world, "POST", f"{REMINDER}/preview", odd).status_code == 422
    stranger = {"match": match, "member_id": "nobody"}
    assert call(world, "POST", f"{REMINDER}/preview", stranger).status_code == 422
