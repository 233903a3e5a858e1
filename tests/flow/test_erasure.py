"""An erasure proves itself: nothing a person is called or wrote is left in any byte of the house.

The search is shown to find: before the erasure an email in the mailbox and an export hold it.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.registry.commands.context import Opened
from services.registry.commands.subjects import erase_everywhere
from services.registry.erase import subject_contacts
from services.registry.settings import RegistrySettings
from services.registry.wiring import notifier_client, open_database, open_vault
from shared.messaging.tasks import pump
from shared.settings import load_settings
from tests.flow.one_process import OneProcess
from tests.flow.pages import submit
from tests.flow.walk import THEMES, Walk

NOTE = "Please ring my deputy Wilhelmina, I am at the dentist"
OTHERS = 6


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OneProcess]:
    running = OneProcess(tmp_path, SEMANTIC="false")
    yield running
    running.close()


@pytest.fixture
def registry(house: OneProcess) -> Iterator[Opened]:
    settings = load_settings(RegistrySettings, house.environment)
    database = open_database(settings)
    yield Opened(settings, database, open_vault(settings), house.clock)
    database.close()


def holding(folder: Path, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which file of the house holds which word, in any byte."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held = path.read_bytes().lower()
            found += [(path.name, word) for word in words if word.lower().encode() in held]
    return found


def test_nothing_is_left_of_people_who_were_erased(
    house: OneProcess, registry: Opened, tmp_path: Path
) -> None:
    walk = Walk(house, THEMES[0])
    is_introduced(walk)
    others = import_people(house)
    words = (*walk.parties.secrets, "Okafor", "Wilhelmina", *others)
    pump(house.tasks)
    addresses = [walk.parties.needing_address, walk.parties.bringing_address]
    assert {word for _, word in holding(tmp_path / "mailbox", words)} >= set(addresses)
    in_databases = [name for name, _ in holding(tmp_path, words) if not name.endswith(".eml")]
    assert in_databases == [], "what is personal is sealed from the beginning"

    gone = [*addresses, *(name for name in others if "@" in name)]
    notifier = notifier_client(
        registry.settings, house.clock, {"notifier": httpx.WSGITransport(app=house.notifier_app)}
    )
    for address in gone:
        with registry.database.read() as connection:
            people = subject_contacts(connection, registry.vault, address)
        erase_everywhere(registry, people, notifier)
    pump(house.tasks)

    assert holding(tmp_path, words) == []
    listed = (tmp_path / "erasures.jsonl").read_text().splitlines()
    assert len(listed) == len(gone) == OTHERS + 2


def is_introduced(walk: Walk) -> None:
    """With a note to the answer, so that free words were written too."""
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    walk.approve()
    ours, theirs = walk.wait_for_approaches()
    page = walk.house.notifier.get(ours.link("a"), follow_redirects=True)
    said = {"name": walk.parties.needing_name, "note": NOTE}
    assert submit(walk.house.notifier, page, said, button=("do", "yes")).status_code == 200
    walk.answer(theirs, "yes", walk.parties.bringing_name)
    walk.wait_for_introduction()
    assert NOTE in str(walk.house.matcher.get(f"/matches/{walk.match_id}").text), "it was kept"


def import_people(house: OneProcess) -> list[str]:
    """A file with people in it, taken in and kept for correcting and undoing; what they are called."""
    lines = [
        f'{{"kind":"member","id":"m{n}","name":"Member {n}","sector":"charity"}}'
        for n in range(OTHERS)
    ]
    ground = '{"basis":"consent","date":"2026-11-01","source":"post"}'
    called = [
        (f"Zebedee Quill{n:03}", f"zebedee.quill{n:03}@members.example") for n in range(OTHERS)
    ]
    lines += [
        f'{{"kind":"contact","id":"z{n}","member":"m{n}","name":"{name}","email":"{email}","ground":{ground}}}'
        for n, (name, email) in enumerate(called)
    ]
    answer = house.registry.post(
        "/v1/imports",
        content="\n".join(lines).encode(),
        headers={
            "Authorization": f"Bearer {house.admin_key}",
            "Content-Type": "application/jsonl",
            "Idempotency-Key": "people-1",
        },
    )
    assert answer.status_code in {201, 202}, answer.text
    pump(house.tasks)
    state = house.registry.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {house.admin_key}"}
    ).json()
    assert state["counts"]["added"]["contact"] == OTHERS, state
    return [word for pair in called for word in pair]
