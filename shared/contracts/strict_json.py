"""JSON without the liberties of the usual reader, for everything that comes from outside.

The standard parser takes NaN, lets the last of two equal keys win, reads 1e999 as infinity
and passes half a surrogate pair that no database can keep. Each is refused with a reason code.
"""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 32

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class NotStrict(ValueError):
    """The bytes are not the JSON we take. `reason_code` is one of codec.REASONS."""

    def __init__(self, reason_code: str, detail: str) -> None:
        super().__init__(detail)
        self.reason_code = reason_code
        self.detail = detail


def parse(raw: bytes) -> Any:
    """The value; raises NotStrict and nothing else. Details never quote the text."""
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotStrict("bad_utf8", f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotStrict("bad_json", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotStrict("too_deep", f"nested deeper than {MAX_DEPTH} levels") from None
    except NotStrict:
        raise
    except ValueError:
        raise NotStrict("bad_json", "a number has too many digits") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise NotStrict("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if _SUSPECT.search(raw):
        _check_texts(value)
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("duplicate_key", "an object has the same key twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("not_finite", "a number is too large")
    return number


def _no_constant(text: str) -> NoReturn:
    raise NotStrict("not_finite", f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_float=_finite, parse_constant=_no_constant
)


def _deeper_than(value: Any, limit: int) -> bool:
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        layer = [
            entry
            for outer in layer
            for entry in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(entry, dict | list)
        ]
        if not layer:
            return False
    return True


def _check_texts(value: Any) -> None:
    """Escapes can smuggle in what UTF-8 and PostgreSQL cannot hold."""
    texts = json.dumps(value, ensure_ascii=False)
    try:
        texts.encode("utf-8")
    except UnicodeEncodeError:
        raise NotStrict("bad_text", "a text holds half a surrogate pair") from None
    if "\\u0000" in texts.replace("\\\\", ""):
        raise NotStrict("bad_text", "a text holds the character NUL")
