"""`make run`: everything on one machine, under a supervisor, until Ctrl-C.

Reads the processes from the Procfile, sets the services up, starts them under `supervisor` (which
restarts one process with backoff and leaves the others alone), waits until all are ready, loads
the sample coalition on the first start and says where to look.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from scripts import supervision
from shared.settings.common import SERVICES, Settings
from shared.settings.load import SettingsRefused, load_settings

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "services" / "registry" / "sample" / "coalition.jsonl"
SIGN_IN_EMAIL = "coordinator@convene.example"
# Long enough to see the undo button, short enough for somebody who looks around.
TRIAL_GRACE_SECONDS = "20"
READY_WITHIN_SECONDS = 120.0


def main() -> int:
    os.chdir(ROOT)
    environment = _environment()
    try:
        settings = load_settings(Settings, environment)
    except SettingsRefused as error:
        print(error, file=sys.stderr)
        return 2
    settings.var.mkdir(parents=True, exist_ok=True)
    addresses = supervision.addresses(settings)
    taken = supervision.taken_ports(addresses)
    if taken:
        print(
            f"Already in use: {', '.join(taken)}. Is Convene running in another window? "
            "End it, or give other addresses (docs/configuration.md).",
            file=sys.stderr,
        )
        return 2
    first = not (settings.var / "started").exists()
    print("Setting up ...", flush=True)
    for service in SERVICES:
        _command(environment, service, "setup")
    password = _first_account(environment, settings)
    return _serve(environment, settings, first=first, password=password)


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    environment.setdefault("CONVENE_GRACE_SECONDS", TRIAL_GRACE_SECONDS)
    environment.setdefault("CONVENE_COALITION_NAME", "The Example Coalition")
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _serve(environment: dict[str, str], settings: Settings, *, first: bool, password: str) -> int:
    supervisor = supervision.start(ROOT / "Procfile", settings.var, environment)
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        print("Starting ...", flush=True)
        waiting = supervision.wait_until_ready(
            supervision.addresses(settings), READY_WITHIN_SECONDS, lambda: bool(stopping)
        )
        if waiting and not stopping:
            print(
                f"Not ready after {READY_WITHIN_SECONDS:.0f} s: {', '.join(waiting)}. "
                f"Read {settings.var / 'log'}.",
                file=sys.stderr,
            )
            return 1
        if not stopping:
            _fill(environment, settings, first=first)
            _welcome(settings, password)
        while not stopping and supervisor.poll() is None:
            time.sleep(0.2)
        return 0 if stopping else 1
    finally:
        print("Stopping ...", flush=True)
        supervision.stop(supervisor)
        print("Stopped. Everything is kept in var/; `make run` goes on from there.")


def _fill(environment: dict[str, str], settings: Settings, *, first: bool) -> None:
    if first and environment.get("SAMPLE", "yes") != "no":
        _command(environment, "registry", "import", str(SAMPLE))
    (settings.var / "started").touch()


def _first_account(environment: dict[str, str], settings: Settings) -> str:
    """The trial coordinator's password: made once, kept where only this user can read it."""
    path = settings.var / "sign-in"
    if path.exists():
        return path.read_text().strip()
    password = secrets.token_urlsafe(9)
    _command(
        {**environment, "CONVENE_NEW_PASSWORD": password},
        "matcher",
        "coordinator",
        "add",
        SIGN_IN_EMAIL,
        "--name",
        "First Coordinator",
        "--role",
        "administrator",
        "--password-from-environment",
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
    return password


def _command(environment: dict[str, str], service: str, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}", *words],
        env=environment,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        print(f"`python -m services.{service} {words[0]}` failed.", file=sys.stderr)
        sys.exit(done.returncode)


def _welcome(settings: Settings, password: str) -> None:
    print(
        f"""
Convene is running.

  Console   {settings.public_url("matcher")}    sign in as {SIGN_IN_EMAIL} / {password}
  Mailbox   {supervision.MAILBOX_URL}    every email it sends, with working links
  API       {settings.public_url("registry")}/v1/openapi.json

An approval can be undone for {settings.grace_seconds:.0f} s, then both sides are asked.
Logs are in {settings.var / "log"}. Ctrl-C stops everything; the state stays in {settings.var}/.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
