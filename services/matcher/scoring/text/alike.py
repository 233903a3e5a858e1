"""What of two texts carried their likeness, to be shown in the texts (stage 7 of matching).

Shared phrases say what the words have in common; the two sentences that the sentence model finds
most alike say what the meaning has. Looked up when a person looks, never while proposing: it costs
up to two dozen sentences, once, and the vectors are kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Literal

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from services.matcher.scoring.text.phrases import MOST_WORDS, SharedPhrase, shared_phrases
from services.matcher.scoring.text.represent import Encoder
from services.matcher.scoring.text.stems import WORD, stem, words_of

MOST_SENTENCES = 12
"""Of either text the first so many are compared by meaning."""
LONGEST_SENTENCE = 240
"""In characters; a longer one is compared in parts."""
MOST_PHRASES = 6

_SENTENCE = re.compile(r"[^.!?;。！？؟।\n]+[.!?;。！？؟।]*")

Mark = Literal["", "shared", "alike", "both"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A listing as people read it."""

    title: str
    description: str

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.description}"


@dataclass(frozen=True, slots=True)
class Alike:
    """A sentence of either text, and how alike they are: cosine, at most 1."""

    in_need: str
    in_capability: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Carried:
    """What of the two texts carried the score, by words and by meaning."""

    phrases: tuple[SharedPhrase, ...]
    alike: Alike | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text with its mark; the pieces of a text laid end to end are the text."""

    text: str
    mark: Mark = ""


def what_carried(need: Text, capability: Text, encoder: Encoder | None) -> Carried:
    """Both may be any text at all; where nothing is shared or nothing can be read, nothing is
    told.
    """
    phrases = shared_phrases(need.whole, capability.whole, most=MOST_PHRASES)
    return Carried(tuple(phrases), _most_alike(need, capability, encoder))


def marked(text: str, phrases: Sequence[str], sentences: Sequence[str]) -> list[Piece]:
    """The text in pieces, with the words of these phrases (as stems) and these sentences marked."""
    shared = _inside(len(text), _phrase_spans(text, phrases))
    alike = _inside(len(text), _sentence_spans(text, sentences))
    names: dict[tuple[bool, bool], Mark] = {
        (False, False): "",
        (True, False): "shared",
        (False, True): "alike",
        (True, True): "both",
    }
    pieces = []
    for key, run in groupby(range(len(text)), key=lambda place: (shared[place], alike[place])):
        places = list(run)
        pieces.append(Piece(text[places[0] : places[-1] + 1], names[key]))
    return pieces


def _most_alike(need: Text, capability: Text, encoder: Encoder | None) -> Alike | None:
    first, second = _sentences(need), _sentences(capability)
    if encoder is None or not first or not second:
        return None
    rows = np.asarray(encoder.transform([*first, *second]), dtype=np.float64)
    cosines = np.round(rows[: len(first)] @ rows[len(first) :].T, 4)
    best = int(np.argmax(cosines))
    row, column = divmod(best, len(second))
    if cosines[row, column] <= 0:
        return None
    return Alike(first[row], second[column], float(cosines[row, column]))


def _sentences(text: Text) -> list[str]:
    """The title and the first sentences, those with a word in them, each once."""
    found = [*_split(text.title), *_split(text.description)]
    return list(dict.fromkeys(found))[:MOST_SENTENCES]


def _split(text: str) -> Iterator[str]:
    shortened = text[: MOST_SENTENCES * LONGEST_SENTENCE]
    for match in _SENTENCE.finditer(shortened):
        rest = match[0].strip()
        while len(rest) > LONGEST_SENTENCE:
            cut = rest.rfind(" ", 1, LONGEST_SENTENCE)
            cut = cut if cut > 0 else LONGEST_SENTENCE
            if WORD.search(rest[:cut]):
                yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if WORD.search(rest):
            yield rest


def _phrase_spans(text: str, phrases: Sequence[str]) -> Iterator[Span]:
    """Every word of a told phrase, wherever it stands, as stems; neighbours are one span."""
    told = {stem(word) for phrase in phrases for word in words_of(phrase)} - {""}
    last = 0
    for match in islice(WORD.finditer(text), MOST_WORDS):
        word = match[0].lower()
        if word in ENGLISH_STOP_WORDS or stem(word) not in told:
            continue
        start, end = match.span()
        yield (last if last and text[last:start].isspace() else start), end
        last = end


def _sentence_spans(text: str, sentences: Sequence[str]) -> Iterator[Span]:
    for sentence in sentences:
        start = text.find(sentence) if sentence else -1
        if start >= 0:
            yield start, start + len(sentence)


def _inside(length: int, spans: Iterator[Span]) -> list[bool]:
    inside = [False] * length
    for start, end in spans:
        inside[start:end] = [True] * (end - start)
    return inside
