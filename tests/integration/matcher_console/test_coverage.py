"""Coverage: a small world counted by hand, the same numbers on map, in table and file."""

import csv
import io
import re

import pytest

from services.matcher.recruit import Recruiting
from services.matcher.scoring.market.priority import Figures
from services.matcher.store.figures import Kept, put_figures
from tests.integration.matcher.world import World
from tests.integration.matcher_console.counting import statements_of
from tests.integration.matcher_console.desk import Desk, Office

TENDRING, COLCHESTER, ESSEX, LEEDS = "E07000076", "E07000071", "E10000012", "E08000035"
BOTH_STORES = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


def hand_made(world: World) -> None:
    """Tendring: one need answered, one not. All of Essex: one need. Leeds: one that nobody hears.
    One need is for a whole region.
    """
    world.story()
    world.propose()
    world.member("leeds", sector="local_government", places=[LEEDS])
    world.need("debt", places=[TENDRING], goals=[7], beneficiaries=["adults"])
    world.need("jobs", places=[ESSEX], goals=[5], beneficiaries=["job_seekers"])
    world.need("nobody", member_id="leeds", places=[], goals=[7], beneficiaries=["adults"])
    world.need("wide", places=["E12000006"], goals=[7], beneficiaries=["adults"])
    world.need("draft", places=[LEEDS], status="paused", what="need.paused")
    world.capability("here", member_id="essex", delivers_in=[TENDRING], goals=[7])
    world.capability("far", member_id="essex", mode="remote", goals=[5], beneficiaries=[])


def numbers(desk: Desk, **query: str) -> dict[str, list[str]]:
    """By district: open needs, nothing under way, weighted, offers, share, source."""
    answer = desk.get("/coverage.csv", **query)
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    return {row[0]: row[2:] for row in rows[1:]}


@BOTH_STORES
def test_a_world_counted_by_hand(world: World, office: Office) -> None:
    hand_made(world)
    desk = office.desk()

    found = numbers(desk)
    assert len(found) == 361
    assert found[TENDRING][:4] == ["3", "2", "2.0", "3"]
    assert found[COLCHESTER][:4] == ["1", "1", "1.0", "2"]
    assert found[LEEDS][:4] == ["1", "1", "1.0", "2"]
    assert numbers(desk, goal="7")[TENDRING][:4] == ["1", "1", "1.0", "1"]
    assert numbers(desk, stage="job_seekers")[COLCHESTER][:2] == ["1", "1"]
    assert set(numbers(desk, area="E12000003")) >= {LEEDS}
    assert TENDRING not in numbers(desk, area="E12000003")


def test_the_page_says_what_the_file_says(world: World, office: Office) -> None:
    hand_made(world)
    desk = office.desk()
    page = desk.text("/coverage", sort="needs")
    assert "people looking for work only" in desk.text("/coverage", stage="job_seekers").lower()

    assert "Tendring: 3 open needs, 2 with nothing under way; 3 offers reach it" in page
    assert "Leeds: 1 open need, 1 with nothing under way; 2 offers reach it" in page
    assert "1 of the needs is for a wider area than a county" in page
    spots = page[page.index('id="h-cold"') : page.index('id="h-grid"')]
    assert f'href="/places/{LEEDS}">Leeds' in spots
    assert "Tendring" not in spots
    grid = page[page.index('id="h-grid"') : page.index('id="table"')]
    # Debt in Tendring and the need of the whole region; nothing is under way for either.
    assert re.search(r"goal=7[^>]*>2 \(2\)", grid)
    assert re.search(r"goal=1[^>]*>1 \(0\)", grid)
    table = page[page.index('id="table"') :]
    assert table.index("Tendring") < table.index("Leeds")


def test_official_figures_weigh_and_are_cited(world: World, office: Office) -> None:
    hand_made(world)
    with world.work() as work:
        hardship = {TENDRING: 3.0, LEEDS: 2.0, "E07000079": 1.0}
        figures = Figures("imd", "Indices of Deprivation", "district", world.clock.now().date(),
                          "Open Government Licence v3.0", hardship)  # fmt: skip
        measures = {code: {"score": value} for code, value in hardship.items()}
        put_figures(work.connection, Kept(figures, measures, 3, world.clock.now()))
    desk = office.desk()

    found = numbers(desk)
    assert found[TENDRING][2] == "3.0"  # two needs, in the worst-off of three: one and a half each
    assert found[COLCHESTER][2] == "1.0"  # nothing is known of it
    page = desk.text("/coverage")
    assert "Indices of Deprivation, published 1 December 2026, Open Government Licence v3.0" in page
    assert "not known" in page


def test_every_district_is_on_the_map_and_in_its_file_of_shapes(
    world: World, office: Office
) -> None:
    hand_made(world)
    desk = office.desk()
    page = desk.text("/coverage")
    used = set(re.findall(r"outlines\.svg\?v=[0-9a-f]+#(\w+)", page))
    address = re.search(r'href="(/coverage/outlines\.svg\?v=\w+)#', page)
    assert address is not None
    answer = desk.client.get(address[1])

    assert len(used) == 361
    assert used == set(re.findall(r'id="(\w+)"', answer.text))
    assert len(page.encode()) < 150_000
    assert answer.headers["Cache-Control"].endswith("immutable")


def test_whom_to_recruit_is_shown_as_it_was_worked_out(world: World, office: Office) -> None:
    hand_made(world)
    world.member("readers", sector="charity", places=[TENDRING])
    world.capability("debt-help", member_id="readers", delivers_in=[TENDRING], goals=[7],
                     beneficiaries=["adults"])  # fmt: skip
    world.capability("first-words", what="capability.paused", status="paused")
    world.propose()
    desk = office.desk()
    assert "This is being worked out" in desk.text("/coverage")

    Recruiting(world.database, world.deps, world.clock).run(world.clock.now())
    page = desk.text("/coverage")
    rows = page[page.index('id="h-recruit"') : page.index('id="h-grid"')]
    first = rows[rows.index("<tbody>") : rows.index("</tr>", rows.index("<tbody>"))]
    assert "Charity" in first
    assert "Yorkshire and The Humber" in first
    assert ">Readers</span>, “Early reading”" in first
    assert 'href="/needs/nobody"' in first
    assert "have changed since" not in rows
    world.need("one-more")
    assert "have changed since" in desk.text("/coverage")


@pytest.mark.parametrize(
    "query", [{"goal": "99"}, {"stage": "x"}, {"area": "E07000076"}, {"show": "x", "sort": "x"}]
)
def test_what_the_address_gets_wrong_is_left_out(
    world: World, office: Office, query: dict[str, str]
) -> None:
    world.story()

    assert "United Kingdom: 1 open need" in office.desk().text("/coverage", **query)


@BOTH_STORES
def test_statements_stay_the_same_however_many_needs(world: World, office: Office) -> None:
    hand_made(world)
    desk = office.desk()
    few = statements_of(office.app, lambda: desk.text("/coverage"))
    for number in range(60):
        world.need(f"more-{number}", places=[COLCHESTER])

    assert statements_of(office.app, lambda: desk.text("/coverage")) <= few
