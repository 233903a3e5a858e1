"""When a changed listing counts as another listing (decision 0061).

A material change lets the matcher judge again and may withdraw a waiting match; a trivial one never
does. Stated simply, so that a coordinator can say why: a change is material when goals, places,
mode, beneficiaries, gives or wants change as sets, when capacity rises from zero, or when more than
a quarter of the meaningful words of title and description came or went since the last material
version. Words that differ by a typing slip count as the same word.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

MATERIAL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "capability": ("goals", "delivers_in", "mode", "beneficiaries", "gives"),
    "need": ("goals", "places", "beneficiaries", "wants"),
    "member": ("sector", "places"),
}
MOVED_SHARE = 0.25
SAME_WORD_RATIO = 0.8
_COMPARED_WORDS = (
    60  # past that many new words a text has moved, or is too long for a slip to matter
)
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "do",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "more",
        "most",
        "my",
        "of",
        "on",
        "or",
        "our",
        "out",
        "she",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)


def is_material(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the fields (not the texts) changed materially from one content to the next."""
    if any(_as_set(before.get(name)) != _as_set(after.get(name)) for name in MATERIAL_FIELDS[kind]):
        return True
    return kind == "capability" and _amount(before) == 0 and _amount(after) > 0


def meaning_moved(before: str, after: str) -> bool:
    """Whether more than a quarter of the words of both texts together are in only one of them."""
    old, new = _words(before), _words(after)
    gone, come = old - new, new - old
    _pair_slips(gone, come)
    total = len(old) + len(new)
    return total > 0 and (len(gone) + len(come)) / total > MOVED_SHARE


def _pair_slips(gone: set[str], come: set[str]) -> None:
    """Take out of both sets the words that are one word misspelt; digits must agree exactly."""
    if len(gone) > _COMPARED_WORDS or len(come) > _COMPARED_WORDS:
        return
    for word in sorted(gone):
        if any(character.isdigit() for character in word):
            continue
        near = difflib.get_close_matches(word, sorted(come), n=1, cutoff=SAME_WORD_RATIO)
        if near:
            gone.discard(word)
            come.discard(near[0])


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    joined = "".join(c for c in plain if not unicodedata.combining(c))
    return set(re.findall(r"\w+", joined)) - _STOP_WORDS


def _as_set(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(str(entry) for entry in value)
    return frozenset({str(value)})


def _amount(content: Mapping[str, Any]) -> float:
    capacity = content.get("capacity") or {}
    return float(capacity.get("amount", 1))
