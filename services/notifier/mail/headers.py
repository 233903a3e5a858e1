"""The header guard: no value may end its line, and the finished bytes must prove it.

Python's `email` decodes encoded words while it builds a header, so a title such as
`=?utf-8?q?x=0aBcc=3a_e=40x?=` would come out as a `Bcc:` line of its own. Values are made
harmless before, and the names of the produced headers are compared after.
"""

import re
from collections.abc import Iterable, Sequence

MAX_LINE_BYTES = 998
_MAX_VALUE_CHARACTERS = 500
_BLANKS = re.compile(r"\s+")
_NAME = re.compile(rb"[!-9;-~]+")


class HeaderRefused(Exception):
    """The produced message has headers we did not write; it was not sent."""


def guard(value: str, *, limit: int = _MAX_VALUE_CHARACTERS) -> str:
    """`value` as one harmless line of text: no control characters, no encoded words.

    Longer values are cut at `limit` characters with an ellipsis.
    """
    line = "".join(char if char.isprintable() else " " for char in value)
    line = _BLANKS.sub(" ", line).strip()
    while "=?" in line or "?=" in line:
        line = line.replace("=?", "= ").replace("?=", " =")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def header_names(raw: bytes) -> list[str]:
    """Names of the top headers of a message, in order, in lower case, read without `email`."""
    head, separator, _ = raw.partition(b"\r\n\r\n")
    if not separator:
        raise HeaderRefused("the message has no empty line between headers and body")
    names = []
    for line in head.split(b"\r\n"):
        if line[:1] in b" \t" and line:
            continue
        name, colon, _ = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise HeaderRefused(f"a header line has no name: {len(line)} bytes")
        names.append(name.decode("ascii").lower())
    return names


def prove(raw: bytes, written: Iterable[str], *, allowed: Sequence[str] = ()) -> None:
    """Raise `HeaderRefused` unless `raw` has exactly the headers `written`, and sane lines.

    `allowed` are names the library adds by itself (MIME-Version and the like).
    """
    expected = sorted([*(name.lower() for name in written), *(name.lower() for name in allowed)])
    found = sorted(header_names(raw))
    if found != expected:
        extra = sorted(set(found) - set(expected)) or [n for n in found if found.count(n) > 1]
        raise HeaderRefused(f"headers differ from what was written: {extra or 'some are missing'}")
    for line in raw.split(b"\r\n"):
        if len(line) > MAX_LINE_BYTES:
            raise HeaderRefused(f"a line of {len(line)} bytes is over {MAX_LINE_BYTES}")
        if b"\r" in line or b"\n" in line:
            raise HeaderRefused("a line holds a bare carriage return or line feed")
