"""`export-subject` and `erase-subject`: what we hold about a person, here and at the notifier."""

import json
import zipfile
from pathlib import Path
from typing import Any

import click

from services.registry.commands.context import Opened, opened
from services.registry.domain.contacts import Contact
from services.registry.erase import (
    erase_again,
    erase_subject,
    subject_contacts,
    subject_data,
)
from services.registry.wiring import erasure_list, notifier_client
from shared.web.client import ServiceClient, ServiceUnavailable


@click.command("export-subject")
@click.argument("subject", metavar="EMAIL|CONTACT_ID")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def export_subject(subject: str, output: Path) -> None:
    """Write everything held about a person into one zip."""
    with opened() as here:
        with here.database.read() as connection:
            contacts = subject_contacts(connection, here.vault, subject)
            held = [subject_data(connection, contact) for contact in contacts]
        notifier = notifier_client(here.settings, here.clock)
        written = [_ask(notifier, "export", contact) for contact in contacts]
        with here.work() as work:
            for contact in contacts:
                work.audit("contact.exported", contact.id)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("registry.json", json.dumps(held, indent=2, ensure_ascii=False))
        file.writestr("notifier.json", json.dumps(written, indent=2, ensure_ascii=False))
    output.chmod(0o600)
    click.echo(f"{output}: {len(contacts)} contact(s). Hand it over safely, then delete it.")


@click.command("erase-subject")
@click.argument("subject", metavar="EMAIL|CONTACT_ID")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def erase_subject_command(subject: str, *, yes: bool) -> None:
    """Erase a person: notes and messages at the notifier first, then the contact here.

    Should the notifier not answer, nothing is erased, and the command can be repeated.
    """
    with opened() as here:
        with here.database.read() as connection:
            contacts = subject_contacts(connection, here.vault, subject)
        names = ", ".join(f"{contact.id} (of {contact.member_id})" for contact in contacts)
        if not yes:
            click.confirm(f"Erase {names}? This cannot be undone", abort=True)
        erase_everywhere(here, contacts, notifier_client(here.settings, here.clock))
    click.echo(f"Erased {len(contacts)} contact(s): {names}.")


def erase_everywhere(here: Opened, contacts: list[Contact], notifier: ServiceClient) -> None:
    """There first: should the notifier not answer, nothing is erased here."""
    for contact in contacts:
        _ask(notifier, "erase", contact)
    with here.work() as work:
        erase_subject(work, here.vault, contacts, erasure_list(here.settings))


@click.command("erase-again")
def erase_again_command() -> None:
    """After restoring a backup: erase again whoever was erased after it was made."""
    with opened() as here, here.work() as work:
        erased = erase_again(work, here.vault, erasure_list(here.settings))
    click.echo(f"Erased {erased} contact(s) that the backup had brought back.")


def _ask(notifier: ServiceClient, what: str, contact: Contact) -> Any:
    body = {"contact_id": contact.id, "email": contact.email}
    headers = {"Idempotency-Key": f"subject-{what}-{contact.id}-{contact.version}"}
    if what == "export":
        headers = {}
    try:
        answer = notifier.request("POST", f"/v1/subjects/{what}", json=body, headers=headers)
    except ServiceUnavailable as error:
        raise click.ClickException(
            f"the notifier does not answer, so nothing was done; start it and try again ({error})"
        ) from error
    if answer.status_code >= 400:
        raise click.ClickException(
            f"the notifier refused to {what} (status {answer.status_code}), so nothing was done here"
        )
    return answer.json() if answer.content else None
