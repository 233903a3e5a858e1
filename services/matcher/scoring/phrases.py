"""The words two texts share, as a person would quote them (stage 7 of matching)."""

from dataclasses import dataclass

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from services.matcher.scoring.stems import stem, weight_of, words_of

LONGEST = 3
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


def _phrases(text: str) -> dict[tuple[str, ...], str]:
    """Phrases by their stems, each in its first wording, lower case."""
    words = words_of(text)[:MOST_WORDS]
    found: dict[tuple[str, ...], str] = {}
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            phrase = words[start:end]
            if any(word in ENGLISH_STOP_WORDS for word in phrase):
                break
            found.setdefault(tuple(stem(word) for word in phrase), " ".join(phrase))
    return found
