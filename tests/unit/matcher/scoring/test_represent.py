"""Listings as vectors: lengths, order of goals, weights of words, and the file's shape read."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from services.matcher.domain.entities import (
    Capacity,
    Conflict,
    Units,
    capability_from,
    member_from,
    need_from,
)
from services.matcher.scoring.text.cache import NoCache
from services.matcher.scoring.text.fields import beneficiary_row, goal_row, help_row
from services.matcher.scoring.text.represent import ModelMissing, find_encoder
from services.matcher.scoring.text.stems import stems_of, weight_of
from services.matcher.scoring.text.word_weights import StemFeatures
from tests.worlds import AS_OF, EAST, World, a_capability, a_member, a_model, a_need


def test_stems_join_the_forms_of_a_word_and_drop_the_words_that_say_nothing() -> None:
    assert stems_of("The readers are READING a re-reading!") == ["reader", "read", "read"]
    assert stems_of("the and of it") == []


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    assert weight_of("retrofit") > weight_of("literaci") > weight_of("school") >= 0.5
    assert weight_of("zzzzunheard") == weight_of("qqqqunheard")


def test_rows_have_length_one_or_none() -> None:
    rows = StemFeatures().fit([]).transform(["reading stories stories", "", "the of", "reading"])
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    assert np.allclose(lengths, [1, 0, 0, 1])
    for row in (goal_row((3, 1)), beneficiary_row(("families", "patients")), help_row(("jobs",))):
        assert np.isclose(np.linalg.norm(row), 1)
    assert not goal_row(()).any()


def test_the_first_goal_counts_most() -> None:
    need = goal_row((1, 5))
    assert need @ goal_row((1,)) > need @ goal_row((5,)) > need @ goal_row((7,)) == 0


def test_a_narrow_group_counts_more_than_everybody() -> None:
    need = beneficiary_row(("care_leavers", "residents"))
    assert need @ beneficiary_row(("care_leavers",)) > need @ beneficiary_row(("residents",))


def test_the_order_of_texts_and_their_company_change_no_row() -> None:
    texts = ["reading stories", "heating homes", "reading"]
    together = StemFeatures().transform(texts)
    alone = StemFeatures().transform(texts[::-1])[::-1]
    assert (together != alone).nnz == 0


def test_a_model_that_was_set_but_cannot_run_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("services.matcher.scoring.text.represent.find_spec", lambda _name: None)
    assert find_encoder(NoCache(), None) is None
    with pytest.raises(ModelMissing, match="semantic"):
        find_encoder(NoCache(), tmp_path)


def test_a_shorter_confirmation_can_be_set() -> None:
    old = datetime(2026, 9, 1, tzinfo=UTC)
    world = World(
        [a_member("council", "local_government"), a_member("firm")],
        [a_capability("c", "firm", confirmed_at=old)],
        [a_need("n", "council")],
    )
    model = a_model()
    assert world.built(model, AS_OF).refusal_of("n", "c") is None
    model.confirmed_days = 60
    refusal = world.built(model, AS_OF).refusal_of("n", "c")
    assert refusal is not None
    assert refusal.rule == "unconfirmed"


def test_lines_of_the_file_are_read_with_their_defaults() -> None:
    least = {"id": "x", "member": "m", "title": "Books"}
    capability, need = capability_from(least), need_from(least)
    assert capability.capacity == Capacity(1, "partnerships", "at a time")
    assert (capability.mode, capability.terms, capability.status) == ("either", "free", "published")
    assert (need.partners, need.budget, need.urgency, need.units) == (1, "none", "medium", None)
    assert member_from({"id": "m", "name": "M", "sector": "charity"}).status == "active"


def test_lines_of_the_file_are_read_in_full() -> None:
    capability = capability_from(
        {"id": "c", "member_id": "m", "title": "Books", "goals": [1, 1, 2], "delivers_in": [EAST],
         "capacity": {"amount": 5, "unit": "starts", "per": "year"}, "mode": "by pigeon",
         "available": {"from": "2026-01-01", "until": date(2027, 1, 1)}, "unheard_of": True,
         "confirmed_at": "2026-10-01T10:00:00+00:00"}
    )  # fmt: skip
    assert capability.goals == (1, 2)
    assert capability.mode == "either"
    assert capability.capacity == Capacity(5, "starts", "year")
    assert (capability.available_from, capability.available_until) == (
        date(2026, 1, 1),
        date(2027, 1, 1),
    )
    assert capability.confirmed_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    need = need_from(
        {"id": "n", "member": "m", "title": "Books", "locality": {"text": "Jaywick"},
         "units": {"amount": 3, "unit": "starts"}, "by": "2027-01-01"}
    )  # fmt: skip
    assert (need.locality_text, need.units, need.by) == (
        "Jaywick",
        Units(3, "starts"),
        date(2027, 1, 1),
    )
    told = [{"member": "x", "code": "tender", "until": "2027-01-01"}, {"sector": "business"}]
    member = member_from({"id": "m", "name": "M", "sector": "charity", "conflicts": told})
    assert member.conflicts == (
        Conflict(member="x", code="tender", until=date(2027, 1, 1)),
        Conflict(sector="business"),
    )
    assert member.conflicts[0].holds_on(date(2027, 1, 1))
    assert not member.conflicts[0].holds_on(date(2027, 1, 2))
