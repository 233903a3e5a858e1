"""A coordinator's decisions: what the page says, what happens, and who was quicker."""

import re
from datetime import timedelta

import pytest

from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.review import approve_match
from services.matcher.store.learning import verdicts_of
from tests.integration.matcher_console.desk import Desk, Office


def at(match: Match) -> str:
    return f"/matches/{match.match_id}"


def decide(desk: Desk, match: Match, how: str, **form: str) -> int:
    """Send the form of the match's page, as of its present revision."""
    revision = form.pop("revision", str(match.revision))
    answer = desk.post(f"{at(match)}/{how}", via=at(match), revision=revision, **form)
    return answer.status_code


def now(office: Office, match: Match) -> Match:
    return office.world.match(match.match_id)


def test_the_page_of_a_proposal_shows_both_sides_and_why(office: Office, proposal: Match) -> None:
    page = office.desk().text(at(proposal))
    assert "Essex County Council" in page
    assert "BBC" in page
    assert "Reading with children before school" in re.sub(r"</?mark[^>]*>", "", page)
    assert "Why this was proposed" in page
    for reason in proposal.reasons:
        assert f"{reason['contribution']:+.4f}" in page
    assert f"{proposal.score:.4f}" in page
    assert "People may ask to see what you write." in page
    assert "1 of 1 partnerships" in page


def test_looking_changes_nothing_but_that_it_was_seen(office: Office, proposal: Match) -> None:
    desk = office.desk()
    for path in (
        "/",
        "/lists/proposals",
        at(proposal),
        f"{at(proposal)}/print",
        "/needs",
        "/needs/reading",
        "/matches.csv",
        "/import",
        f"/members/{proposal.needing_member_id}/contacts",
        "/account",
    ):
        assert desk.get(path).status_code == 200, path
    after = now(office, proposal)
    assert (after.state, after.revision) == (proposal.state, proposal.revision)
    assert after.viewed_at is not None
    assert office.registry.sent("POST") == office.notifier.sent("POST") == []


def test_approving_with_a_note_that_stays_here(office: Office, proposal: Match) -> None:
    desk = office.desk()
    status = decide(
        desk, proposal, "approve", reason_code="good_fit", note="They met at <b>Clacton</b>."
    )
    assert status == 303
    assert now(office, proposal).state is State.APPROVED
    page = desk.text(at(proposal))
    assert "Approved. The members are asked in 2 minutes" in page
    assert "09:02:00" in page, "until when it can be undone, in London's time"
    assert "Approved by Ann Osei" in page
    assert "They met at &lt;b&gt;Clacton&lt;/b&gt;." in page
    with office.world.database.read() as connection:
        [verdict] = verdicts_of(connection, proposal.match_id)
    assert verdict.coordinator_id == desk.who.coordinator_id


def test_undoing_within_the_grace_and_not_after(office: Office, proposal: Match) -> None:
    desk = office.desk()
    decide(desk, proposal, "approve")
    assert decide(desk, now(office, proposal), "undo") == 303
    assert now(office, proposal).state is State.PROPOSED
    decide(desk, now(office, proposal), "approve")
    office.world.clock.advance(seconds=121)
    answer = desk.post(f"{at(proposal)}/undo", revision=str(now(office, proposal).revision))
    assert answer.status_code == 409
    assert "can no longer be undone" in answer.text
    assert now(office, proposal).state is State.APPROVED


def test_rejecting_needs_a_reason_and_loses_nothing_typed(office: Office, proposal: Match) -> None:
    desk = office.desk()
    form = {"revision": str(proposal.revision), "note": "Too far from the families."}
    answer = desk.post(f"{at(proposal)}/reject", **form)
    assert answer.status_code == 422
    assert "Choose a reason." in answer.text
    assert "Too far from the families." in answer.text
    assert decide(desk, proposal, "reject", reason_code="wrong_place", note=form["note"]) == 303
    page = desk.text(at(proposal))
    assert "Rejected by Ann Osei" in page
    assert "Reason: the place does not fit" in page
    assert "Too far from the families." in page


def test_two_coordinators_on_one_match(office: Office, proposal: Match) -> None:
    ann, bob = office.desk(), office.desk("Bob Lewis")
    assert decide(bob, proposal, "approve") == 303
    office.world.clock.advance(seconds=20)
    answer = ann.post(
        f"{at(proposal)}/reject", revision=str(proposal.revision), reason_code="wrong_place"
    )
    assert answer.status_code == 409
    assert "Already approved by Bob Lewis at 1 December 2026, 09:00." in answer.text
    assert now(office, proposal).state is State.APPROVED


def test_pressing_twice_says_it_was_you(office: Office, proposal: Match) -> None:
    desk = office.desk()
    decide(desk, proposal, "approve")
    answer = desk.post(f"{at(proposal)}/approve", revision=str(proposal.revision))
    assert answer.status_code == 409
    assert "Already approved by you at" in answer.text


def test_a_match_that_moved_on_meanwhile(office: Office, proposal: Match) -> None:
    ann, bob = office.desk(), office.desk("Bob Lewis")
    assert decide(bob, proposal, "hold", reason_code="procurement") == 303
    answer = ann.post(f"{at(proposal)}/approve", revision=str(proposal.revision))
    assert answer.status_code == 409
    assert "put on hold, by Bob Lewis" in answer.text
    assert now(office, proposal).state is State.PROPOSED


def test_holding_until_a_day_and_releasing(office: Office, proposal: Match) -> None:
    desk = office.desk()
    past = decide(desk, proposal, "hold", reason_code="pre_election", until="2026-11-01")
    nonsense = decide(desk, proposal, "hold", reason_code="pre_election", until="next week")
    assert (past, nonsense) == (422, 422)
    assert decide(desk, proposal, "hold", reason_code="pre_election", until="2026-12-20") == 303
    assert "until 20 December 2026" in desk.text("/lists/attention")
    assert "On hold" in desk.text(at(proposal))
    assert decide(desk, now(office, proposal), "release") == 303
    assert now(office, proposal).hold is None


def test_a_rule_that_refuses_says_which(office: Office, proposal: Match) -> None:
    desk = office.desk()
    office.world.capability("first-words", "capability.paused", status="paused")
    answer = desk.post(f"{at(proposal)}/approve", revision=str(proposal.revision))
    assert answer.status_code == 409
    assert "A rule refuses this match now" in answer.text
    assert now(office, proposal).state is State.PROPOSED


def test_who_is_awaited_and_since_when(office: Office, proposal: Match) -> None:
    desk, world = office.desk(), office.world
    decide(desk, proposal, "approve")
    world.tick(seconds=130)
    for party in proposal.parties:
        world.sent(now(office, proposal), party.member_id)
    world.answer(now(office, proposal), "essex", "yes")
    world.clock.advance(days=3)
    office.sign_in(desk.client, desk.who.email)
    page = desk.text("/lists/waiting")
    assert "Waiting on BBC</strong> for 3 days" in page
    assert "Essex County Council: yes" in page
    assert "lapses in 18 days" in page


def test_withdrawing_closing_and_proposing_again(office: Office, proposal: Match) -> None:
    desk, world = office.desk(), office.world
    decide(desk, proposal, "approve")
    assert decide(desk, now(office, proposal), "withdraw", reason_code="changed_mind") == 303
    assert now(office, proposal).state is State.WITHDRAWN
    assert "Propose it again" in desk.text(at(proposal))
    answer = desk.post(f"{at(proposal)}/again", revision=str(now(office, proposal).revision))
    assert answer.status_code == 303
    [second] = [match for match in world.all() if match.match_id != proposal.match_id]
    assert answer.location == at(second)
    assert second.round == 2
    assert "The round before this one" in desk.text(at(second))
    refused = desk.post(f"{at(proposal)}/again", revision=str(now(office, proposal).revision))
    assert refused.status_code == 409
    assert "open already" in refused.text


def test_unreachable_is_asked_again(office: Office, proposal: Match) -> None:
    desk, world = office.desk(), office.world
    decide(desk, proposal, "approve")
    world.tick(seconds=130)
    world.failed(now(office, proposal), "bbc", "undeliverable")
    page = desk.text(at(proposal))
    assert "Cannot be reached" in page
    assert "the mail server refused the address" in page
    assert "BBC cannot be reached" in desk.text("/lists/attention")
    assert decide(desk, now(office, proposal), "ask-again") == 303
    assert now(office, proposal).state is State.APPROVED


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 12])
def test_a_form_without_its_revision_is_refused(
    office: Office, proposal: Match, revision: str
) -> None:
    assert decide(office.desk(), proposal, "approve", revision=revision) == 400
    assert now(office, proposal).state is State.PROPOSED


def test_the_sheet_says_why_who_and_what_came_of_it(office: Office, proposal: Match) -> None:
    desk, world = office.desk(), office.world
    office.act(
        approve_match, world.deps, proposal.match_id, who=desk.who, note="Agreed with the team."
    )
    world.tick(seconds=130)
    for party in proposal.parties:
        world.sent(now(office, proposal), party.member_id)
    for party in proposal.parties:
        world.answer(now(office, proposal), party.member_id, "yes")
    world.tick(seconds=130)
    world.introduced(now(office, proposal))
    world.outcome(now(office, proposal), "bbc", "met")
    reported = (world.clock.now() - timedelta(hours=1)).isoformat()
    outcome = {
        "member_id": "bbc",
        "stage": "met",
        "goal": 1,
        "amount": 40.0,
        "unit": "families",
        "period": "this term",
        "vouched": True,
        "sentence": "We met in the library.",
        "reported_at": reported,
        "ending_code": None,
    }
    path = f"/v1/matches/{proposal.match_id}/outcomes"
    office.notifier.says("GET", path, {"items": [outcome]})
    sheet = desk.text(f"{at(proposal)}/print")
    for words in (
        "Approved by Ann Osei",
        "Agreed with the team.",
        "Introduced",
        "40 families, this term",
        "We met in the library.",
        proposal.model_version,
    ):
        assert words in sheet, words
