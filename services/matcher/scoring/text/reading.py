"""What the phrases of a text say of it, by the phrasebook (stage 1 of matching).

A phrase is compared by stems. Words inside a phrase that means something else count for nothing:
“adult literacy” says nothing of early years, whatever “literacy” might hint at.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from services.matcher.scoring.text.stems import stem, stemmed, words_of
from shared.reference.phrasebook import Phrasebook

SAYS = 0.6
HINTS = 0.25
"""How sure one phrase makes; several different ones are combined as independent evidence."""

MOST_WORDS = 2_000
"""Beyond this a text is not searched for phrases; its other features still count all of it."""

Theme = tuple[str, str]
"""The name of a list and a term of it."""

_Stems = tuple[str, ...]
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A term read from a text; `phrase` as the text has it, empty where the whole text says so."""

    term: str
    phrase: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Use:
    """Whose phrase it is and how it counts; 0 marks an exclusion."""

    theme: Theme
    sure: float


class TextReader:
    """Reads texts by a phrasebook, each for itself."""

    def __init__(self, book: Phrasebook) -> None:
        self._uses = _uses(book)
        self._lengths: dict[str, tuple[int, ...]] = {}
        """By the first stem of phrases, how long they are: each length is one look-up."""
        for phrase in self._uses:
            known = self._lengths.get(phrase[0], ())
            self._lengths[phrase[0]] = tuple(sorted({*known, len(phrase)}))

    def read(self, text: str) -> dict[Theme, Suggestion]:
        """What a text says, each with the phrase that says it best."""
        words, stems = stemmed(text)
        words, stems = words[:MOST_WORDS], stems[:MOST_WORDS]
        found: dict[Theme, Suggestion] = {}
        for theme, hits in self._hits(stems).items():
            excluded = [span for span, sure in hits.items() if sure == 0]
            counted = {
                span: sure
                for span, sure in hits.items()
                if sure and not any(_overlap(span, other) for other in excluded)
            }
            if counted:
                best, sure = _combined(counted, stems)
                found[theme] = Suggestion(theme[1], " ".join(words[best[0] : best[1]]), sure)
        return found

    def _hits(self, stems: _Stems) -> dict[Theme, dict[_Span, float]]:
        hits: dict[Theme, dict[_Span, float]] = {}
        for start, first in enumerate(stems):
            for length in self._lengths.get(first, ()):
                end = start + length
                for use in self._uses.get(stems[start:end], ()) if end <= len(stems) else ():
                    hits.setdefault(use.theme, {})[start, end] = use.sure
        return hits


def version_of(book: Phrasebook) -> str:
    """A hash of every phrase: a coalition's own file makes another version."""
    told = {
        name: {term: asdict(entry) for term, entry in entries.items()}
        for name, entries in book.lists.items()
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]


def _uses(book: Phrasebook) -> dict[_Stems, list[_Use]]:
    """Phrases by their stems; where a term has one twice, an exclusion wins, then `says`."""
    uses: dict[_Stems, list[_Use]] = {}
    for name, entries in book.lists.items():
        for term, entry in entries.items():
            told: dict[_Stems, float] = {}
            for phrases, sure in ((entry.hints, HINTS), (entry.says, SAYS), (entry.but_not, 0.0)):
                told.update({_stems_of(phrase): sure for phrase in phrases})
            for phrase, sure in told.items():
                if phrase:
                    uses.setdefault(phrase, []).append(_Use((name, term), sure))
    return uses


def _stems_of(phrase: str) -> _Stems:
    return tuple(stem(word) for word in words_of(phrase))


def _overlap(one: _Span, other: _Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _combined(counted: Mapping[_Span, float], stems: Sequence[str]) -> tuple[_Span, float]:
    """The best phrase and how sure all of them make.

    Different phrases add to each other; the same again, or part of a longer one, does not.
    """
    order = sorted(counted, key=lambda span: (-counted[span], span[0] - span[1], span))
    doubt = 1.0
    told: set[_Stems] = set()
    taken: list[_Span] = []
    for span in order:
        said = tuple(stems[span[0] : span[1]])
        if said not in told and not any(_overlap(span, other) for other in taken):
            told.add(said)
            doubt *= 1 - counted[span]
        taken.append(span)
    return order[0], round(1 - doubt, 4)
