"""A person to write to, as the registry hands them over at the moment of sending."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """Never stored and never printed: `repr` names the id only."""

    contact_id: str
    member_id: str
    email: str
    name: str = ""
    role: str = ""
    choices: Mapping[str, Any] = field(default_factory=dict)
    ground_ok: bool = True
    can_be_asked: bool = True

    def __repr__(self) -> str:
        return f"Contact({self.contact_id})"

    def wants(self, choice: str | None) -> bool:
        """Whether this mail choice is not switched off; None is owed to everyone."""
        if choice == "proposals" and not self.can_be_asked:
            return False
        return choice is None or self.choices.get(choice) is not False
