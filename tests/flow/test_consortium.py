"""Three members, one need: from the published need to one introduction in three inboxes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.one_process import OneProcess
from tests.flow.pages import submit
from tests.flow.walk import GROUND, PAST_GRACE_SECONDS, Walk

COUNCIL, COLLEGE, FUND = "council-1", "college", "fund"
PEOPLE = {COUNCIL: "amara@essex.example", COLLEGE: "joan@college.example", FUND: "li@fund.example"}
NAMES = {COUNCIL: "Harbour Council", COLLEGE: "Coast College", FUND: "Coast Fund"}
SECTORS = {COUNCIL: "local_government", COLLEGE: "further_education", FUND: "charity"}
NEED = {
    "id": "need-1",
    "member": COUNCIL,
    "title": "Welding and boat building courses for young people in Tendring",
    "description": "School leavers on the coast want to learn welding and boat building close to "
    "home. We look for trainers, and for money to pay for the courses.",
    "goals": [3],
    "places": ["E07000076"],
    "wants": ["expertise", "funding"],
    "beneficiaries": ["post_16"],
}
OFFERS = {
    COLLEGE: (
        "Welding and boat building trainers",
        "Our trainers teach welding and boat building courses to school leavers on the coast.",
        "expertise",
    ),
    FUND: (
        "Money for courses in coastal trades",
        "We pay for welding and boat building courses for school leavers on the coast.",
        "funding",
    ),
}


class Three(Walk):
    """The walk of one consortium; steps as in the walk of a pair."""

    def publish_all(self) -> None:
        for member in NAMES:
            self.publish_member(member)
        for member in OFFERS:
            self.publish_capability(member)
        self._post("/v1/needs", NEED)

    def publish_member(self, member: str) -> None:
        place = ["E10000012"]
        entry = {"id": member, "name": NAMES[member], "sector": SECTORS[member], "places": place}
        self._post("/v1/members", entry)
        contact = {"name": f"Contact of {member}", "email": PEOPLE[member], "main": True}
        self._post(f"/v1/members/{member}/contacts", contact | {"ground": GROUND})

    def publish_capability(self, member: str) -> None:
        title, description, gives = OFFERS[member]
        entry = {
            "id": f"{member}-offer",
            "member": member,
            "title": title,
            "description": description,
            "goals": [3],
            "gives": [gives],
            "beneficiaries": ["post_16"],
        }
        self._post("/v1/capabilities", entry)

    def consortium(self) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            items = self.api("GET", "/v1/matches?need=need-1&state=proposed").json()["items"]
            return [one for one in items if len(one["capability_ids"]) > 1]

        self.house.settle(lambda: bool(found()), "a consortium for the need")
        [match] = found()
        self.match_id = match["match_id"]
        return match

    def say(self, member: str, value: str, **also: str) -> None:
        page = self.house.notifier.get(
            self.mail_to(PEOPLE[member])[-1].link("a"), follow_redirects=True
        )
        values = {"name": f"Contact of {member}"} | also
        done = submit(self.house.notifier, page, values, button=("do", value))
        assert done.status_code == 200, done.text[:800]

    def asked_now(self) -> set[str]:
        return {member for member, address in PEOPLE.items() if self.mail_to(address)}

    def past_grace(self, what: str, state: str) -> None:
        self.house.advance(seconds=PAST_GRACE_SECONDS)
        self.house.settle(lambda: self.state() == state, what)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OneProcess]:
    made = OneProcess(tmp_path)
    yield made
    made.close()


def test_a_consortium_of_three_from_need_to_introduction(house: OneProcess) -> None:
    walk = Three(house)
    walk.sign_in()
    walk.publish_all()
    match = walk.consortium()
    assert [party["member_id"] for party in match["parties"]] == [COUNCIL, COLLEGE, FUND]
    assert match["convenes"] == COUNCIL
    added = sum(reason["contribution"] for reason in match["reasons"])
    assert added == pytest.approx(match["score"], abs=1e-6)

    walk.approve()
    walk.past_grace("the needing side is asked", "asked")
    assert walk.asked_now() == {COUNCIL}, "the needing side first"
    question = walk.mail_to(PEOPLE[COUNCIL])[0]
    assert "Could Coast College, Coast Fund and Harbour Council work together?" in question.subject
    assert "Without Coast Fund nobody here brings funding" in " ".join(question.text.split())

    walk.say(COUNCIL, "yes")
    house.settle(lambda: True, "the answer arrives")
    house.advance(seconds=PAST_GRACE_SECONDS)
    house.settle(lambda: walk.asked_now() == set(PEOPLE), "the suppliers are asked after its yes")
    walk.say(COLLEGE, "yes")
    house.settle(lambda: walk.state() == "asked", "one yes is not enough")
    assert not _introductions(walk)
    walk.say(FUND, "yes")
    house.settle(lambda: walk._answers() == ["yes"] * 3, "three answers")
    walk.past_grace("the introduction", "introduced")
    house.settle(lambda: len(_introductions(walk)) == 3, "a copy each")


def test_a_no_of_one_and_another_in_its_place(house: OneProcess) -> None:
    walk = Three(house)
    walk.sign_in()
    walk.publish_all()
    first = walk.consortium()
    walk.approve()
    walk.past_grace("the needing side is asked", "asked")
    walk.say(COUNCIL, "yes")
    house.advance(seconds=PAST_GRACE_SECONDS)
    house.settle(lambda: walk.asked_now() == set(PEOPLE), "the suppliers are asked")
    walk.say(COLLEGE, "yes")
    walk.say(FUND, "no", reason_code="no_capacity")
    house.settle(lambda: walk.state() == "declined", "one no is a no")
    assert not _introductions(walk)

    NAMES["bank"], SECTORS["bank"], PEOPLE["bank"] = "Coast Bank", "business", "bo@bank.example"
    OFFERS["bank"] = OFFERS[FUND]
    try:
        walk.publish_member("bank")
        walk.publish_capability("bank")
        second = walk.consortium()
        assert second["previous_match_id"] == first["match_id"]
        assert [party["member_id"] for party in second["parties"]] == [COUNCIL, "bank", COLLEGE]
        walk.approve()
        walk.past_grace("the needing side is asked to confirm", "asked")
        again = walk.mail_to(PEOPLE[COUNCIL])[-1]
        assert "You said yes to this before" in again.text
    finally:
        for table in (NAMES, SECTORS, PEOPLE, OFFERS):
            del table["bank"]


def _introductions(walk: Three) -> list[str]:
    return [
        address
        for address in PEOPLE.values()
        for mail in walk.mail_to(address)
        if mail.subject.startswith("Introduction")
        and all(named in mail.text + mail.to for named in PEOPLE.values())
    ]
