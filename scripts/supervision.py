"""Running the Procfile under `supervisor`, and knowing when all of it is ready."""

import configparser
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.settings.common import SERVICES, Settings

MAILBOX_URL = "http://127.0.0.1:8025"
WORKER_HEALTH_PORTS = {"registry": 9101, "matcher": 9102, "notifier": 9103}
_STOP_SECONDS = 40.0


def processes(procfile: Path) -> dict[str, str]:
    """Name -> command, in the order of the file."""
    lines = (line.partition(":") for line in procfile.read_text().splitlines() if line.strip())
    return {name.strip(): command.strip() for name, _, command in lines}


def addresses(settings: Settings) -> dict[str, str]:
    """What answers when a process is ready: name -> URL."""
    found = {
        f"{service}-web": f"http://{getattr(settings, f'bind_{service}')}/readyz"
        for service in SERVICES
    }
    for service, port in WORKER_HEALTH_PORTS.items():
        found[f"{service}-worker"] = f"http://127.0.0.1:{port}/readyz"
    found["mailbox"] = f"{MAILBOX_URL}/readyz"
    return found


def taken_ports(found: Mapping[str, str]) -> list[str]:
    """The addresses on which something else listens already."""
    taken = []
    for name, url in found.items():
        host, _, port = url.split("/")[2].rpartition(":")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((host or "127.0.0.1", int(port))) == 0:
                taken.append(f"{host}:{port} ({name})")
    return taken


def start(procfile: Path, var: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Supervisor in a process group of its own, so that Ctrl-C reaches only us and we stop it."""
    (var / "log").mkdir(parents=True, exist_ok=True)
    configuration = var / "supervisor.conf"
    with configuration.open("w") as file:
        _configuration(processes(procfile), var).write(file)
    return subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(configuration)],
        env=dict(environment),
        stdout=(var / "log" / "supervisor.log").open("ab"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _configuration(commands: Mapping[str, str], var: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser["supervisord"] = {
        "logfile": "/dev/null",
        "logfile_maxbytes": "0",
        "pidfile": str(var / "supervisor.pid"),
        "identifier": "convene",
    }
    for name, command in commands.items():
        program = {
            "command": " ".join([sys.executable, "-m", *_module(command)]),
            "autorestart": "true",
            "startsecs": "2",
            "startretries": "1000000",
            "stopsignal": "TERM",
            "stopwaitsecs": "30",
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(var / "log" / f"{name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
        service = name.partition("-")[0]
        if name.endswith("-worker"):
            program["environment"] = f'CONVENE_HEALTH_PORT="{WORKER_HEALTH_PORTS[service]}"'
        parser[f"program:{name}"] = program
    # One group stops all at once; groups would be stopped one after another.
    parser["group:convene"] = {"programs": ",".join(commands)}
    return parser


def _module(command: str) -> list[str]:
    """`gunicorn x` and `python -m x` alike run as `python -m …` of the same interpreter."""
    words = shlex.split(command)
    if words[:2] == ["python", "-m"]:
        return words[2:]
    return words


def wait_until_ready(
    found: Mapping[str, str], timeout_seconds: float, cancelled: Callable[[], bool]
) -> list[str]:
    """Returns the names that did not become ready in time."""
    waiting = dict(found)
    deadline = time.monotonic() + timeout_seconds
    while waiting and time.monotonic() < deadline and not cancelled():
        for name, url in list(waiting.items()):
            if answers(url):
                del waiting[name]
        time.sleep(0.1)
    return list(waiting)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(supervisor: subprocess.Popen[bytes]) -> None:
    """SIGTERM lets every process finish what it is doing; what hangs is killed."""
    if supervisor.poll() is not None:
        return
    supervisor.send_signal(signal.SIGTERM)
    try:
        supervisor.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
