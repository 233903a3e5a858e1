"""Scores and refusals in a coordinator's words (stage 7 of matching).

One sentence per contribution, from the two listings themselves; a feature that could not be
compared has contribution 0 and no sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.phrases import shared_phrases
from services.matcher.scoring.represent import PlaceBook
from services.matcher.scoring.results import Reason, Refusal
from services.matcher.scoring.rules import RULES
from services.matcher.scoring.scorer import BASELINE
from shared.reference.vocabulary import BENEFICIARIES, GIVES, SECTORS, Vocabulary

MOST_PLACES = 4
WITH_ARTICLE = ("United Kingdom", "North East", "North West", "East Midlands", "West Midlands",
                "East of England", "South East", "South West")  # fmt: skip
BASELINE_TEXT = "Where every pair starts, before anything is known about it."


@dataclass(frozen=True, slots=True)
class Pair:
    """A need and a capability with their members."""

    need: Need
    capability: Capability
    needing: Member
    bringing: Member


class Explainer:
    """Writes the sentences; `goal_names` by number, of the framework in use."""

    def __init__(self, places: PlaceBook, goal_names: Mapping[int, str]) -> None:
        self._places = places
        self._goal_names = goal_names
        self._sentences: dict[str, Callable[[Pair, bool], str]] = {
            "meaning": self._meaning,
            "words": self._words,
            "goals": self._goals,
            "beneficiaries": self._beneficiaries,
            "help": self._help,
            "place": self._place,
            "freshness": self._freshness,
            "load": self._load,
        }

    def reasons(self, pair: Pair, contributions: Mapping[str, float]) -> list[Reason]:
        """Baseline first, then what moved the score most; parts of exactly 0 are left out."""
        moved = [(name, part) for name, part in contributions.items()
                 if part != 0 and name != BASELINE]  # fmt: skip
        moved.sort(key=lambda entry: (-abs(entry[1]), entry[0]))
        told = [
            Reason(name, part, self._sentences[name](pair, part > 0))
            for name, part in moved
            if name in self._sentences
        ]
        return [Reason(BASELINE, contributions[BASELINE], BASELINE_TEXT), *told]

    def refusal(self, pair: Pair, refused: Refusal) -> Refusal:
        """The refusal with the names and places of the pair, where that says more."""
        text = {
            "same_member": f"{pair.needing.name} would be matched with itself.",
            "same_sector": f"{pair.needing.name} and {pair.bringing.name} are both "
            f"{_plain(pair.needing.sector, SECTORS)}, and the need asks for another sector.",
            "no_common_place": f"{pair.bringing.name} offers this in {self._delivered_in(pair)}, "
            f"which does not include {self._needed_in(pair)}.",
            "no_capacity": f"{pair.bringing.name} has no "
            f"{pair.capability.capacity.unit or 'capacity'} left.",
            "no_partner_place": f"“{pair.need.title}” has found all the partners it asked for.",
        }.get(refused.rule, RULES[refused.rule])
        return Refusal(refused.rule, text)

    def _meaning(self, pair: Pair, helps: bool) -> str:
        if not helps:
            return "The two texts are about different things."
        phrases = shared_phrases(_text(pair.need), _text(pair.capability), most=1)
        about = f": both speak of {phrases[0].quoted}" if phrases else ", in other words"
        return f"The two texts are about the same thing{about}."

    def _words(self, pair: Pair, helps: bool) -> str:
        phrases = shared_phrases(_text(pair.need), _text(pair.capability))
        quoted = _listed([phrase.quoted for phrase in phrases])
        if helps:
            return f"The two texts share {quoted}."
        if phrases:
            return f"The two texts share little more than {quoted}."
        return "The two texts have no telling word in common."

    def _goals(self, pair: Pair, helps: bool) -> str:
        shared = [goal for goal in pair.need.goals if goal in pair.capability.goals]
        wanted = _listed([self._goal(goal) for goal in pair.need.goals])
        if not shared:
            served = _listed([self._goal(goal) for goal in pair.capability.goals])
            return f"They serve different goals: the need {wanted}, the capability {served}."
        named = _listed([self._goal(goal) for goal in shared])
        return f"Both serve {named}." if helps else f"Of their goals they share only {named}."

    def _beneficiaries(self, pair: Pair, helps: bool) -> str:
        return self._overlap(
            [_plain(group, BENEFICIARIES) for group in pair.need.beneficiaries],
            [_plain(group, BENEFICIARIES) for group in pair.capability.beneficiaries],
            ("Both are for {shared}.", "Of those meant, only {shared} are on both sides.",
             "It is for {other}; the need is for {own}."),
            helps,
        )  # fmt: skip

    def _help(self, pair: Pair, helps: bool) -> str:
        return self._overlap(
            [_plain(kind, GIVES) for kind in pair.need.wants],
            [_plain(kind, GIVES) for kind in pair.capability.gives],
            ("It brings {shared}, as asked.", "Of what is asked it brings only {shared}.",
             "The need asks for {own}; this brings {other}."),
            helps,
        )  # fmt: skip

    def _overlap(
        self,
        own: Sequence[str],
        other: Sequence[str],
        sentences: tuple[str, str, str],
        helps: bool,
    ) -> str:
        shared = [word for word in own if word in other]
        chosen = sentences[2] if not shared else sentences[0] if helps else sentences[1]
        return chosen.format(
            shared=_listed(shared),
            own=_listed(own),
            other=_listed(other),
        )

    def _place(self, pair: Pair, helps: bool) -> str:
        needed, delivered = self._needed_in(pair), self._delivered_in(pair)
        if needed == delivered:
            return f"Offered in {delivered}, just where it is needed."
        if helps:
            return f"Offered in {delivered}; needed in {needed}."
        return f"Offered more widely, in {delivered}, not for {needed} in particular."

    def _freshness(self, pair: Pair, helps: bool) -> str:  # noqa: ARG002
        return "One of the two listings has not been confirmed for a while."

    def _load(self, pair: Pair, helps: bool) -> str:  # noqa: ARG002
        return f"{pair.bringing.name} already has proposals or matches open."

    def _needed_in(self, pair: Pair) -> str:
        return self._named(pair.need.places or pair.needing.places)

    def _delivered_in(self, pair: Pair) -> str:
        return self._named(pair.capability.delivers_in or pair.bringing.places)

    def _named(self, codes: Sequence[str]) -> str:
        names = [self._place_name(code) for code in codes]
        if len(names) > MOST_PLACES:
            names = [*names[: MOST_PLACES - 1], f"{len(names) - MOST_PLACES + 1} more places"]
        return _listed(names) or "no stated place"

    def _place_name(self, code: str) -> str:
        try:
            name = self._places.get(code).name
        except LookupError:
            return code
        return f"the {name}" if name in WITH_ARTICLE else name

    def _goal(self, goal: int) -> str:
        name = self._goal_names.get(goal)
        return f"goal {goal}, {name}" if name else f"goal {goal}"


def _text(listing: Need | Capability) -> str:
    return f"{listing.title}. {listing.description}"


def _plain(code: str, words: Vocabulary) -> str:
    """The label in the middle of a sentence; a code outside the vocabulary is shown as it is."""
    label = words.label(code) if code in words else code.replace("_", " ")
    return label[:1].lower() + label[1:]


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    joint = "; and " if any("," in word for word in words) else " and "
    between = "; " if any("," in word for word in words) else ", "
    return between.join(words[:-1]) + joint + words[-1]
