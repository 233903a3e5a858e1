"""Learning from the rows of a database: kept with its data, offered where it is better, or not."""

import pytest
from sqlalchemy import update

from services.matcher.models.choose_model import accept_model
from services.matcher.models.evaluate import evaluate
from services.matcher.models.train import Trained, train
from services.matcher.models.training import Training
from services.matcher.scoring.learning.priors import FEATURES, PRIORS
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store.models import StoredModel, all_models
from services.matcher.store.tables import training_rows
from shared.messaging.tasks import Periodic
from shared.storage import Busy
from tests.integration.matcher.verdicts import put_verdicts
from tests.integration.matcher.world import World, rules_model


def trained(world: World) -> Trained:
    return train(world.database, rules_model(), world.clock)


def models(world: World) -> list[StoredModel]:
    with world.database.read() as connection:
        return all_models(connection)


def test_too_few_verdicts_teach_nothing(world: World) -> None:
    put_verdicts(world.database, 20)
    found = trained(world)
    assert (found.version, found.offered) == (None, False)
    assert "20 matches were decided; at least 30 are needed" in found.why
    assert models(world) == []


def test_what_is_better_is_offered_with_its_data_code_and_figures(world: World) -> None:
    put_verdicts(world.database, 300)
    found = trained(world)
    assert found.offered, found.why
    [kept] = models(world)
    assert (kept.version, kept.status) == (found.version, "offered")
    assert kept.data["rows"] == kept.data["matches"] == 300
    assert kept.data["needs"] == 100
    assert len(kept.data["hash"]) == 64
    assert sum(kept.data["reasons"].values()) == 300
    assert kept.data["first_at"] < kept.data["last_at"]
    assert kept.measures["gain_low"] > 0
    assert kept.measures["challenger"]["log_loss"] < kept.measures["champion"]["log_loss"]
    assert kept.code_version.startswith("learning-")
    weights = Weights.read(kept.parameters)
    assert weights.by_feature["place"] > 1.5 * PRIORS["place"]
    for name in FEATURES:
        assert weights.by_feature[name] * PRIORS[name] >= 0


def test_the_same_rows_give_the_same_model_and_no_second_offer(world: World) -> None:
    put_verdicts(world.database, 200)
    first, second = trained(world), trained(world)
    assert first.version == second.version
    assert len(models(world)) == 1
    assert "same weights as before" in second.why


def test_a_newer_offer_takes_the_place_of_one_that_nobody_decided(world: World) -> None:
    put_verdicts(world.database, 200)
    first = trained(world).version
    put_verdicts(world.database, 100, first=200)
    world.clock.advance(seconds=3600)
    second = trained(world).version
    assert {one.version: one.status for one in models(world)} == {
        first: "outdated",
        second: "offered",
    }


def test_weights_are_judged_on_what_they_have_not_seen(world: World) -> None:
    """The accepted ones were learned from the first rows; only later ones count against them."""
    put_verdicts(world.database, 200)
    version = trained(world).version
    world.do(accept_model, version, "Better.")
    put_verdicts(world.database, 20, first=200)
    assert "since the weights in use were learned" in trained(world).why
    put_verdicts(world.database, 300, first=220)
    found = trained(world)
    assert found.judgement is not None
    assert found.judgement.champion.matches == 320
    assert found.judgement.challenger.matches == 320
    assert len(models(world)) == 2


def test_another_taste_later_is_learned_over_the_accepted_weights(world: World) -> None:
    put_verdicts(world.database, 200)
    world.do(accept_model, trained(world).version, "Better.")
    put_verdicts(world.database, 600, first=200, cares=-1.0)
    found = trained(world)
    assert found.offered, found.why


def test_rows_over_another_sentence_model_teach_nothing_here(world: World) -> None:
    put_verdicts(world.database, 200)
    with world.database.write() as connection:
        other = "priors-12345678+stems-1+another-model"
        connection.execute(update(training_rows).values(model_version=other))
    assert "0 matches were decided" in trained(world).why


def test_evaluation_tells_the_unseen_from_the_seen_and_counts_reasons(world: World) -> None:
    put_verdicts(world.database, 200)
    version = trained(world).version
    world.do(accept_model, version, "Better.")
    put_verdicts(world.database, 100, first=200)
    found = evaluate(world.database, rules_model())
    priors, learned = found.models
    assert (priors.version, priors.status, priors.unseen.matches) == ("priors", "stated", 300)
    assert (learned.version, learned.status) == (version, "in_use")
    assert (learned.all.matches, learned.unseen.matches) == (300, 100)
    assert learned.unseen.log_loss is not None
    assert priors.unseen.log_loss is not None
    assert learned.unseen.log_loss < priors.unseen.log_loss
    assert sum(one.rows for one in found.reasons) == 300
    assert {one.reason for one in found.reasons} == {
        "none given", "not_relevant", "other", "wrong_place",
    }  # fmt: skip


def test_an_empty_database_can_be_evaluated(world: World) -> None:
    [priors] = evaluate(world.database, rules_model()).models
    assert (priors.status, priors.all.matches, priors.all.log_loss) == ("in_use", 0, None)


@pytest.mark.parametrize(("least", "expected"), [(0, 0), (150, 1)])
def test_the_worker_learns_when_enough_is_new(world: World, least: int, expected: int) -> None:
    world.settings_changed(train_after_rows=least)
    task = Training(world.database, rules_model(), world.settings, world.clock)
    periodic = Periodic("training", 3600.0, task.run, world.clock, task.close)

    def an_hour_later() -> int:
        world.clock.advance(seconds=3601)
        periodic.step()
        return len(models(world))

    put_verdicts(world.database, 149)
    assert an_hour_later() == 0
    put_verdicts(world.database, 51, first=149)
    assert an_hour_later() == expected
    assert an_hour_later() == expected, "nothing is new"
    put_verdicts(world.database, 149, first=200)
    assert an_hour_later() == expected
    put_verdicts(world.database, 60, first=349)
    assert an_hour_later() == 2 * expected
    periodic.close()


def test_what_a_busy_database_kept_from_being_learned_is_learned_an_hour_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings_changed(train_after_rows=30)
    task = Training(world.database, rules_model(), world.settings, world.clock)
    put_verdicts(world.database, 40)

    def busy(*_: object) -> Trained:
        raise Busy("another writer")

    with monkeypatch.context() as patch:
        patch.setattr("services.matcher.models.training.train", busy)
        assert not task.run(world.clock.now())
    assert models(world) == []
    task.run(world.clock.now())
    assert len(models(world)) == 1
    task.close()
