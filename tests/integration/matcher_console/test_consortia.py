"""A consortium on its page and in the lists; the local project of a place."""

from typing import Any

import pytest

from services.matcher.domain.matches import Match
from tests.integration.matcher.town import supplier, the_consortium, town
from tests.integration.matcher.world import World, reach_introduced
from tests.integration.matcher_console.desk import Office


@pytest.fixture
def three(world: World) -> Match:
    town(world)
    world.propose()
    return the_consortium(world)


def test_its_page_shows_all_texts_the_roles_and_what_is_missing_without_each(
    office: Office, three: Match
) -> None:
    desk = office.desk()
    page = desk.text(f"/matches/{three.match_id}")
    assert "3 together" in page
    assert "Who does what" in page
    assert "Essex County Council has the need and convenes." in page
    assert "Without Money nobody here brings funding." in page
    assert "Without Trainers nobody here brings expertise." in page
    assert "Money can bring" in page
    assert "Trainers can bring" in page
    assert "How many must agree" in page
    assert "confident that all would say yes" in page
    assert page.count("1 of 1 partnerships") == 2, "of two offers with one title, each its own"
    sheet = desk.text(f"/matches/{three.match_id}/print")
    assert "Without Money nobody here brings funding." in sheet


def test_the_queue_names_all_of_it(office: Office, three: Match) -> None:
    page = office.desk().text("/lists/proposals")
    assert "3 together" in page
    assert "Money and Trainers" in page


def test_it_is_approved_like_any_other(office: Office, three: Match) -> None:
    desk = office.desk()
    at = f"/matches/{three.match_id}"
    answer = desk.post(f"{at}/approve", via=at, revision=str(three.revision))
    assert answer.status_code == 303
    assert office.world.match(three.match_id).state == "approved"
    assert "Not asked yet" in desk.text(at)


def test_a_place_is_told_as_one_story(office: Office, world: World) -> None:
    world.story()
    match = reach_introduced(world)
    world.outcome(match, "essex", "started", amount=40, unit="families")
    supplier(world, "network", "jobs", goals=[3], beneficiaries=["post_16"])
    world.need("starts", title="Jobs", goals=[3], wants=["jobs"], beneficiaries=["post_16"])
    world.propose()
    desk = office.desk()
    page = desk.text("/places/E07000076")
    assert "Local project: Tendring" in page
    assert "Strong foundations in early years" in page
    assert "Positive destinations post 16+" in page
    assert "At work here: " in page
    assert "work started, 40 families" in page
    assert "2 published needs. Members work together on 1;" in page
    world.outcome(match, "essex", "started", amount=1_500_000, unit="pounds")
    assert "work started, 1,500,000 pounds" in desk.text("/places/E07000076")
    assert "Network" in page
    county = desk.text("/places/E10000012")
    assert "Early reading" in county, "what a district of it needs"


def test_what_is_most_urgent_in_a_place_comes_first(office: Office, world: World) -> None:
    world.member("essex", sector="local_government", name="Essex County Council")
    world.need("a", title="Allotments", urgency="low")
    world.need("b", title="Breakfasts", urgency="high")
    world.need("c", title="Cookers", urgency="medium")
    page = office.desk().text("/places/E07000076")
    assert page.index("Breakfasts") < page.index("Cookers") < page.index("Allotments")


def test_who_could_serve_a_place_together_each_necessary(office: Office, world: World) -> None:
    world.member("essex", sector="local_government", name="Essex County Council")
    for name, text in (("songs", "Songs for toddlers"), ("bridges", "Apprenticeships in steel")):
        words: dict[str, Any] = {"title": text, "description": f"{text} and nothing else at all."}
        words |= {"material": dict(words)}
        world.need(f"{name}-need", goals=[], beneficiaries=[], **words)
        world.member(name, sector="charity")
        world.capability(f"{name}-help", member_id=name, goals=[], beneficiaries=[], **words)
    page = office.desk().text("/places/E07000076")
    assert "Who could serve this place together" in page
    assert "Without it nobody here serves “Songs for toddlers”" in page
    assert "Without it nobody here serves “Apprenticeships in steel”" in page


def test_a_place_without_needs_and_one_that_is_none(office: Office, world: World) -> None:
    desk = office.desk()
    assert "No published need names Harlow" in desk.text("/places/E07000073")
    assert desk.get("/places/X").status_code == 404
    assert desk.get("/places/E99999999").status_code == 404


def test_needs_and_matches_lead_to_their_place(office: Office, three: Match) -> None:
    desk = office.desk()
    for path in (f"/matches/{three.match_id}", f"/needs/{three.need_id}"):
        assert 'href="/places/E07000076"' in desk.text(path)
