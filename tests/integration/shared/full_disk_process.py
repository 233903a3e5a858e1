"""The registry on a disk of 16 MiB that fills up. Run by test_full_disk.py, with mounts of its own.

It prints what callers were told while the disk was full, and what was there once it was not.
"""

import errno
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from services.registry.settings import RegistrySettings
from services.registry.wiring import build_tasks, build_web, setup
from shared.bus import connect
from shared.bus.records import TopicPartition
from shared.clock import ManualClock
from shared.messaging.relay import outbox_depth
from shared.observability import metrics
from shared.observability.logging import configure
from shared.settings import load_settings
from shared.sqlite import module
from tests.contract.http.registry.callers import Api
from tests.contract.http.registry.conftest import NOW
from tests.small_size import small_size

PATIENCE_SECONDS = 60.0
MEMBERS = "convene.members"


def main(folder: Path) -> dict[str, Any]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    subprocess.run(mount, check=True)
    configure("registry")
    settings = load_settings(RegistrySettings, small_size(folder))
    setup(settings)
    api = Api(build_web(settings, clock=ManualClock(NOW)), settings, ManualClock(NOW))
    relay, *_ = tasks = build_tasks(settings)
    told = [api.a_member(f"before-{number}")["id"] for number in range(3)]
    relay.step(0.0)
    ballast = folder / "ballast"
    fill(ballast)
    seen = while_full(api, told)
    relay.step(0.0)
    ballast.unlink()
    seen["first_write_afterwards"] = add(api, "afterwards").status_code
    told.append("afterwards")
    database = api.app.extensions["registry"].database
    until(lambda: not relay.step(0.1) and outbox_depth(database) == 0)
    for task in reversed(tasks):
        task.close()
    seen["missing"] = [each for each in told if get(api, each).status_code != 200]
    database.close()
    seen["not_on_the_bus"] = sorted(set(told) - on_the_bus(settings.bus_url))
    seen["integrity"] = [integrity(folder / name) for name in ("registry.db", "bus.db")]
    return seen


def fill(ballast: Path) -> None:
    """Until not a byte more goes in."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def while_full(api: Api, told: list[str]) -> dict[str, Any]:
    """Write until it is refused, some times more, and read."""
    answers: list[list[Any]] = []
    number = 0
    while len(answers) < 5:
        name = f"full-{number}"
        answer = add(api, name)
        number += 1
        if answer.status_code == 201:
            told.append(name)  # there was a little room yet
        else:
            answers.append([answer.status_code, answer.json, dict(answer.headers)])
    return {
        "refusals": answers,
        "reads": [get(api, each).status_code for each in told],
        "ready": api.nobody.get("/readyz").status_code,
        "counted": metrics.storage_faults.labels("registry", "DiskFull")._value.get(),
    }


def add(api: Api, name: str) -> Any:
    body = {"id": name, "name": f"{name} council", "sector": "local_government"}
    return api.coordinator.post("/v1/members", {**body, "places": ["Essex County Council"]})


def get(api: Api, name: str) -> Any:
    return api.coordinator.get(f"/v1/members/{name}")


def until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.05)


def on_the_bus(url: str) -> set[str]:
    bus = connect(url)
    consumer = bus.consumer("reader", [MEMBERS], "one")
    found = set()
    while True:
        deliveries = consumer.poll(0.5)
        found |= {each.record.key.decode() for each in deliveries}
        if not deliveries and not any(consumer.lag().values()):
            assert all(isinstance(each, TopicPartition) for each in consumer.assignment())
            bus.close()
            return found


def integrity(path: Path) -> str:
    connection = module().connect(str(path))
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
