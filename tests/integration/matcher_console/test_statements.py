"""Pages ask the database as often, however much there is to show."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from services.matcher.console.menu import SECTIONS
from services.matcher.domain.matches import Match
from services.matcher.domain.rounds import match_id_for
from services.matcher.domain.states import State
from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, next_numbers
from services.matcher.store.lists import put_tags
from services.matcher.store.matches import insert_match
from tests.integration.matcher.world import World
from tests.integration.matcher_console.counting import statements_once
from tests.integration.matcher_console.desk import Office

MOST = 40
NARROWED = "goal=1&place=E10000012&member=bbc&stage=early_years"


@pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)
def test_every_page_asks_the_database_as_often_for_ten_matches_as_for_two_hundred(
    office: Office, world: World, proposal: Match
) -> None:
    desk = office.desk(role="administrator")
    pages = paths(office, proposal)

    def look(path: str) -> None:
        assert desk.client.get(path).status_code == 200, path

    def asked() -> dict[str, int]:
        for path in ("/coverage", f"/matches/{proposal.match_id}", f"/needs/{proposal.need_id}"):
            look(path)  # so that what is kept between pages is kept
        return {path: statements_once(office.app, partial(look, path)) for path in pages}

    copies(world, proposal, range(10))
    few = asked()
    copies(world, proposal, range(10, 200))
    assert asked() == few
    assert {path: many for path, many in few.items() if many > MOST} == {}


def paths(office: Office, match: Match) -> list[str]:
    """Of the menu and below it."""
    [capability_id] = match.capability_ids
    with office.app.test_request_context():
        menu = [item.url for section in SECTIONS for item in section.items]
    return [
        *dict.fromkeys(menu),
        "/live/home",
        "/stalled",
        f"/lists/proposals?{NARROWED}",
        f"/needs?{NARROWED}",
        f"/reports/activity?by=members&{NARROWED}",
        f"/matches/{match.match_id}",
        f"/matches/{match.match_id}/compare",
        f"/needs/{match.need_id}",
        f"/capabilities/{capability_id}",
        "/members/bbc",
    ]


def copies(world: World, match: Match, numbers: range) -> None:
    """As many proposals more, each for a published need of its own; every third is being asked."""
    with world.database.write() as connection:
        state = connection.execute(select(t.needs)).mappings().first()
        assert state is not None
        changes = next_numbers(connection, CHANGES, len(numbers))
        for number, change in zip(numbers, changes, strict=True):
            need_id = f"need-{number}"
            told = state["state"] | {"need_id": need_id}
            row = dict(state) | {"need_id": need_id, "change": change, "state": told}
            connection.execute(t.needs.insert().values(**row))
            if number % 3 == 2:
                continue  # nothing is under way for this one
            match_id = match_id_for(need_id, list(match.capability_ids), 1)
            asked = State.ASKED if number % 3 else State.PROPOSED
            insert_match(
                connection, replace(match, match_id=match_id, need_id=need_id, state=asked)
            )
            tags = [("goal", "1"), ("stage", "early_years"), ("within", "E10000012")]
            put_tags(connection, match_id, tags)
