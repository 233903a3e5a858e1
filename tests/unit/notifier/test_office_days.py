"""Office hours over nights, weekends and clock changes; quiet periods by nation, one after another."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.calendar import (
    QuietPeriod,
    nations_of,
    office_hours,
    quiet_until,
)

ENGLAND, SCOTLAND = frozenset("E"), frozenset("S")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T08:00", None),  # a Monday
        ("2026-11-23T17:59", None),
        ("2026-11-23T18:00", "2026-11-24T08:00"),
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-27T18:30", "2026-11-30T08:00"),
        ("2026-11-28T12:00", "2026-11-30T08:00"),
        # Summer Time began on the Sunday: eight o'clock on Monday is seven in UTC.
        ("2027-03-26T19:00", "2027-03-29T07:00"),
    ],
)
def test_the_office_opens_on_working_days(now: str, opens: str | None) -> None:
    hours = office_hours("08:00-18:00")
    assert hours is not None
    found = hours.opens_after(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(opens).replace(tzinfo=UTC) if opens else None)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001 - given its zone
def test_whenever_it_opens_it_is_open_then(moment: datetime) -> None:
    hours = office_hours("08:00-18:00")
    assert hours is not None
    now = moment.replace(tzinfo=UTC)
    opens = hours.opens_after(now)
    assert opens is None or (
        now < opens <= now + timedelta(days=3) and hours.opens_after(opens) is None
    )


@pytest.mark.parametrize("text", ["8 to 6", "18:00-08:00", "08:00", "08:00-08:00"])
def test_what_are_no_hours_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 08:00-18:00"):
        office_hours(text)


def test_quiet_time_ends_after_the_last_period_in_a_row() -> None:
    periods = [
        QuietPeriod("E", date(2027, 5, 4), date(2027, 5, 6)),
        QuietPeriod("all", date(2027, 4, 1), date(2027, 5, 3)),
        QuietPeriod("S", date(2027, 5, 7), date(2027, 6, 30)),
    ]
    now = datetime(2027, 4, 10, 12, tzinfo=UTC)
    # The first minute of 7 May in London, in Summer Time.
    assert quiet_until(now, ENGLAND, periods) == datetime(2027, 5, 6, 23, tzinfo=UTC)
    assert quiet_until(now, SCOTLAND, periods) == datetime(2027, 5, 3, 23, tzinfo=UTC)
    assert quiet_until(datetime(2027, 3, 31, 22, tzinfo=UTC), ENGLAND, periods) is None
    assert quiet_until(datetime(2027, 3, 31, 23, tzinfo=UTC), ENGLAND, periods) is not None


def test_a_place_in_more_than_one_nation_is_in_all() -> None:
    assert nations_of(["E07000076", "W06000015"]) == frozenset("EW")
    assert nations_of(["K02000001"]) == nations_of([]) == frozenset("EWSN")
