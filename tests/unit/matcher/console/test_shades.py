"""Shades of the map: none for nothing, the darkest for the most, no step without a place."""

import pytest

from services.matcher.console.places.coverage.shades import SHADES, shade_of, steps_of


@pytest.mark.parametrize(
    "values",
    [[1.0], [1, 1, 1], [1, 2], [0.5, 0.52, 0.54], list(range(1, 101)), [0, 0, 3, 50, 51]],
)
def test_every_value_has_a_shade_and_the_highest_the_darkest(values: list[float]) -> None:
    steps = steps_of(values)
    shades = [shade_of(value, steps) for value in sorted(values)]

    assert shades == sorted(shades), "more is never paler"
    assert shades[-1] == SHADES
    assert {one.number for one in steps} == {shade for shade in shades if shade}
    assert len({one.words for one in steps}) == len(steps), "the legend says each once"


def test_nothing_has_no_steps() -> None:
    assert steps_of([0, 0]) == []
    assert shade_of(0, []) == 0
    assert [one.words for one in steps_of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])] == [
        "1 to 2", "3 to 4", "5 to 6", "7 to 8", "9 to 10",
    ]  # fmt: skip
