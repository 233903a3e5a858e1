"""Explanations on the pages: marks in both texts, what would change a near miss, side by side."""

import html
import re
from typing import Any

import pytest

from services.matcher.domain.matches import Match
from services.matcher.scoring.index import Model
from shared.reference.places import Places
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Office
from tests.worlds import WordVectors

ODD = {
    "markup": "<script>alert(1)</script> & reading <mark>toddlers</mark>",
    "right to left": "تعليم الأطفال القراءة قبل المدرسة. reading toddlers",
    "emoji": "👩‍👩‍👧‍👦 reading 🇬🇧 toddlers 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "one long word": "reading toddlers " + "x" * 300,
    "very long": "reading toddlers. " * 1_100,
}


def _text_of(page: str) -> str:
    """What a reader sees, tags aside."""
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def _odd_proposal(world: World, words: str) -> Match:
    about = {"title": "Reading for toddlers", "description": words}
    told: dict[str, Any] = {**about, "material": about}
    world.member("essex", sector="local_government")
    world.member("bbc", sector="public_body", places=["K02000001"])
    world.capability("first-words", **told)
    world.need("reading", **told)
    world.propose()
    [match] = world.all()
    return match


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_shared_phrases_are_marked_in_both_texts_and_nothing_else_changes(
    office: Office, world: World, words: str
) -> None:
    match = _odd_proposal(world, words)
    page = office.desk().text(f"/matches/{match.match_id}")
    assert page.count('<mark class="mark-shared">Reading</mark> for') == 2
    assert page.count('<mark class="mark-shared">') >= 6
    assert "<script>alert" not in page
    assert "<mark>toddlers" not in page
    assert _text_of(page).count(words.strip()[:5_000]) >= 2


def test_the_sentences_most_alike_are_quoted_and_marked(
    office: Office, world: World, proposal: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_meaning = Model(Places.load(), WordVectors())
    deps = office.app.extensions["convene_console"].deps
    object.__setattr__(deps, "model", with_meaning)
    page = office.desk().text(f"/matches/{proposal.match_id}")
    assert "By meaning, these are the most alike" in page
    assert page.count('<q dir="auto">') == 2
    assert 'class="mark-both"' in page


def test_what_is_asked_in_return_and_what_it_costs_are_marked_where_they_counted(
    office: Office, world: World
) -> None:
    world.member("essex", sector="local_government")
    world.member("bbc", sector="public_body", places=["K02000001"])
    world.capability("first-words", requires="A hall to meet in <b>.", terms="paid")
    world.need("reading", offers=["venue"], budget="to_be_found")
    world.propose()
    [match] = world.all()
    page = office.desk().text(f"/matches/{match.match_id}")
    for words in ("A hall to meet in &lt;b&gt;.", "Venue", "Paid", "Budget to be found"):
        assert f'<mark class="mark-shared">{words}' in page
    assert "is marked, because it counted" in page


def test_nothing_is_marked_that_did_not_count(office: Office, proposal: Match) -> None:
    page = office.desk().text(f"/matches/{proposal.match_id}")
    assert "because it counted" not in page
    assert "<dt>Budget</dt>" not in page
    assert "<dt>Terms</dt><dd>Free" in page


def test_a_near_miss_says_what_would_change_it(
    office: Office, world: World, proposal: Match
) -> None:
    world.member("leeds", sector="charity", name="Leeds Readers", places=["E08000035"])
    world.capability("far", member_id="leeds", delivers_in=["E08000035"])
    desk = office.desk()
    for path in (f"/matches/{proposal.match_id}", f"/needs/{proposal.need_id}"):
        page = desk.text(path)
        assert "If Leeds Readers also delivered in Tendring, this would be a" in page


def test_offers_are_compared_side_by_side(office: Office, world: World, proposal: Match) -> None:
    world.member("leeds", sector="charity", name="Leeds Readers", places=["E08000035"])
    world.capability("far", member_id="leeds", title="Far away", delivers_in=["E08000035"])
    world.member("near", sector="charity", name="Near Readers")
    world.capability("close", member_id="near", title="Close by")
    desk = office.desk()
    path = f"/matches/{proposal.match_id}/compare"
    page = desk.text(path)
    assert page.count('<th scope="col">') == 3
    assert page.count("checked") == 3
    page = desk.text(path, **{"with": ["first-words", "far", "no-such-thing"]})
    assert page.count('<th scope="col">') == 2
    assert "Near Readers<br>" not in page
    assert "If Leeds Readers also delivered in Tendring" in page
    columns = re.findall(r"<tr><th scope=\"row\">Adds up to.*?</tr>", page)
    assert len(re.findall(r"<strong>\d+</strong>", columns[0])) == 2
    for one in ("far", "<script>", "x" * 5_000):
        assert desk.get(path, **{"with": one}).status_code == 200
    assert desk.get("/matches/nothing/compare").status_code == 404


def test_a_match_is_no_near_miss_of_its_own_need(office: Office, world: World) -> None:
    world.story()
    one = {"amount": 1, "unit": "partnerships", "per": "year"}
    world.capability("first-words", what="capability.changed", capacity=one)
    world.propose()
    found = world.proposed()
    world.approve(found.match_id)
    page = office.desk().text(f"/needs/{found.need_id}")
    assert "no partnerships left" not in page
    assert "Nothing else came close." in page


def test_comparing_does_not_ask_the_mail_service(
    office: Office, world: World, proposal: Match
) -> None:
    world.approve(proposal.match_id)
    office.desk().text(f"/matches/{proposal.match_id}/compare")
    assert office.notifier.asked == []


def test_a_need_that_is_gone_has_nothing_to_compare(
    office: Office, world: World, proposal: Match
) -> None:
    world.tell("need.erased", proposal.need_id, None)
    assert "Nothing to compare" in office.desk().text(f"/matches/{proposal.match_id}/compare")
