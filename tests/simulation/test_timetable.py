from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import from_ms, to_ms
from domain.places import distance_km
from simulation.geography import AREAS, HOME
from simulation.hours import DAY_MS, HOUR_MS
from simulation.timetable import HOME_AREA, ROUTES, Route, journey, next_departure

MOMENTS = st.integers(to_ms(datetime.fromisoformat("2020-01-01T00:00Z")), 2**41)


@given(MOMENTS)
def test_departures_are_on_the_quarter_of_an_hour_and_not_at_night(at_ms: int) -> None:
    departure = next_departure(at_ms)
    local = from_ms(departure).astimezone(ZoneInfo("Asia/Shanghai"))
    assert 0 <= departure - at_ms < 10 * HOUR_MS
    assert local.minute % 15 == 0
    assert (6, 30) <= (local.hour, local.minute) <= (21, 30)


@given(st.sampled_from(ROUTES), MOMENTS, st.integers(0, 9 * DAY_MS))
def test_every_change_of_place_takes_the_time_it_takes(route: Route, out_ms: int, away_ms: int) -> None:
    planned = journey(route, out_ms, away_ms)
    stays = planned.stays()
    assert stays[3][1] - stays[3][0] >= away_ms
    for (_, left_ms, origin), (arrived_ms, _, target) in pairwise(stays):
        hours = (arrived_ms - left_ms) / HOUR_MS
        origins = HOME if origin == HOME_AREA else [AREAS[origin]]
        targets = HOME if target == HOME_AREA else [AREAS[target]]
        farthest = max(distance_km(a.lat, a.lon, b.lat, b.lon) for a in origins for b in targets)
        assert farthest < hours * 750


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.home_hub} to {route.away_hub}")
def test_no_train_or_plane_is_faster_than_there_are(route: Route) -> None:
    (origin,) = [area for area in AREAS if area.name == route.home_hub]
    (target,) = [area for area in AREAS if area.name == route.away_hub]
    km = distance_km(origin.lat, origin.lon, target.lat, target.lon)
    fastest_kmh = 310 if "station" in route.home_hub else 800
    assert km / (route.ride_minutes / 60) < fastest_kmh
