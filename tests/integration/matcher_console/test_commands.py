"""`coordinator …`: the first account, and what a lost password needs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.matcher.commands.coordinators import coordinator_group
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Office

Run = Callable[..., Result]


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CONVENE_DATABASE_URL", f"sqlite:///{tmp_path}/{{service}}.db")
    monkeypatch.setenv("CONVENE_ENVIRONMENT", "test")
    monkeypatch.setenv("CONVENE_KEYS_DIR", str(tmp_path / "keys"))

    def run_it(*arguments: str, password: str | None = None, typed: str | None = None) -> Result:
        env = {"CONVENE_NEW_PASSWORD": password} if password else {}
        return CliRunner().invoke(coordinator_group, list(arguments), env=env, input=typed)

    return run_it


def test_an_account_is_added_listed_changed_and_closed(run: Run, office: Office) -> None:
    client = office.app.test_client()
    added = run("add", "Ann@Coalition.example", "--name", "Ann Osei", "--role", "administrator",
                "--password-from-environment", password="three plain words")  # fmt: skip
    assert added.exit_code == 0, added.output
    assert "three plain words" not in added.output
    assert office.sign_in(client, "ann@coalition.example").status_code == 303
    listed = run("list").output
    assert "ann@coalition.example\tadministrator\topen\tAnn Osei" in listed
    changed = run("password", "ann@coalition.example", "--generate")
    made = changed.output.partition("(shown once): ")[2].strip()
    assert client.get("/").status_code == 303, "a new password ends every session"
    assert office.sign_in(client, "ann@coalition.example", made).status_code == 303
    assert run("disable", "ann@coalition.example").exit_code == 0
    assert client.get("/").status_code == 303
    assert "closed" in run("list").output


def test_the_password_is_asked_for_twice(run: Run) -> None:
    typed = "three plain words\nthree plain words\n"
    added = run("add", "bob@coalition.example", "--name", "Bob", typed=typed)
    assert added.exit_code == 0, added.output
    assert "three plain words" not in added.output


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "nonsense", "--name", "A"), "three plain words", "is not an email address"),
        (("add", "a@b.example", "--name", " "), "three plain words", "The name is empty"),
        (("add", "a@b.example", "--name", "A"), "short", "12 or more"),
        (("add", "a@b.example", "--name", "A"), None, "CONVENE_NEW_PASSWORD is not set"),
        (("password", "a@b.example"), "three plain words", "There is no account of a@b.example"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, arguments: tuple[str, ...], password: str | None, said: str
) -> None:
    result = run(*arguments, "--password-from-environment", password=password)
    assert result.exit_code == 1
    assert said in result.output


def test_an_address_has_one_account(run: Run) -> None:
    words = "three plain words"
    add = ("add", "a@b.example", "--name", "A", "--password-from-environment")
    assert run(*add, password=words).exit_code == 0
    again = run(*add, password=words)
    assert again.exit_code == 1
    assert "There is an account of a@b.example already" in again.output
