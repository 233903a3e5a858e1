"""A running coalition, either in one process or as the real processes; the walk knows only this."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

COORDINATOR = "coordinator@convene.example"
PASSWORD = "a-long-enough-password"


class House(Protocol):
    registry: httpx.Client
    matcher: httpx.Client
    notifier: httpx.Client
    mailbox: httpx.Client
    admin_key: str

    def settle(self, condition: Callable[[], bool], what: str) -> None:
        """Let the processes work until the condition holds; fails when it never does."""
        ...

    def advance(self, *, seconds: float = 0, days: float = 0) -> None: ...

    def database_url(self, service: str) -> str: ...

    def close(self) -> None: ...


@dataclass
class Mail:
    """One email in the mailbox, as its reader sees it."""

    id: str
    to: str
    subject: str
    text: str
    delivered_to: str = ""
    message_id: str = ""

    def link(self, kind: str) -> str:
        """The path of the first link of this kind: a(nswer), o(utcome), u(nsubscribe)."""
        found = re.search(rf"https?://[^\s<>\"]+?(/{kind}/[A-Za-z0-9_.~-]+)", self.text)
        assert found, f"no /{kind}/ link in {self.subject!r}: {self.text[:600]}"
        return found.group(1)


def environment(folder: Path, ports: dict[str, int], **given: str) -> dict[str, str]:
    """Settings of one house; `ports` by process name."""
    values: dict[str, Any] = {
        "ENVIRONMENT": "test",
        "BUS_URL": f"embedded:///{folder / 'bus.db'}",
        "DATABASE_URL": f"sqlite:///{folder}/{{service}}.db",
        "VAR": folder,
        "KEYS_DIR": folder / "keys",
        "MAILBOX_FOLDER": folder / "mailbox",
        "COALITION_NAME": "The Test Coalition",
        "GRACE_SECONDS": "60",
        "SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
        "MAILBOX_SMTP": f"127.0.0.1:{ports['smtp']}",
        "MAILBOX_WEB": f"127.0.0.1:{ports['mailbox']}",
    }
    for service in ("registry", "matcher", "notifier"):
        values[f"{service.upper()}_URL"] = f"http://127.0.0.1:{ports[service]}"
        values[f"BIND_{service.upper()}"] = f"127.0.0.1:{ports[service]}"
    return {f"CONVENE_{name}": str(value) for name, value in {**values, **given}.items()}


def read_mail(mailbox: httpx.Client) -> list[Mail]:
    """Everything in the mailbox, oldest first."""
    answer = mailbox.get("/api/messages")
    answer.raise_for_status()
    entries = sorted(answer.json()["items"], key=lambda entry: entry["received_at"])
    return [
        Mail(
            id=entry["id"],
            to=entry["to"],
            subject=entry["subject"],
            text=entry["text"],
            delivered_to=entry["envelope_to"],
            message_id=entry["headers"]["Message-ID"],
        )
        for entry in entries
    ]
