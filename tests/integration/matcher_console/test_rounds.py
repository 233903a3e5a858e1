"""Assignment rounds and the fairness ledger in the console; rounds are for administrators."""

import csv
import io
import re

import pytest

from services.matcher.rounds.run import Rounds
from services.matcher.store.assignments import recent_rounds, update_round
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World, reach_introduced
from tests.integration.matcher_console.desk import Desk, Office

both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


def run_all(world: World) -> None:
    rounds = Rounds(world.database, world.deps, world.clock)
    while rounds.run(world.clock.now()):
        pass
    rounds.close()
    world.propose()


def admin(office: Office) -> Desk:
    return office.desk("Ada Boss", "administrator")


def ask_what_if(desk: Desk, **form: str) -> str:
    answer = desk.post("/rounds/what-if", via="/rounds/what-if", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


@both_stores
def test_a_what_if_run_is_tried_and_put_to_use(office: Office, world: World) -> None:
    market(world, needs=6, suppliers=3)
    world.propose()
    desk = admin(office)
    assert "None yet" in desk.text("/rounds")
    where = ask_what_if(desk, per_need="1", floor="100", reason="Fewer to read")
    waiting = desk.text(where)
    assert "Waiting for the worker: 0%" in waiting
    assert "data-reload-seconds" in waiting
    run_all(world)
    page = desk.text(where)
    assert "What would change" in page
    assert re.search(r"Proposals lost: [1-9]", page)
    assert re.search(r"Proposals gained: \d", page)
    assert "Fewer to read" in page
    other = ask_what_if(desk)
    too_early = desk.post(f"{where}/promote", via=where, reason="Kept as typed")
    assert too_early.status_code == 409
    assert "Kept as typed</textarea>" in too_early.text
    run_all(world)
    assert "Put it to use" in desk.text(other)
    promoted = desk.post(f"{where}/promote", via=where, reason="Coordinators asked for it")
    assert promoted.status_code == 303
    run_all(world)
    live = desk.text(promoted.headers["Location"])
    assert "Its choice holds now." in live
    assert "Coordinators asked for it" in desk.text(where)
    listed = desk.text("/rounds")
    assert "at most 1" in listed
    assert "Put to use" in listed
    assert "Holds now" in listed


def test_progress_is_shown_without_scripts(office: Office, world: World) -> None:
    desk = admin(office)
    answer = desk.post("/rounds", via="/rounds")
    where = answer.headers["Location"]
    with world.database.write() as connection:
        update_round(
            connection, where.rsplit("/", 1)[1], status="running", phase="Choosing", progress=0.5
        )
    page = desk.text(where)
    assert "Choosing: 50%" in page
    assert '<progress id="progress" max="100" value="50">' in page
    assert "Running, 50%" in desk.text("/rounds")


def test_a_second_round_is_not_started_while_one_waits(office: Office) -> None:
    desk = admin(office)
    ask_what_if(desk)
    answer = desk.post("/rounds/what-if", via="/account")
    assert answer.status_code == 422
    assert "is waiting" in answer.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"per_need": "many"}, "is not a number"),
        ({"per_need": "0"}, "Proposals of a need: 0 is outside 1 to 50"),
        ({"per_need": "2.5"}, "Proposals of a need: 2.5 is not a whole number"),
        ({"floor": "250"}, "Floor: 250 is outside 0 to 100"),
        ({"give_up": "60"}, "Given up for evenness: 60 is outside 0 to 50"),
        ({"per_member": "nan"}, "nan is outside 1 to 10000"),
        ({"level": "street"}, "level is"),
        ({"weights": "place"}, "not a feature and a number"),
        ({"weights": "luck=2"}, "is not a feature"),
        ({"weights": "place=1e9"}, "the weight of place is"),
    ],
)
def test_what_cannot_be_tried_is_said(office: Office, form: dict[str, str], said: str) -> None:
    desk = admin(office)
    answer = desk.post("/rounds/what-if", via="/rounds/what-if", **form)
    assert answer.status_code == 422
    assert said in answer.text


def test_other_weights_cannot_be_put_to_use(office: Office, world: World) -> None:
    market(world, needs=2, suppliers=2)
    world.propose()
    desk = admin(office)
    where = ask_what_if(desk, weights="place=1.5")
    run_all(world)
    assert "cannot be put to use" in desk.text(where)
    assert desk.post(f"{where}/promote", via="/account", reason="x").status_code == 409


def test_only_administrators_see_rounds(office: Office) -> None:
    desk = office.desk()
    assert ">Rounds</a>" not in desk.text("/")
    for path in ("/rounds", "/rounds/what-if", "/rounds/x"):
        assert desk.get(path).status_code == 403
    assert admin(office).get("/rounds/x").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "coordinator"])
def test_only_administrators_run_and_promote(office: Office, world: World, role: str) -> None:
    desk = office.desk(role=role)
    for path in ("/rounds", "/rounds/what-if", "/rounds/x/promote", "/models/x/accept",
                 "/models/x/refuse", "/models/priors/accept"):  # fmt: skip
        assert desk.post(path, reason="x").status_code == 403, path
    with world.database.read() as connection:
        assert recent_rounds(connection, 1) == []


def test_a_form_without_its_token_starts_nothing(office: Office, world: World) -> None:
    desk = admin(office)
    for path in ("/rounds", "/rounds/what-if", "/models/priors/accept"):
        assert desk.client.post(path, data={"reason": "x"}).status_code == 400, path
    with world.database.read() as connection:
        assert recent_rounds(connection, 1) == []


@both_stores
def test_the_ledger_counts_places_and_members(office: Office, world: World) -> None:
    world.story()
    reach_introduced(world)
    world.member(
        "leeds", sector="local_government", name="Leeds City Council", places=["E08000035"]
    )
    words = "Somebody to repair the sea wall before the winter storms come."
    material = {"title": "Sea wall", "description": words}
    world.need("wall", **material, material=material, member_id="leeds", goals=[11],
               places=["E08000035"], wants=["equipment"], beneficiaries=["residents"])  # fmt: skip
    world.propose()
    run_all(world)
    desk = office.desk("Vic Viewer", "viewer")
    districts = desk.text("/fairness")
    assert re.search(r"Leeds</a> <span class=\"badge badge-hold\">Waits</span>", districts)
    assert '<a href="/places/E07000076">Tendring</a>' in districts
    for by in ("region", "member"):
        assert desk.get("/fairness", by=by).headers["Location"] == "/reports/fairness"
    report = desk.text("/reports/fairness")
    assert "Yorkshire" in report
    assert "BBC" in report
    world.clock.advance(days=100)
    later = office.desk("Una Viewer", "viewer").text("/fairness", period="30")
    row = later.partition("Tendring</a>")[2].partition("</tr>")[0]
    assert re.findall(r"number\">([\d.%]+)<", row) == ["1", "50.0%", "0", "0.0%", "0"]


@both_stores
def test_the_ledger_as_a_file(office: Office, world: World) -> None:
    world.story()
    world.member("essex", what="member.changed", sector="local_government", name="=Essex()")
    world.propose()
    desk = office.desk()
    answer = desk.get("/fairness.csv", by="member")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    by_id = {row["Code or id"]: row for row in rows}
    assert by_id["essex"]["Name"] == "'=Essex()"
    assert by_id["essex"]["Needs open now"] == "1"
    assert by_id["essex"]["Proposals"] == "1"
    assert by_id["bbc"]["Proposals as supplier"] == "1"
    places = list(csv.DictReader(io.StringIO(
        desk.get("/fairness.csv").data.decode("utf-8-sig"))))  # fmt: skip
    assert [(row["Name"], row["Month"]) for row in places] == [("Tendring", "2026-12")]


def test_administrators_go_from_the_ledger_to_its_rounds(office: Office, world: World) -> None:
    world.story()
    world.propose()
    boss = admin(office)
    where = boss.post("/rounds", via="/rounds").headers["Location"]
    run_all(world)
    assert f'href="{where}"' in boss.text("/fairness")
    told = office.desk("Vic Viewer", "viewer").text("/fairness")
    assert "Cost of the floor" in told
    assert "/rounds" not in told


def test_nothing_to_count_is_said(office: Office) -> None:
    desk = office.desk()
    for query in ({}, {"period": "30"}, {"by": "x", "period": "x"}):
        page = desk.text("/fairness", **query)
        assert "Nothing to count yet" in page
        assert "No assignment round has been run yet." in page
