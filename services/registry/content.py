"""What is written to us, as it is kept: normalised, readable, without contact details where
strangers will read it.
"""

from collections.abc import Mapping
from typing import Any

from services.registry.domain.errors import invalid
from services.registry.domain.rules import Rules
from services.registry.domain.texts import Screen, normalised_content, text_problems
from shared.contracts.coalition.screening import screen_text

_REQUIRED = {"member": "name", "contact": "email", "capability": "title", "need": "title"}
_WORDS = {"email": "an email address", "telephone": "a telephone number"}


def kept_content(kind: str, content: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The content as it is kept; raises Invalid with every problem of its texts."""
    kept = normalised_content(content)
    problems = text_problems(
        kept, _REQUIRED[kind], screen_for(rules) if kind != "contact" else None
    )
    if problems:
        raise invalid(problems)
    return kept


def screen_for(rules: Rules) -> Screen | None:
    return contact_detail_in if rules.screen_texts else None


def contact_detail_in(text: str) -> str | None:
    """What to say when a text carries an address or a number, else None."""
    found = screen_text(text)
    if not found:
        return None
    return (
        f"has {_WORDS[found[0].kind]} in it; put it in a contact, "
        "which is passed on only when both sides agree"
    )
