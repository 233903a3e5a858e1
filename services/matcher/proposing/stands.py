"""Whether what is open still stands (step 8 of the walk): the rules asked again, the texts compared."""

from collections.abc import Sequence

from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.rounds import Versions, match_id_for
from services.matcher.domain.states import BEFORE_INTRODUCTION, By, State
from services.matcher.moves import close_by_rule, close_match, rule_cooling
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.choosing.consortia import apart_in
from services.matcher.scoring.results import Rated
from services.matcher.settings import MatcherSettings
from services.matcher.store.matches import open_matches_of_need
from shared.storage import Work

_HELD_BY_ITSELF = frozenset({"no_capacity", "no_partner_place", "cooling_off"})
"""Rules that an approved match breaks by what it holds itself."""
_LEFT_TO_A_PERSON = frozenset({"unconfirmed", "not_available"})
"""Asked again before asking and before the introduction; until then a person may mend them."""


class Stands:
    """Closes, in the caller's transaction, what no longer stands."""

    def __init__(self, work: Work, knowledge: Knowledge, settings: MatcherSettings) -> None:
        self._work = work
        self._knowledge = knowledge
        self._settings = settings

    def check(self, match: Match, listed: Sequence[Rated]) -> bool:
        """`listed` is the need's list as it is now."""
        if match.state not in BEFORE_INTRODUCTION or match.origin == "elsewhere":
            return True
        rule = self._rule_against(match)
        if rule is None:
            return True
        if rule == "listing_changed":
            self._close_changed(match, listed)
        else:
            close_by_rule(self._work, match, rule, superseded_by=self._who_took(match, rule))
        return False

    def _rule_against(self, match: Match) -> str | None:
        waits = match.state is not State.PROPOSED
        for capability_id in match.capability_ids:
            rule = self._rule_for_pair(match.need_id, capability_id)
            if rule and not (waits and rule in _HELD_BY_ITSELF | _LEFT_TO_A_PERSON):
                return rule
        if len(match.capability_ids) > 1 and self._suppliers_apart(match):
            return "conflict"
        return "listing_changed" if self._versions_now(match) != match.versions else None

    def _suppliers_apart(self, match: Match) -> bool:
        """Conflicts hold between two suppliers of a consortium too."""
        return bool(apart_in(self._knowledge.index, match.bringing_member_ids))

    def _rule_for_pair(self, need_id: str, capability_id: str) -> str | None:
        index = self._knowledge.index
        try:
            refusal = index.refusal_of(need_id, capability_id)
        except KeyError:  # erased, or its member is
            return "not_published"
        return refusal.rule if refusal else None

    def _versions_now(self, match: Match) -> Versions:
        need = self._knowledge.need(match.need_id)
        listings = {one: self._knowledge.capability(one) for one in match.capability_ids}
        return Versions(
            need["material_version"] if need else 0,
            {id_: state["material_version"] if state else 0 for id_, state in listings.items()},
        )

    def _close_changed(self, match: Match, listed: Sequence[Rated]) -> None:
        """A waiting proposal is followed by its new round if the pair is still worth it; what
        was approved is withdrawn, because people agreed to another text.
        """
        best = listed[: self._settings.proposals_per_need]
        again = match.state is State.PROPOSED and any(
            one.capability_id == match.capability_set and one.score >= self._settings.least_score
            for one in best
        )
        following = match_id_for(match.need_id, match.capability_ids, match.round + 1)
        code = "listing_changed"
        close_match(
            self._work,
            match,
            "supersede" if again else "withdraw",
            By.RULE,
            Ending(code, By.RULE.value, rule_cooling(self._work, code)),
            superseded_by=following if again else None,
        )

    def _who_took(self, match: Match, rule: str) -> str | None:
        if rule != "no_partner_place":
            return None
        others = open_matches_of_need(self._work.connection, match.need_id)
        ahead = [one for one in others if one.state is not State.PROPOSED]
        return ahead[0].match_id if ahead else None
