"""The fairness ledger over HTTP."""

from tests.integration.matcher.conftest import Call
from tests.integration.matcher.world import World, reach_introduced


def test_the_fairness_ledger_is_read_page_by_page(world: World, call: Call) -> None:
    world.story()
    reach_introduced(world)
    world.member("leeds", sector="local_government", name="Leeds", places=["E08000035"])
    wall = {"title": "Sea wall", "description": "Somebody to repair the wall before the storms."}
    world.need("wall", **wall, material=wall, member_id="leeds", places=["E08000035"])
    first = call("GET", "/v1/fairness", query_string={"limit": 1}).json
    assert first is not None
    assert (first["needs"], first["proposals"], first["introductions"]) == (2, 1, 1)
    [tendring] = first["items"]
    assert (tendring["name"], tendring["share_of_proposals"]) == ("Tendring", 1.0)
    asked = {"limit": 1, "after": first["next"]}
    rest = call("GET", "/v1/fairness", by="service:reports", query_string=asked).json
    assert rest is not None
    [leeds] = rest["items"]
    assert (leeds["id"], leeds["needs"], leeds["waits"]) == ("E08000035", 1, True)
    assert rest["next"] is None
    members = call("GET", "/v1/fairness", query_string={"by": "member"}).json
    assert members is not None
    assert {one["id"]: one["brought"] for one in members["items"]}["bbc"] == 1
    world.clock.advance(days=100)
    later = call("GET", "/v1/fairness", query_string={"days": 30}).json
    assert later is not None
    assert (later["needs"], later["proposals"]) == (2, 0)
    assert call("GET", "/v1/fairness", query_string={"by": "moon"}).status_code == 422
    assert call("GET", "/v1/fairness", query_string={"after": "x"}).status_code == 400
