"""The whole house at once, on one machine: `python -m scripts.house backup | restore`.

Where each service has a machine of its own, its own `backup` and `restore` do the same.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from services.matcher import wiring as matcher
from services.matcher.settings import MatcherSettings
from services.notifier import wiring as notifier
from services.notifier.settings import NotifierSettings
from services.registry import wiring as registry
from services.registry.settings import RegistrySettings
from shared.bus.embedded_copy import copy_log, describe_log, restore_log
from shared.bus.errors import BusError
from shared.messaging.backup_commands import finished
from shared.settings import Settings, SettingsRefused, load_settings
from shared.storage import Database
from shared.storage.archive import (
    MANIFEST,
    BackupUnusable,
    TargetInUse,
    check_archive,
    read_manifest,
    restore_archive,
    write_archive,
)
from shared.storage.errors import StorageError
from shared.storage.migrations import reached
from shared.storage.users import check_unused

LOG = "bus.db"
_EMBEDDED = "embedded:///"


@dataclass(frozen=True, slots=True)
class Service:
    """What this command needs of one service."""

    name: str
    migrations: str
    open_database: Callable[[], Database]
    setup: Callable[[], None]
    finish: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    services: Sequence[Service]

    @property
    def log(self) -> Path | None:
        """The file of the embedded log; None where the bus is Kafka, which keeps itself."""
        url = self.settings.bus_url
        return Path(url.removeprefix(_EMBEDDED)) if url.startswith(_EMBEDDED) else None


def house_of(environment: Mapping[str, str]) -> House:
    """All three services as the environment has them; raises SettingsRefused."""
    of_registry = load_settings(RegistrySettings, environment)
    of_matcher = load_settings(MatcherSettings, environment)
    of_notifier = load_settings(NotifierSettings, environment)
    services = (
        _service(registry, of_registry),
        _service(matcher, of_matcher),
        _service(notifier, of_notifier),
    )
    return House(of_registry, services)


def _service(wiring: Any, settings: Settings) -> Service:
    return Service(
        name=wiring.SERVICE,
        migrations=wiring.MIGRATIONS,
        open_database=lambda: wiring.open_database(settings),
        setup=lambda: wiring.setup(settings),
        finish=lambda: wiring.finish_restore(settings),
    )


def back_up(house: House, folder: Path, now: datetime) -> dict[str, Any]:
    """All databases as of one moment, then the log, which knows at least what they know."""
    if folder.exists():
        raise BackupUnusable(f"{folder} exists already; name a folder that does not")
    unfinished = folder.with_name(folder.name + ".part")
    unfinished.mkdir(parents=True, mode=0o700)
    said: dict[str, Any] = {"format": 1, "made_at": now.isoformat(), "services": {}}
    with ExitStack() as stack:
        opened = [(one.name, stack.enter_context(_reading(one))) for one in house.services]
        if house.log is not None:
            copied = copy_log(house.log, unfinished / LOG)
            said["log"] = {"sha256": _sha256(unfinished / LOG), **asdict(copied)}
        for name, connection in opened:
            manifest = write_archive(connection, name, unfinished / name, now)
            digest = _sha256(unfinished / name / MANIFEST)
            said["services"][name] = {"rows": manifest.rows, "manifest_sha256": digest}
    (unfinished / MANIFEST).write_text(json.dumps(said, indent=1), encoding="utf-8")
    unfinished.rename(folder)
    return said


@contextmanager
def _reading(service: Service) -> Iterator[Any]:
    """A connection that sees this moment until it is closed."""
    database = service.open_database()
    try:
        with database.read() as connection:
            reached(connection)  # the moment is that of the first look
            yield connection
    finally:
        database.close()


def put_back(house: House, folder: Path, *, replace: bool, keep_log: bool) -> list[str]:
    """The house as the folder has it; what is to be said of it. Everything is checked first."""
    has_log = "log" in _checked(house, folder)
    for service in house.services:
        check_unused(service.open_database())
    if house.log is not None and has_log and not keep_log:
        if house.log.exists() and describe_log(house.log).records and not replace:
            raise TargetInUse(
                f"{house.log} holds records; say --keep-log to leave it, or --replace to lose them"
            )
        restore_log(folder / LOG, house.log)
    for service in house.services:
        database = service.open_database()
        try:
            restore_archive(database, service.migrations, folder / service.name, replace=replace)
        finally:
            database.close()
    sentences: list[str] = []
    for service in house.services:
        service.setup()
        said = finished(service.name, service.open_database, service.finish)
        sentences += [f"{service.name}: {sentence}" for sentence in said]
    return sentences


def _checked(house: House, folder: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digests = {name: one["manifest_sha256"] for name, one in said["services"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(
            f"{folder} is no backup of a house ({type(error).__name__})"
        ) from error
    for service in house.services:
        manifest = read_manifest(folder / service.name, service.name)
        if _sha256(folder / service.name / MANIFEST) != digests.get(service.name):
            raise BackupUnusable(f"the manifest of the {service.name} is not the one backed up")
        check_archive(folder / service.name, manifest)
    if "log" in said and _sha256(folder / LOG) != said["log"]["sha256"]:
        raise BackupUnusable(f"{folder / LOG} is damaged; take an older backup")
    return said


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupUnusable(f"{path} cannot be read ({type(error).__name__})") from error


@contextmanager
def _told() -> Iterator[House]:
    try:
        yield house_of(os.environ)
    except (SettingsRefused, StorageError, BusError) as error:
        raise click.ClickException(str(error)) from error


@click.group()
def main() -> None:
    """Backup and restore of all three services and their log."""


_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@main.command("backup")
@_FOLDER
def backup_command(folder: Path) -> None:
    """Write everything but the keys into FOLDER, which must not exist; stop nothing."""
    with _told() as house:
        said = back_up(house, folder, datetime.now(UTC))
    for name, one in said["services"].items():
        click.echo(f"{name}: {one['rows']} rows")
    log = said.get("log")
    click.echo(f"log: {log['records']} records" if log else "log: on Kafka, which keeps its own")
    keys = house.settings.keys_dir
    click.echo(f"{folder} is whole. Keep {keys} and the lists in {house.settings.var} elsewhere.")


@main.command("restore")
@_FOLDER
@click.option("--replace", is_flag=True, help="Lose what databases and log hold now.")
@click.option("--keep-log", is_flag=True, help="The log survived and knows more: leave it.")
def restore_command(folder: Path, *, replace: bool, keep_log: bool) -> None:
    """Put databases and log where FOLDER has them. Stop all processes first."""
    with _told() as house:
        for sentence in put_back(house, folder, replace=replace, keep_log=keep_log):
            click.echo(sentence)
    click.echo("Done: the processes may start.")


if __name__ == "__main__":
    main(prog_name="python -m scripts.house")
