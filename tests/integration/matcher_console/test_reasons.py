"""The lists of reasons: counted, added to, renamed, retired."""

import pytest

from services.matcher.domain.matches import Match
from services.matcher.store.learning import codes_of, training_rows_of
from tests.integration.matcher_console.desk import Desk, Office

NEW = {
    "of_list": "verdict",
    "label": "The school year is planned already",
    "teaches": "load",
    "cooling_days": "90",
}
CODE = "the_school_year_is_planned_already"


@pytest.fixture
def boss(office: Office) -> Desk:
    return office.desk("Bea Boss", "administrator")


def offered(office: Office, of_list: str = "verdict") -> dict[str, str]:
    with office.world.database.read() as connection:
        return {one.code: one.label for one in codes_of(connection, of_list)}


def test_a_reason_is_added_said_counted_and_retired(
    office: Office, boss: Desk, proposal: Match
) -> None:
    assert boss.post("/reasons", via="/reasons", **NEW).status_code == 303
    path = f"/matches/{proposal.match_id}"
    assert NEW["label"] in boss.text(path)
    rejected = boss.post(f"{path}/reject", via=path, revision="1", reason_code=CODE)
    assert rejected.status_code == 303
    with office.world.database.read() as connection:
        [row] = training_rows_of(connection, proposal.match_id)
    assert row.teaches == "load"
    page = boss.text("/reasons")
    row_of_it = page[page.index(f">{NEW['label']}") :][:200]
    assert '<td class="number">1</td>' in row_of_it
    assert boss.post(f"/reasons/verdict/{CODE}/retire").status_code == 303
    assert CODE not in offered(office)
    assert boss.post("/reasons", **NEW).status_code == 422
    assert boss.post(f"/reasons/verdict/{CODE}/bring-back").status_code == 303
    assert offered(office)[CODE] == NEW["label"]


def test_a_reason_chosen_while_it_was_being_retired_still_counts(
    boss: Desk, proposal: Match, office: Office
) -> None:
    path = f"/matches/{proposal.match_id}"
    assert boss.post("/reasons/verdict/wrong_place/retire").status_code == 303
    answer = boss.post(f"{path}/reject", via=path, revision="1", reason_code="wrong_place")
    assert answer.status_code == 303
    assert office.world.match(proposal.match_id).state == "rejected"


def test_a_new_name_is_shown_and_its_code_stays(boss: Desk, office: Office) -> None:
    answer = boss.post("/reasons/answer/no_capacity", label="  No room   this year ")
    assert answer.status_code == 303
    assert offered(office, "answer")["no_capacity"] == "No room this year"


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/reasons", {**NEW, "label": " "}, "Give the reason in a few words"),
        ("/reasons", {**NEW, "label": "☃☃"}, "Use letters or numbers"),
        ("/reasons", {**NEW, "of_list": "answer"}, "No reason can be added to this list"),
        ("/reasons", {**NEW, "cooling_days": "-3"}, "Give days from 0"),
        ("/reasons/rule/expired", {"label": "Too old"}, "own and stay as they are"),
        ("/reasons/verdict/other/retire", {}, "stays: somebody may have a reason"),
        ("/reasons/verdict/nothing/retire", {}, "is not a reason of the list"),
    ],
)
def test_what_cannot_be_is_said(boss: Desk, path: str, form: dict[str, str], said: str) -> None:
    answer = boss.post(path, **form)
    assert answer.status_code == 422
    assert said in answer.text


def test_reasons_are_the_administrators(office: Office) -> None:
    desk = office.desk()
    assert desk.get("/reasons").status_code == 403
    assert desk.post("/reasons", **NEW).status_code == 403
