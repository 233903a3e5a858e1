"""A place's page: the story of its matches, also of needs that are closed, bounded by the place."""

import pytest

from services.matcher.console.places.read import MOST_NEEDS
from services.matcher.scoring.market.priority import Figures
from services.matcher.store.figures import Kept, put_figures
from tests.integration.matcher.world import World, reach_introduced
from tests.integration.matcher_console.counting import statements_of
from tests.integration.matcher_console.desk import Office

TENDRING, HARLOW, ESSEX = "E07000076", "E07000073", "E10000012"
BOTH_STORES = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@BOTH_STORES
def test_what_was_brought_together_is_told_after_its_need_is_closed(
    world: World, office: Office
) -> None:
    world.story()
    match = reach_introduced(world)
    world.outcome(match, "essex", "started", amount=40, unit="families")
    world.need("reading", what="need.closed", status="closed")
    desk = office.desk()

    for code in (TENDRING, ESSEX):
        page = desk.text(f"/places/{code}")
        assert "What was brought together" in page
        assert "Introduced 1 December 2026." in page
        assert "What came of it: work started, 40 families." in page
        assert "No published need names" in page
    assert "What was brought together" not in desk.text(f"/places/{HARLOW}")


def test_the_worst_off_districts_come_first_with_their_source(world: World, office: Office) -> None:
    world.story()
    hardship = {HARLOW: 1.0, TENDRING: 3.0, "E08000035": 2.0}
    figures = Figures("imd", "Indices of Deprivation", "district", world.clock.now().date(),
                      "Open Government Licence v3.0", hardship)  # fmt: skip
    measures = {code: {"score": value} for code, value in hardship.items()}
    with world.work() as work:
        put_figures(work.connection, Kept(figures, measures, 3, world.clock.now()))
    page = office.desk().text(f"/places/{ESSEX}")

    assert page.index("Tendring is more deprived") < page.index("Harlow is more deprived")
    assert page.count("Indices of Deprivation, published 1 December 2026") == 1


@BOTH_STORES
def test_a_place_with_many_needs_says_how_many_and_asks_no_more(
    world: World, office: Office
) -> None:
    world.story()
    world.need("a", title="Cookers")
    world.propose()
    desk = office.desk()
    few = statements_of(office.app, lambda: desk.text(f"/places/{TENDRING}"))
    for number in range(MOST_NEEDS):
        world.need(f"more-{number}", urgency="low")
    world.need("urgent", title="Breakfasts", urgency="high")

    page = desk.text(f"/places/{TENDRING}")
    assert f"Tendring has {MOST_NEEDS + 3} published needs" in page
    assert "3 more are not shown" in page
    assert "Breakfasts" in page, "what is most urgent is never left out"
    # One more: to say how many are left out.
    assert statements_of(office.app, lambda: desk.text(f"/places/{TENDRING}")) <= few + 1
