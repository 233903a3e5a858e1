"""What can be wrong with a request to the registry, named by what the caller must do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one value: which field, what was given, what would be right."""

    field: str
    value: Any
    message: str

    def shown_value(self) -> str:
        """The value as text, short enough to print beside the message."""
        text = "" if self.value is None else str(self.value)
        clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        return clean if len(clean) <= SHOWN_CHARACTERS else f"{clean[:SHOWN_CHARACTERS]}…"


class RegistryError(Exception):
    """The registry did not do what was asked; nothing was changed."""

    code = "refused"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class NotFound(RegistryError):
    """Nothing by that id is held here, or not for this caller: check the id."""

    code = "not_found"


class Invalid(RegistryError):
    """A value is not acceptable: correct the named fields and send it again."""

    code = "invalid"


class AlreadyExists(RegistryError):
    """The id is taken: choose another, or change what is there."""

    code = "already_exists"


class InvalidMove(RegistryError):
    """The state does not allow this step; the message says which states do."""

    code = "invalid_move"


class NotAllowed(RegistryError):
    """The caller may not do this."""

    code = "not_allowed"


def invalid(problems: Sequence[Problem]) -> Invalid:
    """One error for all the problems found, so that they can be corrected in one go."""
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Invalid(f"{first.field}: {first.message}{more}", problems)
