"""Keeps one server for all test processes of a run; stops it when the last one is gone.

`python -m tests.servers.keeper KIND FOLDER` starts the server, writes how to reach it to
FOLDER/info.json and then waits for the exclusive lock on FOLDER/users.lock. Every user holds that
lock shared, so the kernel itself tells the keeper when the last one has closed it, or died.
"""

import fcntl
import json
import os
import sys
from pathlib import Path

from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer

SERVERS: dict[str, type[KafkaServer] | type[PostgresServer]] = {
    "kafka": KafkaServer,
    "postgres": PostgresServer,
}


def _keep(kind: str, folder: Path) -> None:
    with (folder / "keeper.lock").open("a") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        server: KafkaServer | PostgresServer = SERVERS[kind]()
        try:
            server.start()
            aside = folder / "info.tmp"
            aside.write_text(json.dumps(server.address()))
            os.replace(aside, folder / "info.json")  # noqa: PTH105 - atomic, and said so
            with (folder / "users.lock").open("a") as users:
                fcntl.flock(users, fcntl.LOCK_EX)
                (folder / "info.json").unlink()
                server.close()
        finally:
            server.close()


if __name__ == "__main__":
    _keep(sys.argv[1], Path(sys.argv[2]))
