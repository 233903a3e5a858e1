"""The commands, as an operator calls them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.notifier.domain.messages import Kind
from shared.contracts import types
from tests.integration.notifier.test_api import bounce_of
from tests.integration.notifier.world import BBC, World

pytestmark = pytest.mark.processes


def command(world: World, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    folder: Path = world.settings.var
    environment = {
        "PATH": os.environ["PATH"],
        "CONVENE_ENVIRONMENT": "test",
        "CONVENE_BUS_URL": world.settings.bus_url,
        "CONVENE_DATABASE_URL": world.settings.database_url,
        "CONVENE_KEYS_DIR": str(folder / "keys"),
        "CONVENE_VAR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "services.notifier", *words],
        input=given,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_setup_may_be_repeated_and_config_masks_secrets(sqlite_world: World) -> None:
    again = command(sqlite_world, "setup")
    assert (again.returncode, again.stdout) == (0, b"The notifier is set up.\n")
    shown = command(sqlite_world, "config")
    assert shown.returncode == 0
    assert b"CONVENE_MAIL_CAP_PER_DAY" in shown.stdout


def test_a_bounce_on_standard_input_is_acted_on(sqlite_world: World) -> None:
    sqlite_world.match(types.MATCH_APPROVED)
    taken = command(sqlite_world, "bounce", given=bounce_of(sqlite_world, BBC))
    assert taken.returncode == 0
    assert taken.stdout.startswith(b"bounce 5.1.1 about message ")
    failed = command(sqlite_world, "messages", "--state", "failed")
    assert b"undeliverable" in failed.stdout
    assert b"@" not in failed.stdout
    junk = command(sqlite_world, "bounce", given=b"\x00\xff junk")
    assert (junk.returncode, junk.stdout) == (0, b"other  about no message of ours\n")


def test_a_message_is_listed_and_tried_again(sqlite_world: World) -> None:
    world = sqlite_world
    people, world.registry.people[BBC] = world.registry.people[BBC], []
    world.match(types.MATCH_APPROVED)
    world.registry.people[BBC] = people
    message = next(m for m in world.ledger(Kind.APPROACH) if m.member_id == BBC)
    assert message.message_id.encode() in command(world, "messages").stdout
    again = command(world, "messages", "retry", message.message_id)
    assert again.stdout == f"{message.message_id} is retry_later\n".encode()
    world.clock.advance(days=36_500)  # the command has the real time, this world another
    world.run()
    assert any(BBC in recipient for _, recipient in world.double.envelopes)
    refused = command(world, "messages", "retry", message.message_id)
    assert refused.returncode == 1
    assert b"cannot become 'retry_later'" in refused.stderr


def test_parked_and_unknown_things_are_said_plainly(sqlite_world: World) -> None:
    assert command(sqlite_world, "parked", "list").stdout == b"nothing is open\n"
    unknown = command(sqlite_world, "messages", "arrived", "none")
    assert unknown.returncode == 1
    assert b"there is no message none" in unknown.stderr
