"""Learned weights: seen, accepted and refused by administrators, on the page and by command."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.matcher.__main__ import main
from services.matcher.domain.matches import Match
from services.matcher.models.train import train
from services.matcher.store.models import all_models
from tests.integration.matcher.verdicts import put_verdicts
from tests.integration.matcher.world import World, rules_model
from tests.integration.matcher_console.desk import Office

Run = Callable[..., Result]
both_stores = pytest.mark.parametrize(
    "world", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def offered(world: World) -> str:
    put_verdicts(world.database, 300)
    version = train(world.database, rules_model(), world.clock).version
    assert version is not None
    return version


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CONVENE_DATABASE_URL", f"sqlite:///{tmp_path}/{{service}}.db")
    monkeypatch.setenv("CONVENE_ENVIRONMENT", "test")
    monkeypatch.setenv("CONVENE_SEMANTIC", "false")
    monkeypatch.setenv("CONVENE_KEYS_DIR", str(tmp_path / "keys"))
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def statuses(world: World) -> dict[str, str]:
    with world.database.read() as connection:
        return {one.version: one.status for one in all_models(connection)}


@both_stores
def test_an_administrator_accepts_and_goes_back(
    office: Office, offered: str, proposal: Match
) -> None:
    boss = office.desk("Bea Boss", "administrator")
    page = boss.text("/models")
    assert page.count("<h1") == 1
    assert f"<strong>{offered}</strong>" in page
    assert "It foretells held-out verdicts better" in page
    assert "nothing that was learned has been accepted" in page
    refused = boss.post(f"/models/{offered}/accept", via="/models", reason=" ")
    assert refused.status_code == 422
    assert "Give the reason" in refused.text
    assert statuses(office.world) == {offered: "offered"}
    done = boss.post(f"/models/{offered}/accept", via="/models", reason="It is right about places.")
    assert (done.status_code, done.location) == (303, "/models")
    page = boss.text("/models")
    assert "by Bea Boss: “It is right about places.”" in page
    assert "Matches that wait stay as they are." in page
    assert office.world.match(proposal.match_id) == proposal
    office.world.capability("more-words")
    office.world.propose()
    [fresh] = [one for one in office.world.open() if one.match_id != proposal.match_id]
    assert fresh.model_version.startswith(offered)
    back = boss.post("/models/priors/accept", via="/models", reason="One more year.")
    assert back.status_code == 303
    assert statuses(office.world) == {offered: "replaced"}
    assert "Use it again" in boss.text("/models")


def test_a_refused_model_is_kept_with_who_and_why(office: Office, offered: str) -> None:
    boss = office.desk("Bea Boss", "administrator")
    assert (
        boss.post(f"/models/{offered}/refuse", via="/models", reason="Too few.").status_code == 303
    )
    page = boss.text("/models")
    assert re.search(r"Refused, 1 December 2026, Bea Boss: “Too few.”", page), page
    again = boss.post(f"/models/{offered}/accept", via="/account", reason="After all.")
    assert again.status_code == 409
    assert "is refused; only one that is offered can be decided" in again.text
    assert boss.post("/models/nothing/refuse", via="/account", reason="No.").status_code == 409


def test_nobody_else_sees_or_decides(office: Office, offered: str) -> None:
    ann = office.desk()
    assert ann.get("/models").status_code == 403
    for path in (f"{offered}/accept", f"{offered}/refuse", "priors/accept"):
        assert ann.post(f"/models/{path}", reason="Mine.").status_code == 403
    assert statuses(office.world) == {offered: "offered"}
    assert "/models" not in ann.text("/")


def test_before_anything_was_learned(office: Office) -> None:
    boss = office.desk("Bea Boss", "administrator")
    page = boss.text("/models")
    assert "after 50 new verdicts" in page
    assert 'href="/models"' in boss.text("/rounds")


def test_by_command(run: Run, office: Office) -> None:
    office.add("Bea Boss", "administrator")
    office.add("Ann Osei")
    assert "at least 30 are needed" in run("train").output
    assert "Nothing was learned yet" in run("models", "list").output
    put_verdicts(office.world.database, 300)
    told = run("train").output
    assert "is offered: accept or refuse it" in told, told
    [version] = statuses(office.world)
    assert version in run("models", "list").output
    table = run("evaluate").output
    assert re.search(r"priors +in_use +300 ", table), table
    assert re.search(rf"{version} +offered +0 ", table), table
    assert '"calibration_error"' in run("evaluate", "--json").output
    bea, ann = "bea@coalition.example", "ann@coalition.example"
    no = run("models", "accept", version, "--by", ann, "--reason", "Mine.")
    assert no.exit_code == 1
    assert "is not an administrator's account" in no.output
    wrong = run("models", "accept", "learned-0", "--by", bea, "--reason", "It.")
    assert wrong.exit_code == 1
    assert "There is no model learned-0" in wrong.output
    assert run("models", "accept", version, "--by", bea, "--reason", "Better.").exit_code == 0
    assert statuses(office.world) == {version: "in_use"}
    assert run("models", "back", "--by", bea, "--reason", "Back.").exit_code == 0
    assert "replaced" in run("models", "list").output
    refuse = run("models", "refuse", version, "--by", bea, "--reason", "No.")
    assert refuse.exit_code == 1
