"""Coordinators: added by an administrator or by command, never deleted, because their decisions
stay theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, insert, select, update

from services.matcher.console.accounts.passwords import check_password, hash_password
from services.matcher.console.tables import coordinators, sessions
from shared.ids import new_id
from shared.storage import Work

VIEWER, COORDINATOR, ADMINISTRATOR = "viewer", "coordinator", "administrator"
ROLES = (VIEWER, COORDINATOR, ADMINISTRATOR)
"""Each may do what those before it may: look, decide, look after accounts."""
LABEL = "coordinator:"
NO_PASSWORD = ""
"""In place of a hash: no password fits it."""


@dataclass(frozen=True, slots=True)
class Coordinator:
    coordinator_id: str
    email: str
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def label(self) -> str:
        """How the other services name this person; here the bare id does."""
        return f"{LABEL}{self.coordinator_id}"

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(ROLES[: ROLES.index(self.role) + 1])


class AccountRefused(ValueError):
    """The account cannot be made or changed so; the message says what would be right."""

    def __init__(self, said: str, field: str = "") -> None:
        super().__init__(said)
        self.field = field


def add_coordinator(
    work: Work, email: str, name: str, role: str, password: str | None
) -> Coordinator:
    """Without a password nobody signs in with it until one is set by a link (`links`).

    Raises `AccountRefused` or `PasswordRefused`.
    """
    address = _address(email)
    _check(name, role)
    if find_by_email(work.connection, address) is not None:
        raise AccountRefused(
            f"There is an account of {address} already. Change its password instead.", "email"
        )
    if password is not None:
        check_password(password, email=address, name=name)
    made = Coordinator(new_id(), address, name.strip(), role, work.now)
    work.connection.execute(
        insert(coordinators).values(
            coordinator_id=made.coordinator_id,
            email=made.email,
            name=made.name,
            role=made.role,
            password_hash=NO_PASSWORD if password is None else hash_password(password),
            created_at=work.now,
            password_set_at=work.now,
            disabled_at=None,
        )
    )
    work.audit("coordinator.add", made.coordinator_id, {"role": role})
    return made


def set_password(work: Work, coordinator: Coordinator, password: str) -> None:
    """A new password ends every session: whoever knew the old one is out."""
    check_password(password, email=coordinator.email, name=coordinator.name)
    _update(
        work,
        coordinator.coordinator_id,
        password_hash=hash_password(password),
        password_set_at=work.now,
    )
    end_sessions(work, coordinator.coordinator_id)
    work.audit("coordinator.password", coordinator.coordinator_id)


def change_coordinator(work: Work, coordinator: Coordinator, name: str, role: str) -> None:
    """Another role holds from the next request on. Raises `AccountRefused`."""
    _check(name, role)
    if role != ADMINISTRATOR:
        keep_an_administrator(work, coordinator)
    _update(work, coordinator.coordinator_id, name=name.strip(), role=role)
    work.audit("coordinator.change", coordinator.coordinator_id, {"role": role})


def enable_coordinator(work: Work, coordinator: Coordinator) -> None:
    """The account opens again, with the password it had."""
    _update(work, coordinator.coordinator_id, disabled_at=None)
    work.audit("coordinator.enable", coordinator.coordinator_id)


def disable_coordinator(work: Work, coordinator: Coordinator) -> None:
    """Nobody signs in with it any more; what was decided under it keeps its name."""
    _update(work, coordinator.coordinator_id, disabled_at=work.now)
    end_sessions(work, coordinator.coordinator_id)
    work.audit("coordinator.disable", coordinator.coordinator_id)


def keep_hash(work: Work, coordinator_id: str, password_hash: str) -> None:
    """The same password under today's parameters."""
    _update(work, coordinator_id, password_hash=password_hash)


def end_sessions(work: Work, coordinator_id: str) -> None:
    """Signed out everywhere."""
    work.connection.execute(
        update(sessions)
        .where(sessions.c.coordinator_id == coordinator_id, sessions.c.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def find_by_email(connection: Connection, email: str) -> tuple[Coordinator, str] | None:
    """The account and its password hash."""
    query = select(coordinators).where(coordinators.c.email == email.strip().casefold())
    row = connection.execute(query).mappings().first()
    return None if row is None else (_coordinator(row), row["password_hash"])


def by_id(connection: Connection, coordinator_id: str) -> Coordinator | None:
    query = select(coordinators).where(coordinators.c.coordinator_id == coordinator_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _coordinator(row)


def all_coordinators(connection: Connection) -> list[Coordinator]:
    query = select(coordinators).order_by(coordinators.c.email)
    return [_coordinator(row) for row in connection.execute(query).mappings()]


def names_of(connection: Connection, labels: Iterable[str | None]) -> dict[str, str]:
    """Names by label or bare id, for those that are coordinators."""
    wanted = {label: label.removeprefix(LABEL) for label in labels if label}
    ids = sorted(set(wanted.values()))
    query = select(coordinators.c.coordinator_id, coordinators.c.name)
    rows = connection.execute(query.where(coordinators.c.coordinator_id.in_(ids)))
    names = {row[0]: row[1] for row in rows}
    return {label: names[id_] for label, id_ in wanted.items() if id_ in names}


def _check(name: str, role: str) -> None:
    if not name.strip():
        raise AccountRefused(
            "The name is empty. Give the coordinator's name: others see it.", "name"
        )
    if role not in ROLES:
        raise AccountRefused(f"'{role}' is not a role. Use one of: {', '.join(ROLES)}.", "role")


def keep_an_administrator(work: Work, leaving: Coordinator) -> None:
    """Raises `AccountRefused`. Two who close each other at once are told apart by the lock."""
    query = select(coordinators.c.coordinator_id).where(
        coordinators.c.role == ADMINISTRATOR, coordinators.c.disabled_at.is_(None)
    )
    open_ones = set(work.connection.scalars(query.with_for_update()))
    if open_ones == {leaving.coordinator_id}:
        raise AccountRefused(
            f"{leaving.name} is the only administrator. Make somebody else one first.", "role"
        )


def _address(email: str) -> str:
    try:
        found = validate_email(
            email.strip(), check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError as error:
        raise AccountRefused(f"'{email}' is not an email address: {error}", "email") from error
    return found.casefold()


def _update(work: Work, coordinator_id: str, **values: Any) -> None:
    work.connection.execute(
        update(coordinators).where(coordinators.c.coordinator_id == coordinator_id).values(**values)
    )


def _coordinator(row: Any) -> Coordinator:
    return Coordinator(
        row["coordinator_id"],
        row["email"],
        row["name"],
        row["role"],
        row["created_at"],
        row["disabled_at"],
    )
