"""A contact: a person of a member, the only personal data the registry holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

PROPOSALS = "proposals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person who may be written to for a member.

    `content` (name, role, email, choices, ground) is kept encrypted; `unreachable_code` says why
    mail does not arrive (a bounce), `unsubscribed_at` since when the person wants none.
    """

    id: str
    member_id: str
    content: Mapping[str, Any]
    main: bool = False
    unsubscribed_at: datetime | None = None
    unreachable_code: str | None = None
    version: int = 1
    changed_at: datetime
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return str(self.content["email"])

    @property
    def ground_ok(self) -> bool:
        """Whether a lawful ground for writing to this person is recorded."""
        ground = self.content.get("ground") or {}
        return bool(ground.get("basis"))

    @property
    def can_be_asked(self) -> bool:
        """Whether an approach may be sent to this person at all."""
        choices = self.content.get("choices") or {}
        wants = choices.get(PROPOSALS, True) is not False
        return (
            self.ground_ok
            and wants
            and self.unsubscribed_at is None
            and self.unreachable_code is None
        )


def changed(
    contact: Contact, content: Mapping[str, Any], *, main: bool, now: datetime
) -> Contact | None:
    """The contact with a new content, or None where nothing changes.

    A new address starts afresh: an old one's bounces and unsubscribing say nothing about it.
    """
    if dict(content) == dict(contact.content) and main == contact.main:
        return None
    same_address = email_key(str(content["email"])) == email_key(contact.email)
    return replace(
        contact,
        content=dict(content),
        main=main,
        unsubscribed_at=contact.unsubscribed_at if same_address else None,
        unreachable_code=contact.unreachable_code if same_address else None,
        version=contact.version + 1,
        changed_at=now,
    )


def email_key(email: str) -> str:
    """An address as two spellings of it compare equal."""
    return email.strip().casefold()


def whom_to_ask(contacts: Iterable[Contact], preferred_id: str | None) -> list[Contact]:
    """The contacts to write to, best first: the listing's own, the main one, the others by id."""
    return sorted(contacts, key=lambda c: (c.id != preferred_id, not c.main, c.id))
