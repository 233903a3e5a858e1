"""Accepted weights score what is proposed next, in every process; what waits stays as it is."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from services.matcher.again import open_new_round, score_again
from services.matcher.domain.errors import ModelNotOffered, ReasonMissing, UnknownModel
from services.matcher.explaining.insight import Insight
from services.matcher.models.choose_model import accept_model, refuse_model, return_to_priors
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.task import Proposer
from services.matcher.review import reject_match
from services.matcher.scoring.learning.priors import PRIORS_WITHOUT_MEANING
from services.matcher.scoring.learning.scorer import sentences_of
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store.models import OFFERED, StoredModel, add_model, all_models, find_model
from services.matcher.store.tables import STANDARD
from tests.integration.matcher.world import START, World, rules_model

EAGER = Weights({**PRIORS_WITHOUT_MEANING, "goals": 2.5}, -1.0)
STRICT = Weights({**PRIORS_WITHOUT_MEANING, "words": 9.0}, -3.0)


def offer(world: World, weights: Weights, *, representation: str | None = None) -> str:
    model = rules_model().learned(weights)
    with world.database.write() as connection:
        add_model(
            connection,
            StoredModel(
                version=model.scorer.version_,
                status=OFFERED,
                representation=representation or model.representation,
                parameters=weights.as_parameters(),
                data={},
                measures={},
                code_version="1",
                made_at=START,
            ),
        )
    return model.scorer.version_


def status_of(world: World, version: str) -> str:
    with world.database.read() as connection:
        found = find_model(connection, version)
    assert found is not None
    return found.status


def test_what_waits_stays_and_what_comes_is_scored_anew(world: World) -> None:
    world.story()
    world.propose()
    waiting = world.proposed()
    version = offer(world, EAGER)
    world.do(accept_model, version, "Better on what we decided this year.", actor="bea")
    world.capability("more-words")
    world.propose()
    assert world.match(waiting.match_id) == waiting
    [fresh] = [one for one in world.open() if one.match_id != waiting.match_id]
    assert fresh.model_version.startswith(f"{version}+")
    assert waiting.model_version.startswith("priors-")
    assert fresh.score > waiting.score


def test_a_need_without_proposals_is_looked_at_again_at_once(world: World) -> None:
    """Acceptance alone, without any other change, makes every need be examined."""
    world.story()
    title = "Stories for toddlers"
    world.need("reading", material={"title": title, "description": "More of them in nurseries."})
    world.settings_changed(least_score=0.6)
    world.propose()
    assert world.open() == []
    world.do(accept_model, offer(world, Weights(EAGER.by_feature, 1.0)), "Better.")
    world.propose()
    assert len(world.open()) == 1


def test_better_ones_by_new_weights_do_not_push_out_what_waits(world: World) -> None:
    world.settings_changed(proposals_per_need=1)
    world.story()
    world.propose()
    waiting = world.proposed()
    world.do(accept_model, offer(world, EAGER), "More of them.")
    world.capability("better-words", title="Early reading in Tendring", gives=["expertise"])
    world.propose()
    assert world.open() == [waiting]


def test_a_worker_that_did_not_look_yet_proposes_nothing_by_the_old_weights(world: World) -> None:
    world.story()
    stale = Proposer(world.database, world.deps.model, world.settings, world.clock)
    while stale._knowledge.refresh(world.database, world.clock.now().date()):
        pass
    version = offer(world, EAGER)
    now = stale._models.now
    seen = now()
    stale._models.now = lambda: seen  # type: ignore[method-assign]
    world.do(accept_model, version, "Between its look and its write.")
    stale._propose()
    assert world.open() == []
    stale._models.now = now  # type: ignore[method-assign]
    while stale.step():
        pass
    assert world.proposed().model_version.startswith(version)
    stale.close()


def test_the_console_and_a_new_round_use_what_was_accepted(world: World) -> None:
    world.story()
    world.propose()
    ended = world.proposed()
    world.do(reject_match, ended.match_id, reason_code="other")
    insight = Insight(world.database, world.deps.model, world.clock)
    version = offer(world, EAGER)
    with insight.index() as index:
        assert index.version.startswith("priors-")
    world.do(accept_model, version, "Better.")
    with insight.index() as index:
        assert index.version.startswith(version)
    today = world.clock.now().date()
    found = score_again(world.database, world.deps, ended.match_id, today)
    fresh = world.do(open_new_round, world.deps, ended.match_id, found)
    assert fresh.model_version.startswith(version)
    assert fresh.score == found.scored.score > ended.score


def test_one_is_in_use_and_every_version_is_kept_with_its_decision(world: World) -> None:
    first, second = offer(world, EAGER), offer(world, STRICT)
    world.do(accept_model, first, "First.", actor="bea")
    world.do(accept_model, second, "Second.", actor="cem")
    assert (status_of(world, first), status_of(world, second)) == ("replaced", "in_use")
    world.do(accept_model, first, "The first was better.", actor="bea")
    assert (status_of(world, first), status_of(world, second)) == ("in_use", "replaced")
    assert world.do(return_to_priors, "We start again.", actor="bea") == first
    with world.database.read() as connection:
        assert {one.status for one in all_models(connection)} == {"replaced"}
        lines = connection.execute(
            select(STANDARD.audit.c.action, STANDARD.audit.c.actor, STANDARD.audit.c.details)
            .where(STANDARD.audit.c.action.like("model.%"))
            .order_by(STANDARD.audit.c.position)
        ).all()
    assert [(line.action, line.actor) for line in lines] == [
        ("model.accept", "bea"),
        ("model.accept", "cem"),
        ("model.accept", "bea"),
        ("model.return_to_priors", "bea"),
    ]
    assert lines[2].details == {"reason": "The first was better.", "replaced": [second]}


def test_a_refused_one_is_kept_and_cannot_be_accepted(world: World) -> None:
    version = offer(world, EAGER)
    with pytest.raises(ReasonMissing):
        world.do(refuse_model, version, "  ")
    world.do(refuse_model, version, "Too eager.")
    assert status_of(world, version) == "refused"
    with pytest.raises(ModelNotOffered, match="is refused"):
        world.do(accept_model, version, "After all.")
    with pytest.raises(UnknownModel, match="learned-nothing"):
        world.do(accept_model, "learned-nothing", "Why not.")
    with pytest.raises(ModelNotOffered, match="in use already"):
        world.do(return_to_priors, "Nothing to return from.")


def test_the_same_model_until_something_changes(world: World) -> None:
    models = ModelsInUse(world.database, rules_model())
    assert models.now() is rules_model()
    world.do(accept_model, offer(world, EAGER), "Better.")
    accepted = models.now()
    assert accepted is models.now()
    assert accepted.scorer.coef_.tolist() != rules_model().scorer.coef_.tolist()
    world.do(return_to_priors, "Back.")
    assert models.now() is rules_model()


def test_weights_learned_over_other_texts_are_not_used(world: World) -> None:
    version = offer(world, EAGER, representation="stems-1+another-sentence-model")
    world.do(accept_model, version, "By mistake.")
    assert ModelsInUse(world.database, rules_model()).now() is rules_model()


def test_phrases_and_counts_of_a_coalition_leave_weights_in_use(world: World) -> None:
    """Only the sentence model makes features of another kind."""
    other = "stems-2+" + sentences_of(rules_model().version) + "+phrases-another"
    world.do(accept_model, offer(world, EAGER, representation=other), "Better.")
    assert ModelsInUse(world.database, rules_model()).now() is not rules_model()


def test_a_model_of_the_past_is_found_by_its_version(world: World) -> None:
    models = ModelsInUse(world.database, rules_model())
    version = rules_model().learned(EAGER).version
    offer(world, EAGER)
    with world.database.read() as connection:
        found = models.of_version(connection, version)
        assert found is not None
        assert found.version == version
        assert models.of_version(connection, rules_model().version) is rules_model()
        assert models.of_version(connection, "learned-00000000+stems-1+no-sentences") is None
    unknown = replace(EAGER, by_feature={})
    assert (
        rules_model().learned(unknown).scorer.coef_.tolist() == rules_model().scorer.coef_.tolist()
    )
