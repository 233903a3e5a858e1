"""Rows that were kept are used where they are right, to the last bit, and never where they are not."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.scoring.counting import count_index, with_words
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.results import PairState
from services.matcher.scoring.text.kept_rows import KeptRows, Whose, packed, unpacked
from services.matcher.scoring.text.profiles import Profile, profile_of
from services.matcher.scoring.text.represent import Representer
from tests.worlds import AS_OF, World, a_member, a_model, a_need, random_world

MODEL = a_model()
MEMBER = a_member("m")
NEED = a_need("n", "m", "Reading with toddlers. We have a hall.", offers=("jobs",))


def _gathered(model: Model, world: World) -> dict[Whose, bytes]:
    rows = KeptRows(gathers=True)
    _built(model, world, rows)
    return rows.taken_fresh()


def _built(model: Model, world: World, rows: KeptRows) -> MatchIndex:
    index = MatchIndex(model, AS_OF, PairState())
    index.put(world.members, world.capabilities, world.needs, rows)
    index.set_state(world.state)
    return index


def _arrays(index: MatchIndex) -> list[Any]:
    tables = index.market.need_table, index.market.capability_table
    return [part for table in tables for part in (
        table.ids, table.dense, table.present, table.area, table.sound, table.rules,
        *table.stem_rows(),
    )]  # fmt: skip


def _row(
    model: Model, profile: Profile, kept: dict[Whose, bytes]
) -> tuple[Any, dict[Whose, bytes]]:
    rows = KeptRows(gathers=True)
    rows.find(kept)
    return model.representer.represent([profile], rows)[0], rows.taken_fresh()


@given(seed=st.integers(0, 10_000), counted=st.booleans(), meaning=st.booleans())
@settings(max_examples=8, deadline=None)
def test_an_index_of_kept_rows_is_the_index_that_is_computed(
    seed: int, counted: bool, meaning: bool
) -> None:
    world = random_world(seed)
    model = MODEL if meaning else a_model(meaning=False)
    if counted:
        model = with_words(model, count_index(world.built(model)))
    rows = KeptRows(gathers=True)
    rows.find(_gathered(model, world))
    loaded, computed = _built(model, world, rows), _built(model, world, KeptRows())
    assert rows.taken_fresh() == {}
    for one, other in zip(_arrays(loaded), _arrays(computed), strict=True):
        assert np.array_equal(one, other)
    assert loaded.proposals_for_all(loaded.need_ids()) == computed.proposals_for_all(
        computed.need_ids()
    )


@given(text=st.text(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    profile = profile_of(replace(NEED, title=text), MEMBER)
    read, fresh = _row(MODEL, profile, {})
    again, none = _row(MODEL, profile, fresh)
    assert none == {}
    for name in ("dense", "stem_columns", "stem_values", "districts", "present"):
        one, other = getattr(read, name), getattr(again, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


def test_a_row_of_anything_else_is_not_used() -> None:
    profile = profile_of(NEED, MEMBER)
    kept = _row(MODEL, profile, {})[1]
    others = [
        replace(NEED, description="Also for parents."),
        replace(NEED, goals=(2,)),
        replace(NEED, beneficiaries=("families",)),
        replace(NEED, wants=("jobs",)),
        replace(NEED, offers=("venue",)),
        replace(NEED, budget="some"),
    ]
    for other in others:
        row, fresh = _row(MODEL, profile_of(other, MEMBER), kept)
        computed = MODEL.representer.represent([profile_of(other, MEMBER)])[0]
        assert list(fresh) == [("need", "n")]
        assert np.array_equal(row.dense, computed.dense)
    assert _row(MODEL, profile_of(replace(NEED, places=("E07000076",)), MEMBER), kept)[1] == {}


def test_a_row_read_in_another_way_is_not_used() -> None:
    profile = profile_of(NEED, MEMBER)
    kept = _row(MODEL, profile, {})[1]
    counted = with_words(MODEL, count_index(random_world(1).built(MODEL)))
    for model in (counted, a_model(meaning=False)):
        assert list(_row(model, profile, kept)[1]) == [("need", "n")]


def test_a_release_that_reads_otherwise_reads_again(monkeypatch: Any) -> None:
    profile = profile_of(NEED, MEMBER)
    kept = _row(MODEL, profile, {})[1]
    monkeypatch.setattr("services.matcher.scoring.text.represent.code_version", lambda: "other")
    assert list(_row(MODEL, profile, kept)[1]) == [("need", "n")]


def test_a_row_is_used_once() -> None:
    profile = profile_of(NEED, MEMBER)
    rows = KeptRows(gathers=True)
    rows.find(_row(MODEL, profile, {})[1])
    MODEL.representer.represent([profile, profile], rows)
    assert list(rows.taken_fresh()) == [("need", "n")]


def test_what_is_cut_short_is_not_used() -> None:
    representer: Representer = MODEL.representer
    row = representer._read([profile_of(NEED, MEMBER)])[0]
    name = bytes(16)
    whole = packed(row, name, representer.parts["meaning"].stop)
    assert unpacked(whole, name, representer.width) is not None
    for told in (b"", whole[:8], whole[:-1], whole + b"\0"):
        assert unpacked(told, name, representer.width) is None
