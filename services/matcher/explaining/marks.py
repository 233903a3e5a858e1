"""Both texts of a match with what carried the score marked in them, for its page and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.matcher.domain.matches import Match
from services.matcher.scoring.text.alike import Alike, Carried, Piece, Text, marked, what_carried
from services.matcher.scoring.text.represent import Encoder


@dataclass(frozen=True, slots=True)
class MarkedText:
    title: Sequence[Piece]
    description: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Marks:
    """`capabilities` and `carried` are in the order of the match's capabilities."""

    need: MarkedText
    capabilities: Sequence[MarkedText]
    carried: Sequence[Carried]

    @property
    def any_shared(self) -> bool:
        return any(one.phrases for one in self.carried)

    @property
    def alike(self) -> list[Alike]:
        return [one.alike for one in self.carried if one.alike]


def marks_of(match: Match, encoder: Encoder | None) -> Marks:
    """Asks the sentence model, so call it outside of a transaction. Nothing is marked in a match
    that was made elsewhere: nobody compared its texts.
    """
    need = _text(match.need)
    offers = [_text(one) for one in match.capabilities]
    carried = [] if match.origin == "elsewhere" else [
        what_carried(need, offer, encoder) for offer in offers]  # fmt: skip
    phrases = [phrase.in_need for one in carried for phrase in one.phrases]
    sentences = [one.alike.in_need for one in carried if one.alike]
    blank = Carried((), None)
    return Marks(
        _marked(need, phrases, sentences),
        [
            _marked(
                offer,
                [phrase.in_capability for phrase in one.phrases],
                [one.alike.in_capability] if one.alike else [],
            )
            for offer, one in zip(offers, carried or [blank] * len(offers), strict=True)
        ],
        carried,
    )


def _text(stored: Mapping[str, Any]) -> Text:
    return Text(str(stored.get("title") or ""), str(stored.get("description") or ""))


def _marked(text: Text, phrases: Sequence[str], sentences: Sequence[str]) -> MarkedText:
    return MarkedText(
        marked(text.title, phrases, sentences), marked(text.description, phrases, sentences)
    )
