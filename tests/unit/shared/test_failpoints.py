"""What a script may say, when it acts, and that production wants none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import failpoints
from shared.failpoints import PLACES, Interrupted, Unreadable, script
from shared.settings import Settings, SettingsRefused, load_settings

PLACE = "relay.published"
_ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def off_afterwards() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("relay.published", "is no step"),
        ("relay.published:explode", "is no step"),
        ("relay.publish:kill", "is no failpoint"),
        ("relay.published:delay=1.2.3", "no number of seconds"),
        ("relay.published:kill@", "is no step"),
    ],
)
def test_a_script_that_means_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        failpoints.arm(text)
    with pytest.raises(SettingsRefused, match=said):
        load_settings(Settings, {"CONVENE_FAILPOINTS": text})


def test_production_refuses_any() -> None:
    given = {"CONVENE_ENVIRONMENT": "production", "CONVENE_FAILPOINTS": f"{PLACE}:kill"}
    with pytest.raises(SettingsRefused, match=r"CONVENE_FAILPOINTS has .* in production"):
        load_settings(Settings, given)


def test_it_acts_the_time_it_was_told_and_only_there() -> None:
    failpoints.arm(f"{PLACE}:raise@2, runner.applied:raise")
    failpoints.reach(PLACE)
    failpoints.reach("relay.marked")
    with pytest.raises(Interrupted, match=PLACE):
        failpoints.reach(PLACE)
    failpoints.reach(PLACE)
    with pytest.raises(Interrupted):
        failpoints.reach("runner.applied")
    failpoints.reach("runner.applied")


def test_a_delay_waits_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    failpoints.arm(f"{PLACE}:delay=0.25")
    failpoints.reach(PLACE)
    failpoints.reach(PLACE)
    assert waited == [0.25, 0.25]


def test_off_there_is_nothing_to_call_but_what_does_nothing() -> None:
    failpoints.arm(f"{PLACE}:raise")
    failpoints.disarm()
    assert failpoints.reach is failpoints._pass
    assert failpoints._pass.__code__.co_names == ()
    assert load_settings(Settings, {}).failpoints is None


def test_a_place_that_is_not_described_is_a_mistake_where_any_is_armed() -> None:
    failpoints.arm(f"{PLACE}:raise")
    with pytest.raises(KeyError, match=r"nowhere\.special"):
        failpoints.reach("nowhere.special")


def test_the_command_lists_every_place() -> None:
    command = [sys.executable, "-m", "shared.failpoints"]
    listed = subprocess.run([*command, "list"], cwd=_ROOT, capture_output=True, check=True).stdout
    for name, place in PLACES.items():
        assert f"{name}\n    {place.where}: {place.between}" in listed.decode()
    assert subprocess.run(command, cwd=_ROOT, capture_output=True, check=False).returncode == 2


def test_every_action_can_be_written() -> None:
    steps = script.read_script(f"{PLACE}:kill@3,{PLACE}:raise,{PLACE}:delay=0.2")
    assert [(each.action.value, each.at, each.seconds) for each in steps] == [
        ("kill", 3, 0.0),
        ("raise", 1, 0.0),
        ("delay", None, 0.2),
    ]
