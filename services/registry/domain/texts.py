"""What a text must be before it is kept: readable, of bearable length, free of contact details.

Titles and descriptions travel on the bus and into emails to strangers, so an address or a telephone
number in them would leak past the consent of both sides.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from services.registry.domain.errors import Problem

DEFAULT_LIMIT = 2_000
LIMITS: Mapping[str, int] = {
    "name": 200,
    "title": 200,
    "description": 20_000,
    "industry": 200,
    "role": 200,
    "website": 500,
    "requires": 5_000,
    "text": 2_000,
}
SCREENED = ("title", "description", "requires")
Screen = Callable[[str], "str | None"]
"""What to say when a text may not be shown to strangers, else None."""
# All controls but tab and line ends; half pairs, which no encoding takes.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def normalised(text: str) -> str:
    """The text as it is kept: composed characters, no space around it, lines ended one way."""
    composed = unicodedata.normalize("NFC", text)
    return composed.replace("\r\n", "\n").replace("\r", "\n").strip()


def normalised_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content as it is kept, with JSON's types only; every text in it is normalised."""
    return {name: _normalised_value(value) for name, value in content.items()}


def _normalised_value(value: Any) -> Any:
    if isinstance(value, str):
        return normalised(value)
    if isinstance(value, Mapping):
        return {key: _normalised_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised_value(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def text_problems(
    content: Mapping[str, Any], required: str, screen: Screen | None = None
) -> list[Problem]:
    """What is wrong with the texts of a content; `required` names the one that cannot be empty.

    Titles, descriptions and requirements are read by strangers, so `screen` looks at them.
    """
    problems = []
    if not content.get(required):
        problems.append(
            Problem(
                required, content.get(required), f"is empty; give the {required} in a few words"
            )
        )
    for path, text in _texts(content):
        message = _unreadable(text) or _too_long(path, text)
        if message is None and screen is not None and path in SCREENED:
            message = screen(text)
        if message is not None:
            problems.append(Problem(path, text, message))
    return problems


def _texts(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        path = f"{prefix}{name}"
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            yield from ((f"{path} (name)", str(key)) for key in value)
            yield from _texts(value, f"{path}.")
        elif isinstance(value, list | tuple):
            entries = {str(index): entry for index, entry in enumerate(value, 1)}
            yield from _texts(entries, f"{path}.")


def _unreadable(text: str) -> str | None:
    found = _CONTROLS.search(text)
    if found is None:
        return None
    return (
        f"has the control character U+{ord(found[0]):04X}; "
        "remove it (pasting as plain text usually does)"
    )


def _too_long(path: str, text: str) -> str | None:
    limit = LIMITS.get(path.rsplit(".", 1)[-1], DEFAULT_LIMIT)
    if len(text) <= limit:
        return None
    return f"has {len(text):,} characters; shorten it to {limit:,} or fewer"


def name_key(name: str) -> str:
    """A name reduced to what tells organisations apart: case, accents and legal forms aside."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


_LEGAL_FORMS = frozenset({"the", "ltd", "limited", "plc", "llp", "cic", "cio", "inc"})
