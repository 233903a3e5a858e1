"""Where the Apache Kafka jars of the tests are kept, and how they get there.

Maven fetches them once, by the pom beside this file, into the user's cache; every later run is offline.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "kafka"
POM = FOLDER / "pom.xml"
LOG4J = FOLDER / "log4j2.properties"
DOWNLOAD_TIMEOUT_SECONDS = 540
_STAMP = ".pom-sha256"


class KafkaJarsMissing(Exception):
    """The broker's jars are not in the cache; run `python -m scripts.provision`."""


def version() -> str:
    match = re.search(r"<kafka\.version>([^<]+)<", POM.read_text())
    if match is None:
        raise KafkaJarsMissing(f"{POM} names no <kafka.version>")
    return match.group(1)


def directory() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "convene" / f"kafka-{version()}"


def present() -> bool:
    """Whether the cache holds exactly what the pom of today asks for."""
    stamp = directory() / _STAMP
    return stamp.is_file() and stamp.read_text() == _pom_digest()


def download() -> Path:
    """Fetch the jars if they are not there.

    The folder is filled aside and renamed, so a broken download is never taken for a whole one.
    """
    target = directory()
    if present():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        _copy_dependencies(aside)
        (aside / _STAMP).write_text(_pom_digest())
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def classpath() -> str:
    if not present():
        raise KafkaJarsMissing(
            f"No Apache Kafka {version()} in {directory()}. "
            "Run `python -m scripts.provision`, which fetches it with Maven, or set "
            "KAFKA_BOOTSTRAP_SERVERS to a broker that may be used for tests."
        )
    return f"{directory()}/*"


def _copy_dependencies(into: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaJarsMissing("Maven (`mvn`) is not installed; on Debian: apt-get install maven")
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={into}", "-DincludeScope=runtime"]
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_SECONDS
    )
    if result.returncode != 0:
        said = (result.stdout + result.stderr)[-2000:]
        raise KafkaJarsMissing(f"Maven could not fetch Apache Kafka {version()}:\n{said}")


def _pom_digest() -> str:
    return hashlib.sha256(POM.read_bytes()).hexdigest()
