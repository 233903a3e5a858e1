"""Scores and refusals in a coordinator's words (stage 7 of matching).

One sentence per contribution, from the two listings themselves; a feature that could not be
compared has contribution 0 and no sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.learning.scorer import BASELINE
from services.matcher.scoring.market.priority import DistrictPriority
from services.matcher.scoring.market.rules import RULES
from services.matcher.scoring.reasons.wording import Wording, listed, plain, where_read
from services.matcher.scoring.results import Reason, Refusal
from services.matcher.scoring.text.phrases import shared_phrases
from services.matcher.scoring.text.represent import PlaceBook
from services.matcher.scoring.text.suggest import Suggester
from shared.reference.phrasebook import packaged
from shared.reference.vocabulary import BENEFICIARIES, GIVES, SECTORS

BASELINE_TEXT = "Where every pair starts, before anything is known about it."
_BUDGETS = {
    "none": "no budget",
    "to_be_found": "a budget that is still to be found",
    "some": "some budget",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A need and a capability with their members."""

    need: Need
    capability: Capability
    needing: Member
    bringing: Member
    priority: DistrictPriority | None = None


class Explainer:
    """Writes the sentences; `goal_names` by number, of the framework in use."""

    def __init__(
        self,
        places: PlaceBook,
        goal_names: Mapping[int, str],
        suggester: Suggester | None = None,
    ) -> None:
        self._wording = Wording(places, goal_names)
        self._suggester = suggester or Suggester(packaged())
        self._sentences: dict[str, Callable[[Pair, bool], str]] = {
            "meaning": self._meaning,
            "words": self._words,
            "goals": self._goals,
            "beneficiaries": self._beneficiaries,
            "help": self._help,
            "place": self._place,
            "offers": self._offers,
            "terms": self._terms,
            "freshness": self._freshness,
            "load": self._load,
            "priority": self._priority,
        }

    @property
    def wording(self) -> Wording:
        return self._wording

    @property
    def told_features(self) -> frozenset[str]:
        """Features that have a sentence of their own; any other gets a general one."""
        return frozenset(self._sentences)

    def reasons(self, pair: Pair, contributions: Mapping[str, float]) -> list[Reason]:
        """Baseline first, then what moved the score most; parts of exactly 0 are left out."""
        moved = [(name, part) for name, part in contributions.items()
                 if part != 0 and name != BASELINE]  # fmt: skip
        moved.sort(key=lambda entry: (-abs(entry[1]), entry[0]))
        need, of_need = self._suggester.full_need(pair.need)
        capability, of_capability = self._suggester.full_capability(pair.capability)
        full = replace(pair, need=need, capability=capability)
        told = [
            Reason(
                name,
                part,
                self._sentence(name, full, part > 0)
                + where_read(name, "need", of_need)
                + where_read(name, "capability", of_capability),
            )
            for name, part in moved
        ]
        return [Reason(BASELINE, contributions[BASELINE], BASELINE_TEXT), *told]

    def _sentence(self, name: str, pair: Pair, helps: bool) -> str:
        """A part without a sentence would leave a score that does not add up for its reader."""
        own = self._sentences.get(name)
        if own:
            return own(pair, helps)
        return f"{name.replace('_', ' ').capitalize()} speaks {'for' if helps else 'against'} it."

    def refusal(self, pair: Pair, refused: Refusal) -> Refusal:
        """The refusal with the names and places of the pair, where that says more."""
        text = {
            "same_member": f"{pair.needing.name} would be matched with itself.",
            "same_sector": f"{pair.needing.name} and {pair.bringing.name} are both "
            f"{plain(pair.needing.sector, SECTORS)}, and the need asks for another sector.",
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
        quoted = listed([phrase.quoted for phrase in phrases])
        if helps:
            return f"The two texts share {quoted or 'telling words'}."
        if phrases:
            return f"The two texts share little more than {quoted}."
        return "The two texts have no telling word in common."

    def _goals(self, pair: Pair, helps: bool) -> str:
        shared = [goal for goal in pair.need.goals if goal in pair.capability.goals]
        wanted = listed([self._wording.goal(goal) for goal in pair.need.goals])
        if not shared:
            served = listed([self._wording.goal(goal) for goal in pair.capability.goals])
            return f"They serve different goals: the need {wanted}, the capability {served}."
        named = listed([self._wording.goal(goal) for goal in shared])
        return f"Both serve {named}." if helps else f"Of their goals they share only {named}."

    def _beneficiaries(self, pair: Pair, helps: bool) -> str:
        return self._overlap(
            [plain(group, BENEFICIARIES) for group in pair.need.beneficiaries],
            [plain(group, BENEFICIARIES) for group in pair.capability.beneficiaries],
            ("Both are for {shared}.", "Of those meant, only {shared} are on both sides.",
             "It is for {other}; the need is for {own}."),
            helps,
        )  # fmt: skip

    def _help(self, pair: Pair, helps: bool) -> str:
        return self._overlap(
            [plain(kind, GIVES) for kind in pair.need.wants],
            [plain(kind, GIVES) for kind in pair.capability.gives],
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
            shared=listed(shared),
            own=listed(own),
            other=listed(other),
        )

    def _place(self, pair: Pair, helps: bool) -> str:
        needed, delivered = self._needed_in(pair), self._delivered_in(pair)
        if needed == delivered:
            return f"Offered in {delivered}, just where it is needed."
        if helps:
            return f"Offered in {delivered}; needed in {needed}."
        return f"Offered more widely, in {delivered}, not for {needed} in particular."

    def _offers(self, pair: Pair, helps: bool) -> str:
        asked = self._suggester.exchange.asked(pair.capability.requires)
        return self._overlap(
            [plain(kind, GIVES) for kind in asked],
            [plain(kind, GIVES) for kind in pair.need.offers],
            ("What it asks for in return, {shared}, the need brings.",
             "Of what it asks for in return the need brings only {shared}.",
             "In return it asks for {own}; the need brings {other}."),
            helps,
        )  # fmt: skip

    def _terms(self, pair: Pair, helps: bool) -> str:  # noqa: ARG002
        cost = "It has to be paid for" if pair.capability.terms == "paid" else "Its cost is shared"
        return f"{cost}, and the need has {_BUDGETS.get(pair.need.budget, 'an unclear budget')}."

    def _freshness(self, pair: Pair, helps: bool) -> str:  # noqa: ARG002
        return "One of the two listings has not been confirmed for a while."

    def _load(self, pair: Pair, helps: bool) -> str:  # noqa: ARG002
        return f"{pair.bringing.name} already has proposals or matches open."

    def _priority(self, pair: Pair, helps: bool) -> str:
        if pair.priority is not None:
            return pair.priority.sentence(self._wording.place(pair.priority.district))
        needed = self._needed_in(pair)
        if helps:
            return f"Help is needed most in places like {needed}."
        return f"Other places need help more than {needed}."

    def _needed_in(self, pair: Pair) -> str:
        return self._wording.places(pair.need.places or pair.needing.places)

    def _delivered_in(self, pair: Pair) -> str:
        return self._wording.places(pair.capability.delivers_in or pair.bringing.places)


def _text(listing: Need | Capability) -> str:
    return f"{listing.title}. {listing.description}"
