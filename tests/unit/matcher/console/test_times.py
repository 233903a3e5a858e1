"""Moments in London's time, across the change of clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.matcher.console import times

SUMMER = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
WINTER = datetime(2026, 12, 1, 9, 5, 7, tzinfo=UTC)


def test_summer_and_winter() -> None:
    assert times.moment(SUMMER) == "2 July 2026, 00:30"
    assert times.moment(WINTER) == "1 December 2026, 09:05"
    assert times.clock_time(WINTER) == "09:05:07"
    assert times.day(SUMMER) == "2 July 2026"


def test_texts_and_nothing() -> None:
    assert times.moment("2026-07-01T23:30:00+00:00") == "2 July 2026, 00:30"
    assert times.day("2026-07-01") == "1 July 2026"
    assert times.day(date(2026, 7, 1)) == "1 July 2026"
    assert times.moment(None) == times.moment("") == times.day(None) == times.clock_time(None) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3_599, "59 minutes"),
        (3_600, "1 hour"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (40 * 86_400, "40 days"),
    ],
)
def test_how_long_ago(seconds: int, said: str) -> None:
    assert times.ago(WINTER - timedelta(seconds=seconds), WINTER) == said


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(0), "any moment now"),
        (timedelta(hours=1), "today"),
        (timedelta(hours=15), "tomorrow"),
        (timedelta(days=5), "in 5 days"),
    ],
)
def test_until(ahead: timedelta, said: str) -> None:
    assert times.until(WINTER + ahead, WINTER) == said


def test_a_date_of_a_form_is_the_end_of_that_day_in_london() -> None:
    assert times.end_of_day("2026-07-01") == datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC)
    assert times.end_of_day(" ") is None
    with pytest.raises(ValueError, match="like 2027-03-22"):
        times.end_of_day("1/7/2026")


def test_tomorrow_is_londons() -> None:
    assert times.tomorrow(SUMMER) == date(2026, 7, 3)
