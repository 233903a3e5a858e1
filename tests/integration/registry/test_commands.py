"""The registry's commands, run as an operator runs them."""

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from flask import Flask, request
from sqlalchemy import update

from services.registry.__main__ import main
from services.registry.commands import subjects
from services.registry.commands.context import read_settings
from services.registry.store import tables
from services.registry.wiring import notifier_client, open_database
from shared.clock import SystemClock
from tests.integration.registry.support import contact, member, need

CANARY = "canary.jane@essex.example"
LINES = [member(), contact(email=CANARY, name="Canary Jane"), need(contact="c1")]


class Notifier:
    """The notifier's side of a subject's rights, as INTERFACES says it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.app = Flask("notifier")
        self.app.add_url_rule("/v1/subjects/<what>", "subject", self.answer, methods=["POST"])

    def answer(self, what: str) -> tuple[dict[str, Any], int]:
        self.asked.append((what, request.get_json()))
        return {"messages": ["what was sent to " + request.get_json()["email"]]}, self.status


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Notifier:
    fake = Notifier()
    transport = httpx.WSGITransport(app=fake.app)
    monkeypatch.setattr(
        subjects,
        "notifier_client",
        lambda settings, clock: notifier_client(settings, clock, {"notifier": transport}),
    )
    return fake


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, set up; the settings' defaults lead into it."""
    for name in [name for name in os.environ if name.startswith("CONVENE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assert run("setup").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def write(folder: Path, *lines: dict[str, Any]) -> str:
    path = folder / "coalition.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_import_tells_each_bad_line_and_export_gives_it_back(folder: Path) -> None:
    path = write(folder, *LINES, need("two", "nobody"), need("three", colour="red"))
    result = run("import", path)
    assert result.exit_code == 1
    assert "line 4: need two: member “nobody” is not the id of a member" in result.output
    assert "line 5: need: colour" in result.output
    assert "added: 1 member, 1 contact, 1 need" in result.output
    assert run("import", write(folder, *LINES)).exit_code == 0
    assert "unchanged: 1 member, 1 contact, 1 need" in run("import", path).output
    assert CANARY not in run("export").output
    assert CANARY in run("export", "--contacts").output
    run("export", "--output", str(folder / "out.jsonl"))
    assert len((folder / "out.jsonl").read_text().splitlines()) == 2


def test_a_file_of_no_known_kind_is_refused(folder: Path) -> None:
    (folder / "a.pdf").write_text("x")
    result = run("import", str(folder / "a.pdf"))
    assert result.exit_code == 1
    assert "rename the file to what it is" in result.output


def test_keys_are_made_listed_and_revoked(folder: Path) -> None:
    run("import", write(folder, *LINES))
    made = run("key", "create", "--member", "essex", "--label", "website")
    text = made.output.split()[-1]
    key_id = text.split("_")[1]
    listed = run("key", "list").output
    assert key_id in listed
    assert text.split("_", 2)[2] not in listed
    assert run("key", "create", "--member", "essex").exit_code == 0
    third = run("key", "create", "--member", "essex")
    assert third.exit_code == 1
    assert "revoke one of" in third.output
    assert run("key", "revoke", key_id).exit_code == 0
    assert "revoked" in run("key", "list").output
    assert run("key", "revoke", key_id).exit_code == 1
    assert run("key", "revoke", "nothing").exit_code == 1
    assert run("key", "create", "--member", "nobody").exit_code == 1
    assert run("key", "create", "--kind", "admin").exit_code == 0


def test_a_person_gets_everything_held_in_one_file(folder: Path, notifier: Notifier) -> None:
    run("import", write(folder, *LINES))
    assert run("export-subject", CANARY.upper(), "--output", "jane.zip").exit_code == 0
    with zipfile.ZipFile("jane.zip") as file:
        held = json.loads(file.read("registry.json"))
        written = json.loads(file.read("notifier.json"))
    assert held[0]["email"] == CANARY
    assert held[0]["named_by"] == [{"id": "reading", "kind": "need"}]
    assert written[0]["messages"] == [f"what was sent to {CANARY}"]
    assert notifier.asked == [("export", {"contact_id": "c1", "email": CANARY})]
    assert Path("jane.zip").stat().st_mode & 0o077 == 0
    assert run("export-subject", "no@where.example", "--output", "x.zip").exit_code == 1


def test_an_erased_person_is_nowhere(folder: Path, notifier: Notifier) -> None:
    run("import", write(folder, *LINES))
    (folder / "coalition.jsonl").unlink()
    backup = (folder / "var" / "registry.db").read_bytes()
    assert run("erase-subject", "c1", "--yes").exit_code == 0
    assert notifier.asked == [("erase", {"contact_id": "c1", "email": CANARY})]
    assert run("erase-subject", CANARY, "--yes").exit_code == 1
    assert_nowhere(folder)
    assert "1 need" in run("import", write(folder, need())).output
    for leftover in (folder / "var").glob("registry.db-*"):
        if leftover.is_file():
            leftover.unlink()
    (folder / "var" / "registry.db").write_bytes(backup)
    assert "Erased 1 contact" in run("erase-again").output
    assert "Erased 0 contact" in run("erase-again").output


def test_nothing_is_erased_here_when_the_notifier_cannot(folder: Path, notifier: Notifier) -> None:
    run("import", write(folder, *LINES))
    notifier.status = 500
    result = run("erase-subject", "c1", "--yes")
    assert result.exit_code == 1
    assert "nothing was done" in result.output
    assert CANARY in run("export", "--contacts").output


def test_no_plaintext_of_contacts_is_ever_in_a_file(folder: Path) -> None:
    run("import", write(folder, *LINES))
    (folder / "coalition.jsonl").unlink()
    assert_nowhere(folder)


def test_config_masks_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVENE_SERVICE_KEY", "s" * 40)
    output = run("config").output
    assert "CONVENE_SCREEN_TEXTS" in output
    assert "s" * 40 not in output
    monkeypatch.setenv("CONVENE_IMPORT_BATCH_LINES", "many")
    refused = run("config")
    assert refused.exit_code == 1
    assert "CONVENE_IMPORT_BATCH_LINES" in refused.output


def test_the_notifier_client_signs_for_the_notifier(folder: Path) -> None:
    client = notifier_client(read_settings(), SystemClock())
    client.close()


def assert_nowhere(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"anary" not in path.read_bytes(), path


def test_reconcile_says_what_it_told_again(folder: Path) -> None:
    assert run("import", write(folder, *LINES)).exit_code == 0
    waiting = run("reconcile")
    assert waiting.exit_code == 0
    assert "2 keys compared, 0 told again" in waiting.output
    database = open_database(read_settings())
    with database.write() as connection:  # as if the topics had lost what was sent
        connection.execute(update(tables.standard.outbox).values(published_at=datetime.now(UTC)))
    database.close()
    told = run("reconcile").output
    assert "convene.members essex: told again" in told
    assert "convene.needs reading: told again" in told
    assert "2 keys compared, 2 told again" in told
