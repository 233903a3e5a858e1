"""`doctor`: every check of one service, for people or as JSON; exit code 1 when anything is wrong."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TypeVar

import click

from shared.doctor.findings import Check, Finding, wrong
from shared.doctor.patient import Patient
from shared.settings import Settings, SettingsRefused, load_settings

_SettingsT = TypeVar("_SettingsT", bound=Settings)
_MARKS = {"good": "ok   ", "odd": "note ", "wrong": "WRONG"}


def doctor_command(
    service: str,
    settings_class: type[_SettingsT],
    patient_of: Callable[[_SettingsT], Patient],
    checks: Sequence[Check],
) -> click.Command:
    """The `doctor` command of one service."""

    def doctor(*, as_json: bool) -> None:
        """Check this deployment and say what is wrong, with which value, and what to do."""
        try:
            patient = patient_of(load_settings(settings_class, os.environ))
        except SettingsRefused as refused:
            found = list(_refused(refused))
        else:
            found = [finding for check in checks for finding in check.look(patient)]
        _say(service, found, as_json=as_json)
        if any(finding.state == "wrong" for finding in found):
            sys.exit(1)

    option = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document.")
    return click.Command("doctor", callback=doctor, params=[option], help=doctor.__doc__)


def _refused(refused: SettingsRefused) -> Iterator[Finding]:
    for fault in refused.faults:
        yield wrong("settings", "Start-up refuses a setting", fault.strip(), "As it says.")


def _say(service: str, found: Sequence[Finding], *, as_json: bool) -> None:
    faults = sum(finding.state == "wrong" for finding in found)
    if as_json:
        document = {
            "service": service,
            "healthy": faults == 0,
            "findings": [asdict(finding) for finding in found],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for finding in found:
        value = f": {finding.value}" if finding.value else ""
        click.echo(f"{_MARKS[finding.state]}  {finding.about:<10}  {finding.said}{value}")
        if finding.fix:
            click.echo(f"{'':19}→ {finding.fix}")
    click.echo(f"{service}: {faults or 'nothing'} wrong.")
