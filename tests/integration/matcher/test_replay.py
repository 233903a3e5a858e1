"""A match is made again from what was kept of it: the same, or the first difference named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from services.matcher.__main__ import main
from services.matcher.domain.matches import Match
from services.matcher.explaining.replay import (
    DIFFERENT,
    SAME,
    ModelOf,
    Replayed,
    replay_all,
    replay_match,
)
from services.matcher.models.choose_model import accept_model
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.store import tables as t
from services.matcher.store.inputs import match_inputs
from tests.integration.matcher.market import market
from tests.integration.matcher.test_models_in_use import EAGER, STRICT, offer
from tests.integration.matcher.world import World
from tests.integration.matcher_console.sample import tell_sample


def model_of(world: World) -> ModelOf:
    return ModelsInUse(world.database, world.deps.model).of_version


def replayed(world: World, match: Match) -> Replayed:
    with world.database.read() as connection:
        return replay_match(connection, model_of(world), match.match_id)


def test_every_proposal_of_the_sample_is_the_same_again(world: World) -> None:
    tell_sample(world)
    world.propose()
    assert len(world.all()) >= 5
    with world.database.read() as connection:
        found = list(replay_all(connection, model_of(world)))
    assert [one for one in found if one.outcome != SAME] == []
    assert len(found) == len(world.all())


def test_later_changes_of_listings_members_and_days_do_not_matter(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.capability("first-words", "capability.changed", goals=[9], gives=["jobs"])
    world.member("essex", "member.changed", name="Another Name", places=["E08000035"])
    world.tick(days=20)
    world.tell("need.erased", "reading", None)
    assert replayed(world, match).outcome == SAME


def test_load_and_a_second_round_are_kept(world: World) -> None:
    market(world, needs=3, suppliers=2)
    world.propose()
    for match in world.open():
        if match.capability_set == world.open()[0].capability_set:
            world.approve(match.match_id)
            break
    world.member("late", sector="local_government")
    world.need("late-need", member_id="late")
    world.propose()
    late = [match for match in world.all() if match.need_id == "late-need"]
    assert any("load" in match.features and match.features["load"] > 0 for match in late)
    assert {replayed(world, match).outcome for match in world.all()} == {SAME}


def _tamper(world: World, match: Match, **columns: Any) -> Replayed:
    with world.database.write() as connection:
        connection.execute(
            update(t.matches).where(t.matches.c.match_id == match.match_id).values(**columns)
        )
    return replayed(world, match)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (lambda m: {"score": m.score - 0.0001}, "score: stored "),
        (lambda _: {"strength": "possible"}, "strength: stored 'possible', made again 'strong'."),
        (lambda m: {"features": {**m.features, "words": 0.1}}, "features.words: stored 0.1"),
        (lambda m: {"features": {**m.features, "more": 0.1}}, "features.more: stored 0.1"),
        (lambda m: {"reasons": list(m.reasons[:-1])}, "reasons: "),
        (
            lambda m: {"reasons": [*m.reasons[:-1], {**m.reasons[-1], "text": "Trust me."}]},
            "].text: stored 'Trust me.'",
        ),
        (lambda m: {"need": {**m.need, "description": m.need["description"] + " "}}, "seal"),
        (lambda _: {"framework": "another"}, "seal"),
        (lambda _: {"rules_version": "rules-0"}, "seal"),
    ],
)
def test_a_stored_byte_that_was_tampered_with_is_named(
    world: World, columns: Any, said: str
) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    found = _tamper(world, match, **columns(match))
    assert found.outcome == DIFFERENT
    assert said in found.text


def test_tampered_inputs_and_missing_ones_are_told_apart(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    with world.database.write() as connection:
        kept = connection.execute(select(match_inputs.c.inputs)).scalar_one()
        changed = json.dumps(json.loads(kept) | {"load": {"bbc": 7}})
        connection.execute(update(match_inputs).values(inputs=changed))
    assert "seal is broken" in replayed(world, match).text
    with world.database.write() as connection:
        connection.execute(match_inputs.delete())
    assert replayed(world, match).outcome == "not_kept"


def test_another_model_or_rules_are_named(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    with world.database.read() as connection:
        found = replay_match(connection, lambda *_: None, match.match_id)
    assert found.text == f"It was scored by model {match.model_version}, which is not known here."


def test_a_match_of_an_older_accepted_model_is_made_with_that_model(world: World) -> None:
    """Shipped priors, then two learned models one after the other: each match names its own."""
    world.story()
    world.propose()
    first = offer(world, EAGER)
    world.do(accept_model, first, "Better on what we decided.")
    world.need("second")
    world.propose()
    later = offer(world, STRICT)
    world.do(accept_model, later, "Better still.")
    world.need("third")
    world.propose()
    versions = {match.model_version for match in world.all()}
    assert len(versions) == 3
    assert {replayed(world, match).outcome for match in world.all()} == {SAME}
    [old] = [match for match in world.all() if match.need_id == "second"]
    assert "score: stored 0.1" in _tamper(world, old, score=0.1).text


def test_nothing_is_kept_that_should_not_be(world: World) -> None:
    world.story()
    world.need("reading", "need.changed", locality={"text": "Jaywick", "postcode": "CO15 2AA"})
    entry = {"member_id": "a-competitor"}
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": [entry]})
    world.propose()
    with world.database.read() as connection:
        kept = connection.execute(select(match_inputs.c.inputs)).scalar_one()
    assert "CO15" not in kept
    assert "a-competitor" not in kept
    assert "Reading with children" not in kept, "texts are kept once, with the match"


def test_the_command(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.story()
    world.capability("second")
    world.propose()
    first, second = world.open()
    given = replace(world.settings, database_url=world.database.url, semantic=False)
    monkeypatch.setattr("services.matcher.commands.opened.read_settings", lambda: given)
    runner = CliRunner()
    assert "The same" in runner.invoke(main, ["replay", first.match_id]).output
    every = runner.invoke(main, ["replay", "--all"])
    assert (every.exit_code, every.output) == (0, "2 the same, to the last digit\n")
    _tamper(world, second, score=0.1)
    every = runner.invoke(main, ["replay", "--all"])
    assert every.exit_code == 1
    assert f"{second.match_id}  score: stored 0.1" in every.output
    assert runner.invoke(main, ["replay"]).exit_code == 2
    assert "no match" in runner.invoke(main, ["replay", "nothing"]).output.lower()
