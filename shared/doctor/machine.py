"""What lies on this machine: settings that start but surprise, key files, room on the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shared.doctor.findings import Finding, good, odd, wrong
from shared.doctor.patient import Patient
from shared.settings import Settings, keys
from shared.storage.files import sqlite_file

LEAST_FREE_BYTES = 256 * 1_048_576
COMFORTABLE_BYTES = 2 * 1_073_741_824
_MEBIBYTE = 1_048_576


def check_settings(patient: Patient) -> Iterator[Finding]:
    """What start-up refuses never gets here: it is reported as it stands."""
    settings = patient.settings
    yield good("settings", "Settings are accepted", settings.environment)
    if settings.clock_shift_file is not None:
        yield odd(
            "settings",
            "The time is shifted for a rehearsal",
            settings.clock_shift_file,
            "Unset CONVENE_CLOCK_SHIFT_FILE when the rehearsal is over.",
        )
    if settings.environment == "production" and settings.hsts_seconds == 0:
        yield odd(
            "settings",
            "Browsers are not told to insist on https",
            "CONVENE_HSTS_SECONDS=0",
            "Set CONVENE_HSTS_SECONDS=31536000 once https works everywhere.",
        )
    public = settings.public_url(patient.service)
    if public.startswith("https://") and settings.trusted_proxies == 0:
        yield odd(
            "settings",
            "People come through https, but no proxy is trusted to say who they are",
            "CONVENE_TRUSTED_PROXIES=0",
            "Set CONVENE_TRUSTED_PROXIES to the number of proxies in front, or every visitor "
            "shares one address and one limit.",
        )


def check_keys(patient: Patient) -> Iterator[Finding]:
    """Each key is there, whole, ours, and for nobody else's eyes."""
    folder = patient.settings.keys_dir
    names = [*patient.key_names, *_signing_names(patient.settings)]
    faults = [fault for name in names for fault in _faults_of_key(patient, folder, name)]
    if folder.is_dir():
        faults += _faults_of_folder(folder)
    yield from faults
    if not faults:
        yield good("keys", f"{len(names)} keys are readable by their owner only", folder)


def _signing_names(settings: Settings) -> list[str]:
    names = ("service", "link", "session")
    return [name for name in names if not getattr(settings, f"{name}_key")]


def _faults_of_key(patient: Patient, folder: Path, name: str) -> Iterator[Finding]:
    path = folder / f"{name}.key"
    try:
        mode = path.stat().st_mode
        keys.read_key(path)
    except FileNotFoundError:
        yield wrong(
            "keys",
            "A key is missing",
            path,
            f"Restore the keys folder from its backup; on a new deployment run `{patient.setup}`.",
        )
        return
    except (OSError, keys.KeyRefused) as error:
        fix = "Give the file to the user the services run as, or restore it from its backup."
        yield wrong("keys", f"A key cannot be used ({error})", path, fix)
        return
    if stat.S_IMODE(mode) & 0o077:
        shown = f"{path} has mode {stat.S_IMODE(mode):04o}"
        yield wrong("keys", "A key can be read by others", shown, f"chmod 600 {path}")


def _faults_of_folder(folder: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o022:
        shown = f"{folder} has mode {mode:04o}"
        yield wrong("keys", "Others can put keys into the folder", shown, f"chmod 700 {folder}")


def check_disk(patient: Patient) -> Iterator[Finding]:
    """A full disk refuses writes (507) and loses nothing; it is better seen coming."""
    settings = patient.settings
    file = sqlite_file(settings.database_url_for(patient.service))
    wanted = [settings.var, settings.keys_dir, *([file.parent] if file else [])]
    seen: set[tuple[int, bool]] = set()
    for folder in (_there(path) for path in wanted):
        writable = os.access(folder, os.W_OK)
        key = (folder.stat().st_dev, writable)
        if key in seen:
            continue
        seen.add(key)
        if not writable:
            yield wrong(
                "disk", "A folder cannot be written", folder, f"chown the folder {folder} to us."
            )
        yield _room(folder, patient.instruments.free_bytes(folder))


def _room(folder: Path, free: int) -> Finding:
    shown = f"{free // _MEBIBYTE} MiB free at {folder}"
    if free < LEAST_FREE_BYTES:
        return wrong("disk", "The disk is nearly full", shown, "Free or add space now.")
    if free < COMFORTABLE_BYTES:
        return odd("disk", "The disk fills up", shown, "Plan for more space.")
    return good("disk", "There is room on the disk", shown)


def _there(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    absolute = path.absolute()
    return next(each for each in (absolute, *absolute.parents) if each.is_dir())
