"""An import is not undone while a match stands on what it brought."""

from services.matcher.domain.matches import Match
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Desk, Office
from tests.integration.matcher_console.test_lists import both_stores
from tests.integration.matcher_console.test_members import FOUND


def undo(office: Office, desk: Desk, requested_at: str) -> tuple[int, str]:
    told = {**FOUND, "id": "i1", "state": "finished", "requested_at": requested_at}
    subjects = [{"kind": "need", "id": "reading"}, {"kind": "contact", "id": "c1"}]
    office.registry.says("GET", "/v1/imports/i1", told)
    office.registry.says("GET", "/v1/imports/i1/subjects", {"items": subjects})
    answer = desk.post("/imports/i1/undo", via="/imports/i1")
    return answer.status_code, answer.text


@both_stores
def test_a_match_on_it_stands_in_the_way_and_a_proposal_does_not(
    office: Office, world: World, proposal: Match
) -> None:
    desk = office.desk()
    asked: tuple[str, dict[str, str]] = ("/v1/imports/i1/undo", {})
    world.approve(proposal.match_id)
    status, page = undo(office, desk, "2026-12-01T08:00:00+00:00")
    assert status == 409
    assert "Matches stand on what came with this import: “Early reading”" in page
    assert asked not in office.registry.sent("POST"), "the registry was not even asked"
    assert undo(office, desk, "2026-12-02T08:00:00+00:00")[0] == 303, "it was approved before"
    assert asked in office.registry.sent("POST")
