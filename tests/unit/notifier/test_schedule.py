"""Quiet hours over clock changes, caps, retries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.schedule import (
    RETRY_SECONDS,
    at_days,
    cap_frees_at,
    quiet_hours,
    retry_seconds,
    wakes_at,
)

LONDON = {"from": "18:00", "until": "08:00", "zone": "Europe/London"}


def test_by_day_mail_goes_at_once() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert wakes_at(noon, quiet_hours({"quiet_hours": LONDON})) is None
    assert wakes_at(noon, None) is None


@pytest.mark.parametrize(
    ("now", "wakes"),
    [
        (datetime(2026, 11, 23, 20, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        # The night in which British Summer Time begins: eight o'clock comes an hour earlier.
        (datetime(2027, 3, 27, 20, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),
    ],
)
def test_at_night_mail_waits_for_the_morning_of_the_place(now: datetime, wakes: datetime) -> None:
    assert wakes_at(now, quiet_hours({"quiet_hours": LONDON})) == wakes


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - given its zone below
    st.times(),
    st.times(),
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_whoever_waits_wakes_later_and_within_a_day_or_so(
    moment: datetime, start: object, end: object, zone: str
) -> None:
    now = moment.replace(tzinfo=UTC)
    wish = {"from": str(start)[:5], "until": str(end)[:5], "zone": zone}
    wakes = wakes_at(now, quiet_hours({"quiet_hours": wish}))
    assert wakes is None or now < wakes <= now + timedelta(hours=26)


@pytest.mark.parametrize(
    "wish",
    [None, "22:00", {}, {"from": "25:00", "until": "08:00"}, {"from": "08:00", "until": "08:00"},
     {**LONDON, "zone": "Nowhere/Here"}],
)  # fmt: skip
def test_what_cannot_be_read_is_no_wish(wish: object) -> None:
    assert quiet_hours({"quiet_hours": wish}) is None


def test_the_cap_frees_when_the_oldest_of_the_last_few_is_a_day_old() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    sent = [now - timedelta(hours=hours) for hours in (30, 20, 5, 1)]
    assert cap_frees_at(sent, 4, now) is None
    assert cap_frees_at(sent, 3, now) == now + timedelta(hours=4)
    assert cap_frees_at(sent, 1, now) == now + timedelta(hours=23)


def test_retries_grow_and_then_stay() -> None:
    waits = [retry_seconds("m", tries) for tries in range(1, 20)]
    assert all(base <= wait <= base * 1.1 for base, wait in zip(RETRY_SECONDS, waits, strict=False))
    assert all(RETRY_SECONDS[-1] <= wait <= RETRY_SECONDS[-1] * 1.1 for wait in waits[8:])
    assert retry_seconds("m", 3) == retry_seconds("m", 3)
    assert len({retry_seconds(f"m{number}", 5) for number in range(50)}) > 40


def test_steps_are_numbered_from_one() -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert at_days(start, (5, 12)) == [
        (1, datetime(2026, 11, 28, tzinfo=UTC)),
        (2, datetime(2026, 12, 5, tzinfo=UTC)),
    ]
