"""The restore drill: everything is lost after the backup was made, and nobody is mailed twice."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.house import back_up, house_of, put_back
from services.notifier.erasures import ask_erasure
from services.notifier.parts import Parts
from services.notifier.post import sent_mail
from services.notifier.resume import resume_mail, sent_on_bus
from services.notifier.settings import NotifierSettings
from services.notifier.wiring import build_parts
from shared.bus.connect import connect
from shared.messaging.balance import Balance
from shared.settings import load_settings
from shared.storage import Database
from tests.flow.house import Mail, read_mail
from tests.flow.one_process import OneProcess
from tests.flow.walk import PAST_GRACE_SECONDS, THEMES, Walk

SERVICES = ("registry", "matcher", "notifier")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OneProcess]:
    folder = tmp_path / "house"
    folder.mkdir()
    house = OneProcess(folder)
    yield house
    house.close()


def lose_everything(folder: Path) -> None:
    """The disk of the databases; keys and lists lie elsewhere, as the manual says."""
    for path in folder.iterdir():
        if ".db" in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def walk_to_proposal(house: OneProcess, number: int) -> Walk:
    walk = Walk(house, THEMES[number], tag=f"r{number}")
    if number == 0:
        walk.sign_in()
    walk.publish()
    walk.see_proposal()
    return walk


@contextmanager
def notifier_of(house: OneProcess) -> Iterator[Parts]:
    settings = load_settings(NotifierSettings, house.environment)
    parts = build_parts(settings, clock=house.clock)
    yield parts
    parts.database.close()


def resume(house: OneProcess) -> list[str]:
    with notifier_of(house) as parts, closing(connect(parts.settings.bus_url)) as bus:
        on_bus = sent_on_bus(bus)
        with parts.work("drill") as work:
            return resume_mail(work, sent_mail(parts.settings), on_bus).sentences()


def contacts_of(walk: Walk, member: str) -> list[str]:
    answer = walk.house.registry.get(f"/v1/members/{member}/contacts", headers=key_of(walk))
    return [contact["id"] for contact in answer.json()["items"]]


def key_of(walk: Walk) -> dict[str, str]:
    return {"Authorization": f"Bearer {walk.house.admin_key}"}


def mails(house: OneProcess) -> list[str]:
    return [mail.message_id for mail in read_mail(house.mailbox)]


def test_after_a_restore_nothing_is_sent_twice(house: OneProcess, tmp_path: Path) -> None:
    folder, backup = tmp_path / "house", tmp_path / "backup"
    done, other = walk_to_proposal(house, 0), walk_to_proposal(house, 1)
    done.approve()
    approaches = done.wait_for_approaches()
    back_up(house_of(house.environment), backup, datetime.now(UTC))
    later = live_on(house, done, other, approaches)
    sent = mails(house)

    house.stop()
    lose_everything(folder)
    said = put_back(house_of(house.environment), backup, replace=False, keep_log=False)
    assert "registry: 1 contact(s) erased after the backup were erased again." in said
    assert "notifier: 1 person(s) erased after the backup were erased again." in said
    house.start()

    # As of the backup, but for the person who was erased.
    done.sign_in()
    assert (done.state(), other.state()) == ("asked", "proposed")
    assert contacts_of(done, done.parties.bringing) == []
    other.approve()
    house.advance(seconds=PAST_GRACE_SECONDS)
    house.settle(lambda: other.state() == "approved", "a wait, because mail is stopped")
    assert mails(house) == sent

    told = resume(house)
    # Three copies of the introduction and two approaches; the mailbox itself forgot the erased.
    assert told[1] == "5 email(s) left after the backup was made and are not sent again."
    assert told[2].startswith("0 may have left")
    house.settle(lambda: other.state() == "asked", "the approaches taken as sent")
    assert mails(house) == sent
    # The links in mail of the forgotten time work, and what it had not come to is sent, once.
    other.answer(later[0], "yes", other.parties.needing_name)
    other.answer(later[1], "yes", other.parties.bringing_name)
    other.wait_for_introduction()
    assert len(set(mails(house))) == len(mails(house)) > len(sent)
    check_books(house)


def live_on(
    house: OneProcess, done: Walk, other: Walk, approaches: tuple[Mail, Mail]
) -> tuple[Mail, Mail]:
    """What the backup does not know: an introduction, an erasure, another match asked."""
    done.answer(approaches[0], "yes", done.parties.needing_name)
    done.answer(approaches[1], "yes", done.parties.bringing_name)
    done.wait_for_introduction()
    [contact_id] = contacts_of(done, done.parties.bringing)
    with notifier_of(house) as parts, parts.work("drill") as work:
        ask_erasure(work, contact_id, done.parties.bringing)
    house.advance(seconds=10)
    house.settle(lambda: contacts_of(done, done.parties.bringing) == [], "the erasure")
    other.approve()
    return other.wait_for_approaches()


def check_books(house: OneProcess) -> None:
    for service in SERVICES:
        with closing(Database(house.database_url(service), service=service)) as database:
            assert Balance(database, service).report() == 0, service
