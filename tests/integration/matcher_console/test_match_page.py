"""What the page of a match says of the two sides: what passes between them, where, and their past."""

import re

import pytest

from services.matcher.console.match.records import records_of
from services.matcher.domain.matches import Match
from tests.integration.matcher.world import World, reach_introduced
from tests.integration.matcher_console.desk import Office
from tests.integration.matcher_console.test_deciding import at

both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


def words_of(page: str) -> str:
    """The page as it is read: no tags, single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_both_sides_place_and_rules_are_told(office: Office, proposal: Match) -> None:
    page = office.desk().text(at(proposal))
    read = words_of(page)
    assert "What each side gives and gets" in read
    assert "Essex County Council Not said Expertise" in read
    assert "BBC Expertise Not said" in read
    assert '<path class="map-here-reached"' in page
    assert "Tendring; what is offered is delivered in United Kingdom" in page
    assert "Not the same sector: local government and public body." in read
    assert "There is capacity left for it." in read
    assert "Adds up to" in read
    assert "Nothing yet: this would be the first." in read


def test_a_rule_that_stands_against_it_now_is_said(
    office: Office, world: World, proposal: Match
) -> None:
    desk = office.desk()
    assert "It passed all" in desk.text(at(proposal))
    world.capability("first-words", "capability.changed", delivers_in=["E06000001"])
    page = words_of(desk.text(at(proposal)))
    assert "A rule stands against this match now: BBC offers this in Hartlepool" in page
    assert "It passed all" not in page


@both_stores
def test_what_became_of_their_other_matches_is_counted(office: Office, world: World) -> None:
    world.story()
    reach_introduced(world)
    world.capability("second", capacity={"amount": 5, "unit": "partnerships", "per": "year"})
    world.need("talking")
    world.need("listening")
    world.propose()
    [match] = [one for one in world.open() if one.need_id == "talking"]
    with world.database.read() as connection:
        records = {one.member_id: one for one in records_of(connection, match)}
    for member in ("essex", "bbc"):
        counted = records[member]
        assert (counted.yes, counted.introduced, counted.came_to_something) == (1, 1, 0)
        assert (counted.under_way, counted.silent, counted.not_yes) == (1, 0, 0)
    assert "BBC 1 1 0 0 1 0" in words_of(office.desk().text(at(match)))
