"""Hours of the day on their circle, and the local hour against the calendar's."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.day_profile import (
    HOURS,
    ONE,
    SLOT_MS,
    add_hours,
    counted_hours,
    local_hour,
    no_hours,
    share_of_hour,
    solar_hour,
)
from domain.instants import from_ms

PROFILES = st.lists(st.integers(0, 200), min_size=HOURS, max_size=HOURS)
# From 1973 on: before, Liberia's clocks were no whole quarter of an hour away from UTC.
INSTANTS = st.integers(100_000_000_000, 2_000_000_000_000)
ZONES = st.sampled_from(
    ("Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin", "Pacific/Apia")
)


@given(profile=PROFILES, hour=st.integers(0, 23), by=st.integers(0, 23), prior=st.floats(0.1, 10))
def test_turning_the_circle_changes_no_share(profile: list[int], hour: int, by: int, prior: float) -> None:
    turned = profile[-by:] + profile[:-by]
    assert share_of_hour(turned, (hour + by) % HOURS, prior) == share_of_hour(profile, hour, prior)


@given(profile=PROFILES, prior=st.floats(0.1, 10))
def test_the_shares_of_a_day_are_one(profile: list[int], prior: float) -> None:
    assert sum(share_of_hour(profile, hour, prior) for hour in range(HOURS)) == pytest.approx(1)


@given(profile=PROFILES, hour=st.integers(0, 23))
def test_one_more_at_an_hour_never_makes_it_rarer(profile: list[int], hour: int) -> None:
    before = share_of_hour(profile, hour, 2)
    profile[hour] += ONE
    # Where nearly all lies at the hour itself, one more spreads to its neighbours and lowers it a little.
    assert share_of_hour(profile, hour, 2) >= min(before, 6 / 16 - 1e-9)


@given(
    visits=st.lists(st.sets(st.integers(0, 23), min_size=1), min_size=1, max_size=12),
    rounds=st.integers(1, 60),
)
def test_counts_stay_few_and_the_newest_hours_are_among_them(visits: list[set[int]], rounds: int) -> None:
    profile = no_hours()
    for hours in visits * rounds:
        add_hours(profile, sum(1 << hour for hour in hours))
        assert counted_hours(profile) <= 256
        assert all(profile[hour] >= ONE // 2 for hour in hours)
    if (count := sum(map(len, visits)) * rounds) < 256:
        assert counted_hours(profile) == count


@given(at_ms=INSTANTS, zone=ZONES)
def test_the_local_hour_is_the_calendars(at_ms: int, zone: str) -> None:
    local = from_ms(at_ms).astimezone(ZoneInfo(zone))
    offset = local.utcoffset()
    assert offset is not None
    assert local_hour(zone, at_ms // SLOT_MS) == (local.hour, offset.total_seconds() / 240)


@given(at_ms=INSTANTS, lon=st.floats(-180, 180))
def test_the_sun_is_an_hour_earlier_fifteen_degrees_east(at_ms: int, lon: float) -> None:
    east = solar_hour(at_ms, lon + 15) - solar_hour(at_ms, lon)
    assert east % HOURS == pytest.approx(1, abs=1e-6)
    assert 0 <= solar_hour(at_ms, lon) <= HOURS
