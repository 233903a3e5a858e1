"""What one party is told about a match: the same words on its page, in its emails and in its answer.

Built from the state of the match as it was scored, so that an answer is to a text that is kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.notifier.domain.errors import NotAParty
from services.notifier.domain.matches import Match

_GIVES: Mapping[str, str] = {
    "expertise": "expertise",
    "venue": "a place to meet",
    "reach": "reach to the people concerned",
    "funding": "funding",
    "workforce": "people and their time",
    "equipment": "equipment",
    "training_places": "training places",
    "jobs": "jobs",
}
_TERMS: Mapping[str, str] = {
    "free": "It is offered free of charge.",
    "in_kind": "It is offered in kind.",
    "shared_cost": "The cost would be shared.",
    "funded": "It comes with its own funding.",
    "paid": "It is a paid service; with a public body it may need procurement.",
}
_MODES: Mapping[str, str] = {
    "in_person": "in person",
    "remote": "remotely",
    "either": "in person or remotely",
}
_MOST_REASONS = 5
_OF_CONSORTIA = frozenset({"roles", "confirms"})
_NOT_TEXT = frozenset({"together"})
_MOST_CHARACTERS = 1200


@dataclass(frozen=True, slots=True)
class Offer:
    """One capability in the match, as a reader needs it."""

    member: str
    title: str
    description: str
    gives: tuple[str, ...]
    how: str
    terms: str
    requires: str


@dataclass(frozen=True, slots=True)
class Story:
    """The match told to one party. `needing` is True for the side that has the need."""

    match_id: str
    member_id: str
    member: str
    needing: bool
    others: str
    needing_member: str
    need_title: str
    need_description: str
    places: tuple[str, ...]
    need_offers: tuple[str, ...]
    offers: tuple[Offer, ...]
    why: tuple[str, ...]
    roles: tuple[str, ...] = ()
    """Of three or more: what each is there for, and what nobody brings without it."""
    confirms: bool = False
    """It had said yes before another party was replaced."""
    together: str = ""
    """All parties in one list, this one last. No part of the text that is kept: it says nothing new."""

    @property
    def your_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.member == self.member]

    @property
    def their_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.member != self.member]

    def shown(self) -> dict[str, Any]:
        """The text as it is kept beside an answer."""
        return json.loads(json.dumps(self._words()))  # type: ignore[no-any-return]

    @property
    def text_hash(self) -> str:
        """SHA-256 of the text: two pages with one hash showed the same words."""
        text = json.dumps(self._words(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _words(self) -> dict[str, Any]:
        """What a pair has no use for is left out, so that its text keeps the hash it always had."""
        words = asdict(self)
        kept = words.keys() - _NOT_TEXT
        return {
            name: words[name]
            for name in words
            if name in kept and (words[name] or name not in _OF_CONSORTIA)
        }


def tell(match: Match, member_id: str) -> Story:
    """The story of `match` for one of its parties; `NotAParty` for anyone else."""
    you = match.party(member_id)
    if you is None:
        raise NotAParty(f"member {member_id} is not a party of match {match.match_id}")
    names = {party.member_id: party.name for party in match.parties}
    needing = next((party.name for party in match.parties if party.needs), you.name)
    others = [party.name for party in match.others(member_id)]
    return Story(
        match_id=match.match_id,
        member_id=member_id,
        member=you.name,
        needing=you.needs,
        others=listed(others),
        needing_member=needing,
        need_title=str(match.need.get("title") or "a shared interest"),
        need_description=shortened(str(match.need.get("description") or "")),
        places=tuple(str(place) for place in match.need.get("place_names") or ()),
        need_offers=_gives(match.need.get("offers") or ()),
        offers=tuple(_offer(item, names) for item in match.capabilities),
        why=_reasons(match.data.get("reasons") or ()),
        roles=_roles(match.data.get("reasons") or ()),
        confirms=you.said_yes_before,
        together=listed([*others, you.name]),
    )


def listed(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def shortened(text: str, most: int = _MOST_CHARACTERS) -> str:
    """At most `most` characters, cut at a word; line breaks are kept."""
    clean = text.strip()
    if len(clean) <= most:
        return clean
    return clean[:most].rsplit(None, 1)[0].rstrip(",;:. ") + " …"


def _offer(item: Mapping[str, Any], names: Mapping[str, str]) -> Offer:
    member_id = str(item.get("member_id") or "")
    return Offer(
        member=names.get(member_id, member_id),
        title=str(item.get("title") or ""),
        description=shortened(str(item.get("description") or "")),
        gives=_gives(item.get("gives") or ()),
        how=_MODES.get(str(item.get("mode")), ""),
        terms=_TERMS.get(str(item.get("terms")), ""),
        requires=shortened(str(item.get("requires") or ""), 400),
    )


def _gives(codes: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_GIVES.get(str(code), str(code).replace("_", " ")) for code in codes)


def _reasons(reasons: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The reasons that spoke for this match, strongest first, each said once.

    Where every score starts is no reason, though its share is positive.
    """
    said = (r for r in reasons if r.get("text") and r.get("feature") != "baseline")
    spoke_for = [r for r in said if float(r.get("contribution") or 0) > 0]
    spoke_for.sort(key=lambda reason: -float(reason["contribution"]))
    texts = dict.fromkeys(_sentence(str(reason["text"])) for reason in spoke_for)
    return tuple(texts)[:_MOST_REASONS]


def _roles(reasons: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(r["text"]) for r in reasons if r.get("feature") == "role" and r.get("text"))


def _sentence(text: str) -> str:
    clean = text.strip()
    return clean[:1].upper() + clean[1:]
