"""Priority of places: from figures to a share, to a need, to a score and a sentence."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.scoring.market.priority import (
    Figures,
    Level,
    Priorities,
    district_hardship,
    shares_below,
    worst_tenth,
)
from shared.reference.places import Places
from tests.worlds import (
    COLCHESTER,
    EAST,
    ESSEX,
    HARLOW,
    LEEDS,
    SCOTLAND,
    TENDRING,
    UK,
    a_capability,
    a_member,
    a_model,
    a_need,
    random_world,
)
from tests.worlds import World as Coalition

PLACES = Places.load()
HARDSHIP = {COLCHESTER: 10.0, HARLOW: 20.0, LEEDS: 30.0, TENDRING: 40.0}
LICENCE = "Open Government Licence v3.0"


def some_figures(
    hardship: dict[str, float] | None = None,
    level: Level = "district",
    published: date = date(2025, 10, 30),
) -> Figures:
    return Figures(
        f"{level}-{published.year}", "Toy Indices", level, published, LICENCE, hardship or HARDSHIP
    )


def test_a_share_is_that_of_the_others_below_it() -> None:
    assert shares_below(np.array([5.0, 1.0, 3.0])).tolist() == [1.0, 0.0, 0.5]
    assert shares_below(np.array([1.0, 1.0, 1.0])).tolist() == [0.5, 0.5, 0.5]
    assert shares_below(np.array([7.0])).tolist() == [0.5]
    assert shares_below(np.array([])).tolist() == []


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30))
def test_shares_keep_the_order_and_have_their_middle_at_a_half(values: list[int]) -> None:
    shares = shares_below(np.array(values, dtype=float))
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert shares.mean() == pytest.approx(0.5)
    order = np.argsort(values, kind="stable")
    assert (np.diff(shares[order]) >= 0).all()


def test_the_worst_tenth_shows_what_the_mean_hides() -> None:
    even, with_a_pocket = np.full(20, 0.5), np.array([0.3] * 18 + [1.0, 0.9])
    assert with_a_pocket.mean() < even.mean()
    assert worst_tenth(with_a_pocket) == pytest.approx(0.95)
    assert worst_tenth(even) == 0.5
    assert worst_tenth(np.array([0.2])) == 0.2


def test_a_summary_tells_apart_districts_without_a_neighbourhood_in_the_worst_tenth() -> None:
    made = district_hardship(np.array([0.0, 0.0, 0.2]), np.array([5.0, 20.0, 10.0]))
    assert made[0] < made[1]
    assert made[1] < made[2]


def test_the_worst_off_district_speaks_for_a_county() -> None:
    found = Priorities([some_figures()]).of_places(PLACES, [ESSEX])
    assert found is not None
    assert (found.district, found.priority) == (TENDRING, 1.0)


@pytest.mark.parametrize("codes", [[UK], [EAST], [SCOTLAND], ["X99999999"], []])
def test_a_whole_region_a_country_or_no_place_says_nothing_of_where(codes: list[str]) -> None:
    assert Priorities([some_figures()]).of_places(PLACES, codes) is None


def test_a_district_without_figures_is_unknown() -> None:
    priorities = Priorities([some_figures({COLCHESTER: 1.0, HARLOW: 2.0})])
    assert math.isnan(priorities.priority_of(TENDRING))
    assert priorities.of_places(PLACES, [TENDRING]) is None
    row = priorities.as_array(PLACES.district_index)
    assert np.isfinite(row).sum() == 2
    assert row[PLACES.district_index[HARLOW]] == 1.0


def test_the_finest_figures_speak_and_of_those_the_newest() -> None:
    old = some_figures({TENDRING: 1.0, LEEDS: 2.0, HARLOW: 3.0}, published=date(2019, 9, 26))
    new = some_figures({TENDRING: 2.0, LEEDS: 1.0})
    area = some_figures({TENDRING: 1.0, LEEDS: 2.0, "S12000033": 3.0}, level="area")
    assert Priorities([old, area, new]).priority_of(TENDRING) == 1.0
    assert Priorities([old, area, new]).priority_of(HARLOW) == 1.0
    assert Priorities([old, area, new]).priority_of("S12000033") == 1.0
    fine = some_figures({TENDRING: 1.0, LEEDS: 2.0}, level="neighbourhood")
    assert Priorities([old, area, new, fine]).priority_of(TENDRING) == 0.0


def test_the_version_is_of_the_content_and_not_of_the_order() -> None:
    one, other = some_figures(), some_figures(level="area")
    assert Priorities([one, other]).version == Priorities([other, one]).version
    assert Priorities([one]).version != Priorities([other]).version
    assert Priorities().version == ""
    assert not Priorities()


# --- in a score ---
def a_coalition() -> Coalition:
    needs = {"calm": COLCHESTER, "hard": TENDRING, "unknown": "W06000015", "county": ESSEX}
    return Coalition(
        [a_member("council", "local_government", places=(EAST,)), a_member("giver")],
        [a_capability("reading", "giver")],
        [a_need(name, "council", places=(place,)) for name, place in needs.items()],
    )


def test_priority_raises_and_lowers_a_score_and_unknown_does_neither() -> None:
    index = a_coalition().built(a_model())
    before = index.score_of("hard", "reading").score
    unknown = index.score_of("unknown", "reading")
    index.set_priorities(Priorities([some_figures()]))
    hard, calm = index.score_of("hard", "reading"), index.score_of("calm", "reading")
    assert hard.score > before > calm.score
    assert index.score_of("unknown", "reading") == unknown
    assert hard.features["priority"] == 1.0
    assert "priority" not in unknown.features
    told = {reason.feature: reason for reason in hard.reasons}
    assert told["priority"].contribution > 0
    assert told["priority"].text == (
        "Tendring is more deprived than every other district with figures "
        "(Toy Indices, published 30 October 2025, Open Government Licence v3.0)."
    )
    assert round(sum(reason.contribution for reason in hard.reasons), 4) == hard.score


def test_a_county_is_as_hard_hit_as_its_worst_district() -> None:
    index = a_coalition().built(a_model())
    index.set_priorities(Priorities([some_figures()]))
    found = index.priority_of("county")
    assert found is not None
    assert found.district == TENDRING


def test_ends_are_said_only_where_they_are_meant() -> None:
    many = {f"d{number:03}": float(number) for number in range(301)}
    known = Priorities([some_figures(many)])
    said = [found.sentence("It") for code in ("d000", "d001", "d150", "d299", "d300")
            if (found := known.of_district(code))]  # fmt: skip
    starts = ("no other district", "1% of", "50% of", "99% of", "every other district")
    for text, start in zip(said, starts, strict=True):
        assert text.split(" more deprived than ")[1].startswith(start)


def test_figures_that_come_later_give_what_a_build_from_nothing_gives() -> None:
    priorities = Priorities([some_figures()])
    coalition, model = a_coalition(), a_model()
    later = coalition.built(model)
    later.set_priorities(priorities)
    at_once = model.build(coalition.members, coalition.capabilities, coalition.needs,
                          later.as_of, priorities=priorities)  # fmt: skip
    ids = later.need_ids()
    assert later.proposals_for_all(ids) == at_once.proposals_for_all(ids)
    later.set_priorities(Priorities())
    assert later.proposals_for_all(ids) == coalition.built(model).proposals_for_all(ids)


@given(seed=st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_figures_never_reorder_a_needs_list_and_retrieval_stays_exact(seed: int) -> None:
    world = random_world(seed)
    plain, figured = world.built(a_model()), world.built(a_model())
    figured.set_priorities(Priorities([some_figures()]))
    for need_id in plain.need_ids():
        before = plain.proposals_for(need_id, 5)
        after = figured.proposals_for(need_id, 5)
        assert {one.capability_id for one in after} <= {
            one.capability_id for one in plain.proposals_for(need_id, 12)
        }
        for one in after:
            assert figured.score_of(need_id, one.capability_id) == one
        strictly = [(a, b) for a in before for b in before if a.score > b.score + 0.001]
        place = {one.capability_id: number for number, one in enumerate(after)}
        for better, worse in strictly:
            if better.capability_id in place and worse.capability_id in place:
                assert place[better.capability_id] < place[worse.capability_id]
