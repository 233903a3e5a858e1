"""Templates to words: subject, text and HTML of each kind of email, from one context.

A name that a template asks for and nobody gave is an error, never an empty place in a letter.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_FOLDER = Path(__file__).parent / "templates"
_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(fit=fit, wrap=_wrap)
    return environment


def render(kind: str, context: Mapping[str, Any]) -> Words:
    """The words of one email; the first line of the text template is its subject."""
    environment = _environment()
    plain = environment.get_template(f"{kind}.txt").render(context).lstrip()
    first, _, text = plain.partition("\n")
    if not first.startswith(_SUBJECT):
        raise ValueError(f"template {kind}.txt must begin with '{_SUBJECT}…'")
    subject = first.removeprefix(_SUBJECT).strip()
    html = environment.get_template(f"{kind}.html").render({**context, "subject": subject})
    return Words(subject, _tidy(text), html)


def fit(text: str, most: int) -> str:
    """`text` in at most `most` characters, cut at a word: for subjects, which phones cut anywhere."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def _wrap(text: str) -> str:
    """Each line of `text` in lines of 76; what has no blank, such as an address, stays whole."""
    lines = text.strip().split("\n")
    return "\n".join(
        textwrap.fill(line, 76, break_long_words=False, break_on_hyphens=False) for line in lines
    )


def _tidy(text: str) -> str:
    """No trailing blanks and at most one empty line in a row, whatever the conditions left."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
