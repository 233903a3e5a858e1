"""A real PostgreSQL for tests: an installed one, run on loopback from a folder of its own.

Set CONVENE_TEST_POSTGRES_URL (a superuser's URL) to use a server that already runs; then nothing is started.
PostgreSQL refuses to run as root, so root starts it as the user `postgres` or `nobody`.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests.servers.own_server import OwnServer
from tests.servers.processes import (
    ServerDidNotStart,
    free_port,
    spawn,
    wait_until_ready,
)

START_TIMEOUT_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


class PostgresDatabases:
    """A running server, by a superuser's URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create_database(self, name: str, *, like: str = "template0") -> str:
        """A database of this name (an old one is dropped), empty or a copy of another that nobody
        is connected to; returns its SQLAlchemy URL.
        """
        with psycopg.connect(_plain(make_url(self.url)), autocommit=True) as connection:
            quoted = sql.Identifier(name)
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted)
            connection.execute(drop)
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(quoted, sql.Identifier(like)))
        return _with_driver(make_url(self.url).set(database=name))


class PostgresServer(OwnServer):
    """Reached by `url`, a superuser's."""

    stop_signal = signal.SIGINT  # its fast shutdown; SIGTERM waits for every client to leave
    kill_signal = signal.SIGQUIT  # its immediate one, which also ends the processes it started

    def __init__(self) -> None:
        super().__init__(os.environ.get("CONVENE_TEST_POSTGRES_URL", ""))

    @property
    def url(self) -> str:
        if self._external:
            return self._external
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    def address(self) -> dict[str, str]:
        return {"url": self.url}

    def create_database(self, name: str) -> str:
        """An empty database of this name (an old one is dropped); returns its SQLAlchemy URL."""
        return PostgresDatabases(self.url).create_database(name)

    def _prepare(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="convene-postgres-"))
        self._port = free_port()
        user = _unprivileged_user()
        if user:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        log = self._folder / "initdb.log"
        command = [_binary("initdb"), "-D", str(self.data_folder), "-U", "postgres"]
        command += ["-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        making = spawn(_as_user(user, command), log)
        if making.wait(START_TIMEOUT_SECONDS) != 0:
            raise ServerDidNotStart(f"PostgreSQL's folder could not be made:\n{log.read_text()}")

    def _run(self) -> None:
        log = self.folder / "server.log"
        command = [_binary("postgres"), "-D", str(self.data_folder), "-p", str(self._port)]
        command += ["-k", str(self.folder)]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        self._process = spawn(
            _as_user(_unprivileged_user(), command), log, on_parent_death=signal.SIGQUIT
        )
        wait_until_ready(self._process, self._answers, START_TIMEOUT_SECONDS, log)

    def _answers(self) -> bool:
        try:
            psycopg.connect(_plain(make_url(self.url)), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _binary(name: str) -> str:
    """The newest installed one: Debian keeps them apart by version and off the PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int(re.sub(r"\D", "", path.parts[4]) or 0),
    )
    found = str(debian[-1]) if debian else shutil.which(name) or _beside_pg_config(name)
    if not found:
        raise ServerDidNotStart(
            f"PostgreSQL's `{name}` is not installed; run `python -m scripts.provision`, or set "
            "CONVENE_TEST_POSTGRES_URL to a server that may be used for tests."
        )
    return found


def _beside_pg_config(name: str) -> str | None:
    config = shutil.which("pg_config")
    if config is None:
        return None
    folder = subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True)
    return shutil.which(name, path=folder.stdout.strip())


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _as_user(user: pwd.struct_passwd | None, command: list[str]) -> list[str]:
    if user is None:
        return command
    # pdeathsig is cleared when the user changes, hence once more here
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--pdeathsig=QUIT",
        "--",
        *command,
    ]


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _with_driver(url: URL) -> str:
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
