"""JSON Lines in: one object a line, and whatever is wrong with a line stays on that line."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from shared.contracts.coalition.check import LineCheck
from shared.contracts.coalition.line import WHOLE_LINE, Line, LineError, refused, shown
from shared.contracts.strict_json import NotStrict, parse

MAX_LINE_BYTES = 1_048_576
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")

_WORDS = {
    "bad_utf8": "is not UTF-8; save the file as UTF-8",
    "not_finite": "holds NaN, Infinity or a number too large; write a number or leave it out",
    "duplicate_key": "has the same field twice; keep one of them",
    "too_deep": "is nested deeper than 32 levels; no field needs that",
    "bad_text": "holds a character that no text can keep (NUL or half a pair); remove it",
}


def read_lines(stream: IO[bytes] | Iterable[bytes]) -> Iterator[Line]:
    """Every line that is not blank, in order; never raises, whatever the bytes.

    A file opened in binary mode, or anything that gives lines as bytes.
    """
    check = LineCheck()
    for number, raw in enumerate(_raw_lines(stream), start=1):
        content = raw.removeprefix(_BOM) if number == 1 else raw
        if len(content) > MAX_LINE_BYTES:
            yield _whole(number, content, f"is longer than {MAX_LINE_BYTES:,} bytes; shorten it")
        elif number == 1 and content.startswith(_WIDE_BOMS):
            yield _whole(number, content, "is UTF-16; save the file as UTF-8")
            return
        elif text := content.strip():
            yield _one(check, number, text)


def _one(check: LineCheck, number: int, text: bytes) -> Line:
    try:
        found: Any = parse(text)
    except NotStrict as error:
        example = 'write one object such as {"kind":"member",…}'
        said = _WORDS.get(error.reason_code, f"is not JSON ({error.detail}); {example}")
        return _whole(number, text, said)
    return check.line(number, found)


def _whole(number: int, raw: bytes, message: str) -> Line:
    value = shown(raw[:400].decode("utf-8", "replace"))
    return refused(number, None, [LineError(WHOLE_LINE, value, message)])


def _raw_lines(stream: IO[bytes] | Iterable[bytes]) -> Iterator[bytes]:
    """Lines, of which an endless one is cut so that it cannot fill the memory."""
    readline = getattr(stream, "readline", None)
    if readline is None:
        yield from stream
        return
    while line := readline(MAX_LINE_BYTES + 2):
        rest = line
        while rest and len(line) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = readline(MAX_LINE_BYTES + 2)
        yield line
