"""Word weights counted as the coalition grows: one record that every process scores by."""

import threading

import pytest

from services.matcher.domain.matches import Match
from services.matcher.explaining.insight import Insight
from services.matcher.explaining.replay import SAME, replay_match
from services.matcher.models.epochs import is_due, record_epoch
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.task import Proposer
from services.matcher.scoring import counting
from services.matcher.scoring.text.word_weights import count_words
from services.matcher.store.word_epochs import EpochHead, newest_epoch
from shared.messaging.tasks import pump
from shared.storage import Database
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World


@pytest.fixture(autouse=True)
def from_sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a large coalition, at a tenth of its size."""
    monkeypatch.setattr("services.matcher.models.epochs.FIRST_SIZE", 16)
    monkeypatch.setattr(counting, "FIRST_SIZE", 16)


def epoch(world: World) -> EpochHead | None:
    with world.database.read() as connection:
        return newest_epoch(connection)


def test_when_an_epoch_is_due() -> None:
    assert not is_due(15, None)
    assert is_due(16, None)
    first = EpochHead(1, "x", 20)
    assert not is_due(31, first)
    assert is_due(32, first)
    assert is_due(200, first)
    assert not is_due(4, first)


def test_a_small_coalition_gets_none(world: World) -> None:
    market(world, needs=4, suppliers=4)
    world.propose()
    assert epoch(world) is None
    assert all("+stems-1+" in match.model_version for match in world.open())


def test_words_are_counted_at_a_size_and_again_when_it_has_doubled(world: World) -> None:
    market(world, needs=12, suppliers=8)
    world.propose()
    first = epoch(world)
    assert first is not None
    assert first.number == 1
    assert {first.name in match.model_version for match in world.open()} == {True}
    before = {match.match_id: match.model_version for match in world.open()}
    for number in range(3):
        world.need(f"one-more-{number}")
    world.propose()
    assert epoch(world) == first
    for number in range(30):
        world.need(f"many-more-{number}", title="songs")
    world.propose()
    second = epoch(world)
    assert second is not None
    assert second.number == 2
    after = {match.match_id: match.model_version for match in world.open()}
    assert all(after[one] == before[one] for one in after.keys() & before.keys())
    assert any(second.name in version for version in after.values())


def test_two_workers_score_by_the_same_epoch(world: World) -> None:
    other = Proposer(world.database, world.deps.model, world.settings, world.clock)
    market(world, needs=24, suppliers=8)
    failed: list[BaseException] = []

    def run(worker: Proposer) -> None:
        try:
            pump([worker])
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in (world.proposer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pump([world.proposer, other])
    assert not failed
    found = epoch(world)
    assert found is not None
    assert found.number == 1
    assert {match.model_version for match in world.open()} == {_version(world)}
    other.close()


def test_only_one_of_two_counts_is_kept(world: World) -> None:
    """Both workers counted before either wrote."""
    with world.work() as work:
        assert record_epoch(work, count_words(["one text"]), 20)
    with world.work() as work:
        assert not record_epoch(work, count_words(["another text"]), 21)
    found = epoch(world)
    assert found is not None
    assert found.listings == 20


def test_the_web_and_a_new_worker_read_the_newest(world: World) -> None:
    market(world, needs=12, suppliers=8)
    world.propose()
    insight = Insight(world.database, world.deps.model, world.clock)
    with insight.index() as index:
        assert index.version == _version(world)
    open_before = world.open_pairs()
    fresh = Proposer(world.database, world.deps.model, world.settings, world.clock)
    pump([fresh])
    fresh.close()
    assert world.open_pairs() == open_before


def test_a_version_of_an_older_epoch_is_found_again(world: World) -> None:
    market(world, needs=12, suppliers=8)
    world.propose()
    older = _some(world)
    for number in range(40):
        world.need(f"many-more-{number}", title="songs")
    world.propose()
    models = ModelsInUse(world.database, world.deps.model)
    with world.database.read() as connection:
        found = models.of_version(connection, older.model_version)
        unknown = models.of_version(connection, "priors-00000000+stems-2:0-00000000+nothing")
        replayed = replay_match(connection, models.of_version, older.match_id)
    assert replayed.outcome == SAME, replayed.text
    assert unknown is None
    assert found is not None
    assert found.version == older.model_version != _version(world)
    told = world.knowledge().index
    index = found.build(
        told.market.members.values(),
        told.market.capabilities.values(),
        told.market.needs.values(),
        told.as_of,
    )
    again = index.score_of(older.need_id, older.capability_ids[0])
    assert again.features["words"] == older.features["words"]


def test_the_count_is_the_same_in_both_stores_and_in_any_order(store: Database) -> None:
    names = set()
    for seed_first in (True, False):
        with store.write() as connection:
            connection.exec_driver_sql("DELETE FROM word_epochs")
        texts = [f"reading with {word} children" for word in ("small", "all", "many")]
        counts = count_words(texts if seed_first else texts[::-1])
        world = World(store)
        with world.work() as work:
            assert record_epoch(work, counts, 16)
        names.add(_version(world))
        world.close()
    assert len(names) == 1


def _version(world: World) -> str:
    return ModelsInUse(world.database, world.deps.model).now().version


def _some(world: World) -> Match:
    return min(world.open(), key=lambda match: match.match_id)
