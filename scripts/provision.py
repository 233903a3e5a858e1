"""Gets what the tests need besides Python packages: Java and Apache Kafka, PostgreSQL, a browser.

`make test` calls it first. What is there is left alone; what is missing is installed where we may (root on
Debian or Ubuntu); otherwise it says what is missing and how to get it, and fails.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import kafka_jars

JAVA_AT_LEAST = 17
INSTALL_TIMEOUT_SECONDS = 540


@dataclass(frozen=True, slots=True)
class Need:
    """Something on the machine: what for, how to see that it is there, Debian's names for it."""

    name: str
    purpose: str
    present: Callable[[], bool]
    packages: tuple[str, ...]
    instead: str = ""


def main() -> int:
    missing = [need for need in needs() if not need.present()]
    if missing and _may_install():
        _install(sorted({package for need in missing for package in need.packages}))
        missing = [need for need in missing if not need.present()]
    for need in missing:
        print(_explain(need), file=sys.stderr)
    if missing:
        return 1
    return _fetch_kafka()


def needs() -> list[Need]:
    """All of them but servers that the environment names."""
    rights = "to run PostgreSQL without root's rights"
    listed = [Need("setpriv", rights, _on_path("setpriv"), ("util-linux",))]
    if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        listed += _needs_of_kafka()
    if not os.environ.get("CONVENE_TEST_POSTGRES_URL"):
        otherwise = "or set CONVENE_TEST_POSTGRES_URL to a server for tests"
        purpose = "to test the large size"
        listed.append(
            Need("PostgreSQL's server", purpose, _postgres_present, ("postgresql",), otherwise)
        )
    pages = "to test the pages in a browser"
    return [*listed, Need("Chromium", pages, _browser_present, ("chromium",))]


def _needs_of_kafka() -> list[Need]:
    otherwise = "or set KAFKA_BOOTSTRAP_SERVERS to a broker for tests"
    java, jre = f"Java {JAVA_AT_LEAST} or newer", ("default-jre-headless",)
    return [
        Need(java, "to run a Kafka broker", _java_present, jre, otherwise),
        Need("Maven", "to fetch Apache Kafka", _kafka_fetchable, ("maven",), otherwise),
    ]


def _fetch_kafka() -> int:
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or kafka_jars.present():
        return 0
    print(
        f"Fetching Apache Kafka {kafka_jars.version()} into {kafka_jars.directory()} …", flush=True
    )
    try:
        kafka_jars.download()
    except (kafka_jars.KafkaJarsMissing, OSError, subprocess.TimeoutExpired) as error:
        print(
            f"Apache Kafka could not be fetched: {error}\n"
            "Try `python -m scripts.provision` again when Maven can reach its repository, or set "
            "KAFKA_BOOTSTRAP_SERVERS to a broker for tests.",
            file=sys.stderr,
        )
        return 1
    return 0


def _explain(need: Need) -> str:
    how = f"apt-get install {' '.join(need.packages)}"
    otherwise = f" {need.instead}" if need.instead else ""
    return f"Missing: {need.name} ({need.purpose}). On Debian, as root: {how}{otherwise}."


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: Sequence[str]) -> None:
    """The package index may never have been read on a fresh machine, so read it once if need be."""
    print(f"Installing {', '.join(packages)} …", flush=True)
    if not _apt("install", "-y", "--no-install-recommends", *packages):
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", *packages)


def _apt(*arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        result = subprocess.run(
            ["apt-get", "-q", *arguments],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        print(
            f"apt-get {arguments[0]} took longer than {INSTALL_TIMEOUT_SECONDS} s", file=sys.stderr
        )
        return False
    if result.returncode != 0:
        print(f"apt-get {' '.join(arguments)} failed:\n{result.stderr[-1500:]}", file=sys.stderr)
    return result.returncode == 0


def _on_path(*programs: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(program) for program in programs)


def _kafka_fetchable() -> bool:
    return kafka_jars.present() or shutil.which("mvn") is not None


def _java_present() -> bool:
    java = shutil.which("java")
    if java is None:
        return False
    said = subprocess.run([java, "-version"], check=False, capture_output=True, text=True)
    number = re.search(r'version "(\d+)', said.stderr)
    return number is not None and int(number.group(1)) >= JAVA_AT_LEAST


def _postgres_present() -> bool:
    if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"):
        return True
    config = shutil.which("pg_config")
    if config is None:
        return False
    folder = subprocess.run([config, "--bindir"], check=False, capture_output=True, text=True)
    return shutil.which("initdb", path=folder.stdout.strip()) is not None


def _browser_present() -> bool:
    return _on_path("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")()


if __name__ == "__main__":
    sys.exit(main())
