"""The door to the model for the worker, the console, `rank` and the benchmarks.

A `Model` is what scores (texts to vectors, weights, rules); a `MatchIndex` is a coalition as it
stands, kept equal to a build from nothing by every change. One index belongs to one thread.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.learning.scorer import (
    BASELINE,
    FEATURES,
    FIRST_FEATURES,
    PartnershipScorer,
    cold_start,
)
from services.matcher.scoring.learning.weights import Weights
from services.matcher.scoring.market.market import Market
from services.matcher.scoring.market.priority import DistrictPriority, Priorities
from services.matcher.scoring.market.rules import CONFIRMED_DAYS, RULES_VERSION, refusal
from services.matcher.scoring.reasons.explain import Explainer, Pair
from services.matcher.scoring.results import PairState, Rated, Refusal, Refused, Scored
from services.matcher.scoring.retrieval.retrieve import Ranked, Retriever
from services.matcher.scoring.text.cache import NoCache, VectorCache
from services.matcher.scoring.text.kept_rows import KeptRows
from services.matcher.scoring.text.represent import Encoder, PlaceBook, Representer, find_encoder
from services.matcher.scoring.text.suggest import Suggester
from shared.reference.goals import framework
from shared.reference.phrasebook import phrasebook
from shared.reference.places import Places

STEMS_VERSION = "stems-1"


class Model:
    """Everything a score depends on besides the coalition; `version` names it all."""

    def __init__(
        self,
        places: PlaceBook,
        encoder: Encoder | None = None,
        *,
        goal_names: Mapping[int, str] | None = None,
        scorer: PartnershipScorer | None = None,
        confirmed_days: int = CONFIRMED_DAYS,
        suggester: Suggester | None = None,
    ) -> None:
        self.scorer = scorer or cold_start(meaning=encoder is not None)
        self.representer = Representer(places, encoder, suggester=suggester)
        texts = encoder.version if encoder else "no-sentences"
        self.read_version = self.representer.suggester.version_for(self.scorer.features)
        self.representation = f"{STEMS_VERSION}+{texts}+{self.read_version}"
        """Names how texts become numbers: features of another one cannot be compared."""
        self.retriever = Retriever(self.representer, self.scorer)
        self.explainer = Explainer(places, goal_names or {}, self.representer.suggester)
        self.version = f"{self.scorer.version_}+{self.representation}"
        self.rules_version = RULES_VERSION
        self.confirmed_days = confirmed_days
        self._goal_names = goal_names

    def learned(self, weights: Weights | None) -> "Model":
        """The same model with other weights; None: with its stated priors."""
        return self._with(weights, self.scorer.features)

    def at_first(self) -> "Model":
        """As it was before what each side asks of the other counted: to replay what was scored then."""
        return self._with(None, FIRST_FEATURES)

    def _with(self, weights: Weights | None, features: tuple[str, ...]) -> "Model":
        known = self.representer
        cold = cold_start(meaning=known.encoder is not None)
        scorer = PartnershipScorer(cold.priors, cold.intercept, weights, features)
        return Model(known.places, known.encoder, goal_names=self._goal_names, scorer=scorer,
                     confirmed_days=self.confirmed_days, suggester=known.suggester)  # fmt: skip

    def build(
        self,
        members: Iterable[Member],
        capabilities: Iterable[Capability],
        needs: Iterable[Need],
        as_of: date,
        state: PairState | None = None,
        priorities: Priorities | None = None,
    ) -> "MatchIndex":
        """A coalition, ready to be asked. Listings of unknown members wait for their member."""
        index = MatchIndex(self, as_of, state or PairState(), priorities)
        index.put(members, capabilities, needs)
        return index


def load_model(
    places: PlaceBook | None = None,
    *,
    cache: VectorCache | None = None,
    model_dir: Path | None = None,
    semantic: bool = True,
    goal_names: Mapping[int, str] | None = None,
    confirmed_days: int = CONFIRMED_DAYS,
    phrase_files: Sequence[Path] = (),
) -> Model:
    """The model with its stated priors; by stems alone where no sentence model is installed.

    `model_dir` names another ONNX sentence model; `ModelFileError` says what is wrong with it.
    `phrase_files` are a coalition's own; `PhraseFileError` says what is wrong with one.
    """
    encoder = find_encoder(cache or NoCache(), model_dir) if semantic else None
    names = goal_names or {goal.number: goal.title for goal in framework().goals}
    return Model(
        places or Places.load(),
        encoder,
        goal_names=names,
        confirmed_days=confirmed_days,
        suggester=Suggester(phrasebook(phrase_files), encoder),
    )


class MatchIndex:
    """A coalition as of a date. Unknown ids raise KeyError with the id."""

    def __init__(
        self, model: Model, as_of: date, state: PairState, priorities: Priorities | None = None
    ) -> None:
        self._model = model
        self._market = Market(model.representer, as_of, state, model.confirmed_days, priorities)
        self.model, self.market = model, self._market

    @property
    def version(self) -> str:
        return self._model.version

    @property
    def as_of(self) -> date:
        return self._market.as_of

    def need_ids(self) -> list[str]:
        """Every need that can be asked for, sorted."""
        return sorted(self._market.need_table.row_of)

    def ready(self, need_id: str) -> bool:
        """Whether it can be asked for."""
        return need_id in self._market.need_table.row_of

    def capability_ids(self) -> list[str]:
        return sorted(self._market.capability_table.row_of)

    def proposals_for(self, need_id: str, top: int = 10) -> list[Scored]:
        """The best that no rule refuses, best first, ties by id, whatever the threshold."""
        return self.proposals_for_all([need_id], top)[need_id]

    def proposals_for_all(self, need_ids: Iterable[str], top: int = 10) -> dict[str, list[Scored]]:
        """The same for many needs in one go, in the order given."""
        asked = list(need_ids)
        rows = self._market.need_table.rows(asked)
        ranked = self._model.retriever.proposals(self._market, rows, top)
        return {name: self._told(name, one) for name, one in zip(asked, ranked, strict=True)}

    def rated_for_all(self, need_ids: Iterable[str], top: int = 10) -> dict[str, list[Rated]]:
        """As `proposals_for_all` without the reasons; `explained` gives them of one pair."""
        asked = list(need_ids)
        market = self._market
        ids = market.capability_table.ids
        ranked = self._model.retriever.proposals(market, market.need_table.rows(asked), top)
        return {
            name: [
                Rated(name, ids[row], score, one.features[place])
                for place, (row, score) in enumerate(
                    zip(one.rows.tolist(), one.scores.tolist(), strict=True)
                )
            ]
            for name, one in zip(asked, ranked, strict=True)
        }

    def refusals_for(self, need_id: str, top: int = 10) -> list[Refused]:
        """The refused ones among the `top` best of all pairs, had there been no rules."""
        market = self._market
        rows = market.need_table.rows([need_id])
        odds, bits = self._model.retriever.estimates(market, rows)
        odds[:, ~market.capability_table.alive] = -np.inf
        best = self._model.retriever.best(market, int(rows[0]), odds[0], top)
        found = []
        for row, score in zip(best.rows.tolist(), best.scores.tolist(), strict=True):
            refused = refusal(int(bits[0, row]))
            if refused:
                name = market.capability_table.ids[row]
                told = self._model.explainer.refusal(self._pair(need_id, name), refused)
                found.append(Refused(need_id, name, score, told))
        return found

    def refusal_of(self, need_id: str, capability_id: str) -> Refusal | None:
        """What the rules say of one pair today; None where it may be proposed."""
        market = self._market
        rows = market.need_table.rows([need_id])
        place = market.capability_table.row_of[capability_id]
        column = np.array([place], dtype=np.intp)
        _, bits = self._model.retriever.estimates(market, rows, column)
        refused = refusal(int(bits[0, 0]))
        pair = self._pair(need_id, capability_id)
        return self._model.explainer.refusal(pair, refused) if refused else None

    def score_of(self, need_id: str, capability_id: str) -> Scored:
        """One pair's score with its reasons, refused or not."""
        market = self._market
        row = int(market.need_table.rows([need_id])[0])
        rows = market.capability_table.rows([capability_id])
        features = self._model.retriever.features(market, row, rows)
        scores = self._model.scorer.probability(features)
        return self._told(need_id, Ranked(rows, scores, features))[0]

    def explained(self, rated: Rated) -> Scored:
        """The same pair with its reasons, as long as nothing was changed in between."""
        rows = self._market.capability_table.rows([rated.capability_id])
        one = Ranked(rows, np.array([rated.score]), rated.features[None])
        return self._told(rated.need_id, one)[0]

    def needs_affected_by(self, capability_id: str, top: int = 10, least: float = 0.0) -> list[str]:
        """Needs in whose `top` list it stands now, scoring `least` or more, sorted.

        Ask before and after a change: the lists of both answers are the ones that changed.
        """
        market = self._market
        row = market.capability_table.row_of[capability_id]
        rows = self._model.retriever.needs_with(market, row, top, least)
        return sorted(market.need_table.ids[found] for found in rows.tolist())

    def needs_near(self, capability_ids: Iterable[str], top: int, least: float) -> list[str]:
        """Needs whose `top` list may hold one of these now: all of them and perhaps a few more,
        for much less than asking `needs_affected_by` of each.
        """
        market = self._market
        rows = market.capability_table.rows(capability_ids)
        found = self._model.retriever.needs_near(market, rows, top, least)
        return sorted(market.need_table.ids[row] for row in found.tolist())

    def put(
        self, members: Iterable[Member] = (), capabilities: Iterable[Capability] = (),
        needs: Iterable[Need] = (), rows: KeptRows | None = None,
    ) -> None:  # fmt: skip
        """Add or replace many at once: faster than one by one, with the same result."""
        self._market.put((*capabilities, *needs), rows)
        self._market.put_members(members, rows)

    def upsert_member(self, member: Member) -> None:
        self._market.put_members([member])

    def upsert_capability(self, capability: Capability) -> None:
        self._market.put([capability])

    def upsert_need(self, need: Need) -> None:
        self._market.put([need])

    def remove_member(self, member_id: str) -> None:
        """Its listings are kept and wait: a tombstone of each comes by itself."""
        self._market.remove_member(member_id)

    def remove_capability(self, capability_id: str) -> None:
        self._market.remove_capability(capability_id)

    def remove_need(self, need_id: str) -> None:
        self._market.remove_need(need_id)

    def set_state(self, state: PairState) -> None:
        self._market.set_state(state)

    def set_priorities(self, priorities: Priorities) -> None:
        """Official figures have come or gone; what was rated before is out of date."""
        self._market.set_priorities(priorities)

    def priority_of(self, need_id: str) -> DistrictPriority | None:
        """Of the worst-off district of its places; None where nothing is known of them."""
        return self._market.priority_of(self._market.needs[need_id])

    def set_as_of(self, day: date) -> None:
        self._market.set_as_of(day)

    def _told(self, need_id: str, ranked: Ranked) -> list[Scored]:
        shares = self._model.scorer.contributions(ranked.features)
        found = []
        for place, row in enumerate(ranked.rows.tolist()):
            name = self._market.capability_table.ids[row]
            parts = dict(zip((BASELINE, *FEATURES), shares[place].tolist(), strict=True))
            reasons = self._model.explainer.reasons(self._pair(need_id, name), parts)
            known = self._model.scorer.shown(ranked.features[place])
            found.append(Scored(need_id, name, float(ranked.scores[place]), known, reasons))
        return found

    def _pair(self, need_id: str, capability_id: str) -> Pair:
        market = self._market
        need, capability = market.needs[need_id], market.capabilities[capability_id]
        return Pair(
            need,
            capability,
            market.members[need.member_id],
            market.members[capability.member_id],
            market.priority_of(need),
        )
