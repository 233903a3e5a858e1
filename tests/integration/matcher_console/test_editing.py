"""Members and listings are added and edited through the real registry."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.one_process import OneProcess
from tests.integration.matcher_console.test_with_the_others import Person

NEED = {
    "member": "Essex County Council",
    "title": "Reading with families before school",
    "description": "Too few children hear stories at home before they start school.",
    "places": "Essex",
    "wants": "reach",
    "partners": "2",
    "do": "save",
}


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    house = OneProcess(tmp_path, SEMANTIC="false")
    person = Person(house)
    person.sign_in()
    for name, sector in (("Essex County Council", "local_government"), ("BBC", "public_body")):
        form = {"name": name, "sector": sector, "places": "Tendring", "do": "save", "once": sector}
        added = person.send("/members/new", form, via="/members/new")
        assert added.status_code == 303, added.text
    person.settle()
    yield person
    house.close()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def add_need(ann: Person, **form: str) -> str:
    """The address of its page."""
    given = {**NEED, "places": "Tendring", "once": "form-1", **form}
    added = ann.send("/needs/new", given, via="/needs/new")
    assert added.status_code == 303, added.text
    return str(added.headers["Location"])


def test_a_place_that_means_several_is_asked_and_a_double_press_makes_one(ann: Person) -> None:
    asked = ann.send("/needs/new", NEED, via="/needs/new")
    assert asked.status_code == 422
    assert "Which “Essex” is meant?" in asked.text
    assert "can mean more than one place" in asked.text
    use = re.search(r'name="use" value="(places:Essex=E10000012)"', asked.text)
    assert use is not None
    taken = ann.send("/needs/new", {**NEED, "do": "", "use": use[1]}, via="/needs/new")
    assert ">E10000012</textarea>" in taken.text
    where = {add_need(ann, places="E10000012") for _ in range(2)}
    assert len(where) == 1
    page = ann.page(where.copy().pop())
    assert "on its way" in page
    ann.settle()
    page = ann.page(where.pop())
    assert "Too few children hear stories" in page
    assert ann.page("/needs").count(NEED["title"]) == 1


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(ann: Person) -> None:
    wrong = {**NEED, "member": "Nobody", "by": "soon", "description": "Ring me on 07700 900123."}
    answer = ann.send("/needs/new", wrong, via="/needs/new")
    assert answer.status_code == 422
    for name in ("member", "places", "by"):
        assert f'id="{name}-fault"' in answer.text, name
    assert "Ring me on 07700 900123." in answer.text
    screened = ann.send(
        "/needs/new", {**NEED, "places": "", "description": wrong["description"]}, via="/needs/new"
    )
    assert screened.status_code == 422
    assert 'id="description-fault"' in screened.text


def test_an_edit_that_comes_second_shows_both_and_is_saved_again(ann: Person) -> None:
    path = add_need(ann).partition("?")[0]
    ann.settle()
    first, second = (ann.page(f"{path}/edit") for _ in range(2))
    typed = {**NEED, "places": "Tendring", "version": hidden(first, "version")}
    mine = {**typed, "title": "Stories at home", "once": hidden(first, "once")}
    assert ann.send(f"{path}/edit", mine, via=f"{path}/edit").status_code == 303
    assert ann.send(f"{path}/edit", mine, via=f"{path}/edit").status_code == 303, "pressed twice"
    theirs = {**typed, "urgency": "high", "once": hidden(second, "once")}
    late = ann.send(f"{path}/edit", theirs, via=f"{path}/edit")
    assert late.status_code == 409
    assert "Somebody changed this since you opened it" in late.text
    assert "Stories at home" in late.text
    again = {**theirs, "version": hidden(late.text, "version"), "once": hidden(late.text, "once")}
    assert ann.send(f"{path}/edit", again, via=f"{path}/edit").status_code == 303
    ann.settle()
    assert NEED["title"] in ann.page(path)


def test_a_listing_pauses_and_closes_and_a_member_withdraws(ann: Person) -> None:
    path = add_need(ann).partition("?")[0]
    ann.settle()
    for step, then in (("pause", "This need is paused"), ("resume", ""), ("met", "is closed")):
        assert ann.send(f"{path}/{step}", {}, via="/account").status_code == 303
        ann.settle()
        assert then in ann.page(path)
    ann.send(f"{path}/resume", {}, via="/account")
    assert "only one that is paused can be" in ann.page(path)
    assert ann.send("/members/bbc/withdraw", {}, via="/account").status_code == 303
    ann.settle()
    assert "Withdrawn from the coalition" in ann.page("/members/bbc")


def test_conflicts_are_kept_with_their_reason_and_ended(ann: Person) -> None:
    path = "/members/bbc/conflicts"
    shown = ann.page(path)
    form = {"other": "essex county council", "code": "live_tender", "until": "2027-03-01"}
    form |= {"version": hidden(shown, "version"), "once": "c-1"}
    assert ann.send(path, form, via=path).status_code == 303
    page = ann.page(path)
    assert "a tender is open" in page
    assert "until 1 March 2027" in page
    late = ann.send(
        path, {**form, "once": "c-2", "sector": "", "other": "essex-county-council"}, via=path
    )
    assert late.status_code == 409
    assert "Somebody changed the list" in late.text
    assert ann.send(path, {"other": "BBC"}, via=path).status_code == 422
    ann.settle()
    member = ann.page("/members/bbc")
    assert "Essex County Council until 1 March 2027" in member
    assert "tender" not in member, "why is not in the projection"
    end = {"whom": hidden(page, "whom"), "version": hidden(page, "version")}
    assert ann.send(f"{path}/end", end, via=path).status_code == 303
    assert "No conflict is known." in ann.page(path)
