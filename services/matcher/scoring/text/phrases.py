"""The words two texts share, as a person would quote them (stage 7 of matching)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from services.matcher.scoring.text.stems import WORD, stem, weight_of

LONGEST = 3
_END = re.compile(r"[.!?;:()\n…。！？؟]")
"""No phrase goes on past one of these."""
MOST_WORDS = 4_000
"""Beyond this a text is not searched for phrases; its score still counts all of it."""


@dataclass(frozen=True, slots=True)
class SharedPhrase:
    """The same phrase as either text has it: “reading stories” and “read stories”."""

    in_need: str
    in_capability: str

    @property
    def quoted(self) -> str:
        if self.in_need == self.in_capability:
            return f"“{self.in_need}”"
        return f"“{self.in_need}” / “{self.in_capability}”"


def shared_phrases(need_text: str, capability_text: str, most: int = 3) -> list[SharedPhrase]:
    """The phrases of one to three words that say most and that both texts have.

    Words are compared by stem; a phrase neither begins nor ends with a stop word and its content
    words stand side by side in both texts. A word is told once.
    """
    first, second = _phrases(need_text), _phrases(capability_text)
    shared = sorted(
        first.keys() & second.keys(), key=lambda stems: (-sum(map(weight_of, stems)), stems)
    )
    told: set[str] = set()
    chosen: list[SharedPhrase] = []
    for stems in shared:
        if len(chosen) == most:
            break
        if told.isdisjoint(stems):
            told.update(stems)
            chosen.append(SharedPhrase(first[stems], second[stems]))
    return chosen


@lru_cache(maxsize=256)
def _phrases(text: str) -> Mapping[tuple[str, ...], str]:
    """Phrases by their stems, each in its first wording, lower case. A need is compared with
    several capabilities in a row, so the last few are kept.
    """
    lower = text.lower()
    matches = list(islice(WORD.finditer(lower), MOST_WORDS))
    words = [match[0] for match in matches]
    stems = [None if word in ENGLISH_STOP_WORDS else stem(word) for word in words]
    ends = [bool(_END.search(lower, one.end(), other.start())) for one, other in pairwise(matches)]
    found: dict[tuple[str, ...], str] = {}
    for start in range(len(words)):
        phrase: tuple[str, ...] = ()
        for end in range(start, min(start + LONGEST, len(words))):
            stemmed = stems[end]
            if stemmed is None or (end > start and ends[end - 1]):
                break
            phrase = (*phrase, stemmed)
            if phrase not in found:
                found[phrase] = " ".join(words[start : end + 1])
    return found
