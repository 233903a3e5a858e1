"""The compose file and the images say the same as the Procfile, the settings and the topics."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.image_requirements import MATCHER_ONLY, chosen
from scripts.supervision import processes
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"kafka", "postgres"}
SERVICE_KEYS = {
    "build",
    "command",
    "configs",
    "depends_on",
    "environment",
    "healthcheck",
    "image",
    "ports",
    "restart",
    "stop_grace_period",
    "volumes",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_the_same_processes_as_make_run(compose: dict[str, Any]) -> None:
    listed = processes(ROOT / "Procfile")
    started = {
        name: entry["command"]
        for name, entry in compose["services"].items()
        if name not in SERVERS and not name.endswith("-setup")
    }
    assert started == listed


def test_every_service_is_set_up_before_its_first_process(compose: dict[str, Any]) -> None:
    for name, entry in compose["services"].items():
        if name in SERVERS or name.endswith("-setup"):
            continue
        service = "notifier" if name == "mailbox" else name.partition("-")[0]
        condition = entry["depends_on"][f"{service}-setup"]["condition"]
        assert condition == "service_completed_successfully", name
        setup = compose["services"][f"{service}-setup"]
        assert setup["command"] == f"python -m services.{service} setup"
        assert set(setup["depends_on"]) == SERVERS


def test_every_process_has_a_health_check_and_only_known_keys(compose: dict[str, Any]) -> None:
    for name, entry in compose["services"].items():
        assert set(entry) <= SERVICE_KEYS, name
        if not name.endswith("-setup"):
            assert entry["healthcheck"]["test"], name


def test_nothing_is_published_beyond_loopback(compose: dict[str, Any]) -> None:
    for name, entry in compose["services"].items():
        for port in entry.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} publishes {port}"


def test_every_variable_is_a_documented_setting(compose: dict[str, Any]) -> None:
    documented = set(re.findall(r"CONVENE_[A-Z_]+", (ROOT / "docs/configuration.md").read_text()))
    for name, entry in compose["services"].items():
        given = {key for key in entry.get("environment", {}) if key.startswith("CONVENE_")}
        assert given <= documented, f"{name}: {sorted(given - documented)} are no settings"


def test_every_mounted_volume_is_declared(compose: dict[str, Any]) -> None:
    for name, entry in compose["services"].items():
        for mount in entry.get("volumes", []):
            assert mount.split(":")[0] in compose["volumes"], f"{name} mounts {mount}"


def test_every_topic_that_is_consumed_has_a_worker_that_runs(compose: dict[str, Any]) -> None:
    for topic in TOPICS:
        consumers = {
            consumer
            for event_type in EVENT_TYPES.values()
            if event_type.topic == topic
            for consumer in event_type.consumers
        }
        for consumer in consumers:
            assert f"{consumer}-worker" in compose["services"], f"{topic} has no {consumer}"


def test_images_carry_what_their_service_imports_and_no_more() -> None:
    lock = (ROOT / "requirements/run.txt").read_text()
    names = {
        service: set(re.findall(r"^([a-z0-9._-]+)==", chosen(service, lock), re.MULTILINE))
        for service in ("registry", "matcher", "notifier")
    }
    assert names["matcher"] >= MATCHER_ONLY
    assert not names["registry"] & MATCHER_ONLY
    assert {"flask", "sqlalchemy", "kafka-python", "psycopg"} <= names["notifier"]
    assert "--hash=sha256:" in chosen("registry", lock)


def test_lock_files_name_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(), f"{lock.name} carries an address"


@pytest.mark.parametrize("service", ["registry", "notifier"])
def test_a_small_image_starts_without_what_it_does_not_carry(service: str) -> None:
    """Every module of the service is imported where the matcher's libraries cannot be."""
    code = f"""
import importlib, pkgutil, sys
for name in {[*sorted(name.replace("-", "_") for name in MATCHER_ONLY), "sklearn"]!r}:
    sys.modules[name] = None
package = importlib.import_module("services.{service}")
for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".versions." not in found.name and not found.name.endswith((".env", ".__main__")):
        importlib.import_module(found.name)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
