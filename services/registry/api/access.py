"""Who calls, on whose behalf, and what of the registry is theirs (policies are on the views).

Members come with an API key of their own, or with a link to the notifier's pages, whose service
token names the contact it acts for: both see nothing but themselves. Coordinators come with a
key, or through the matcher's console, whose service token names the coordinator it acts for.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from flask import Request, current_app

from services.registry.domain.rules import Rules
from services.registry.erase import ErasureList
from services.registry.keys import PREFIX, verify_key
from services.registry.store.contacts import contact_members
from services.registry.vault import Vault
from shared.clock import Clock
from shared.reference.places import Places
from shared.storage import Database, Work, unit_of_work
from shared.web.policy import Authenticator, Principal, principal
from shared.web.problems import problem
from shared.web.tokens import SignedLinks

SOURCE = "/registry"
OFFICE = ("coordinator", "key:admin", "service:matcher")
EVERYONE = (*OFFICE, "member:read")
# The notifier shows members what is held about them, and enters the colleague a contact names.
NOTIFIER = "service:notifier"
WRITERS = (*OFFICE, "member:write")
_CONTACT = "contact:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the views work with; put into the application by wiring."""

    database: Database
    clock: Clock
    vault: Vault
    rules: Rules
    places: Places
    claims: SignedLinks
    erasures: ErasureList
    import_max_bytes: int


def parts() -> Parts:
    found: Parts = current_app.extensions["registry"]
    return found


def within() -> str | None:
    """The member the caller is limited to; None for the coalition's office."""
    caller = principal()
    if caller.kind == "member":
        return caller.member_id
    if caller.kind == "service" and caller.id == "notifier" and caller.acting_for is not None:
        return _member_of_contact()
    if caller.kind == "service" and caller.id == "matcher" and caller.acting_for is None:
        problem(
            403,
            "nobody_acting",
            "The service token names nobody it acts for. Send the coordinator's label with it.",
        )
    return None


def owner() -> str | None:
    """As `within`, for what changes something: the notifier must name the contact it acts for."""
    caller = principal()
    if caller.kind == "service" and caller.id == "notifier":
        acting_contact()
    return within()


def acting_contact() -> str:
    """The id of the person who came by a link and for whom the notifier asks."""
    label = principal().acting_for or ""
    if not label.startswith(_CONTACT):
        problem(
            403,
            "nobody_acting",
            "The service token names no contact it acts for. Send 'contact:' and the id with it.",
        )
    return label.removeprefix(_CONTACT)


def _member_of_contact() -> str:
    contact_id = acting_contact()
    with parts().database.read() as connection:
        member_id = contact_members(connection, [contact_id]).get(contact_id)
    if member_id is None:
        problem(
            403,
            "contact_gone",
            "The contact that the service token acts for is not held here any more.",
        )
    return member_id


def actor() -> str:
    """An opaque name of who acts: the person a service acts for, else the caller."""
    caller = principal()
    return (caller.acting_for or caller.label)[:200]


def transaction() -> AbstractContextManager[Work]:
    """A write transaction whose audit lines name who acts."""
    here = parts()
    return unit_of_work(here.database, source=SOURCE, clock=here.clock, actor=actor())


def key_authenticator(database: Database, clock: Clock) -> Authenticator:
    """Accepts `Authorization: Bearer cvk_…`: an API key of a member, a coordinator or an admin."""

    def authenticate(request: Request) -> Principal | None:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not credential.startswith(PREFIX):
            return None
        with database.read() as connection:
            key = verify_key(connection, credential.strip(), clock.now())
        if key is None:
            problem(
                401,
                "key_refused",
                "This API key is not known here, has expired or was revoked. Ask the coalition's "
                "office for a new one.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if key.kind == "member":
            return Principal("member", key.id, key.member_id, frozenset(key.scopes))
        if key.kind == "coordinator":
            return Principal("coordinator", key.id, scopes=frozenset(key.scopes))
        return Principal("key", key.id, scopes=frozenset({"admin", *key.scopes}))

    return authenticate
