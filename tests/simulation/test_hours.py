from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import from_ms, to_ms
from simulation.errors import DoesNotFitError
from simulation.hours import (
    HOUR_MS,
    LIVES,
    MINUTE_MS,
    Window,
    draw_times,
    is_open,
    is_rest_day,
    pick_moment,
)


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


STARTS = st.integers(_ms("2020-01-01T00:00Z"), _ms("2035-01-01T00:00Z"))


@given(STARTS, st.floats(0.01, 100), st.integers(0, len(LIVES) - 1), st.integers(0, 99))
def test_times_lie_in_the_window(start_ms: int, hours: float, life: int, seed: int) -> None:
    window = Window(start_ms, start_ms + max(1, round(hours * HOUR_MS)))
    at_ms = draw_times(np.random.default_rng(seed), window, np.full(20, life))
    assert window.start_ms <= at_ms.min() <= at_ms.max() < window.end_ms


def test_office_workers_are_up_by_day_and_night_owls_at_night() -> None:
    window = Window(_ms("2026-09-16T00:00+08:00"), _ms("2026-09-17T00:00+08:00"))
    rng = np.random.default_rng(1)
    after_midnight = {
        life: (draw_times(rng, window, np.full(2_000, number)) < window.start_ms + 2 * HOUR_MS).mean()
        for number, life in enumerate(LIVES)
    }
    assert after_midnight["retired"] < after_midnight["office"] < after_midnight["night_owl"]


@given(STARTS, st.integers(0, 23), st.integers(1, 23), st.integers(0, 99))
def test_a_moment_is_picked_between_the_hours_asked_for(
    start_ms: int, from_hour: int, length: int, seed: int
) -> None:
    window = Window(start_ms, start_ms + 26 * HOUR_MS)
    to_hour = (from_hour + length) % 24
    picked = pick_moment(np.random.default_rng(seed), window, HOUR_MS, from_hour, to_hour)
    assert window.start_ms <= picked <= window.end_ms - HOUR_MS
    # The play of a minute may reach into the next hour.
    hours = [from_ms(at).astimezone(ZoneInfo("Asia/Shanghai")).hour for at in (picked, picked - MINUTE_MS)]
    assert any((hour - from_hour) % 24 < length for hour in hours)


def test_a_window_without_those_hours_gives_any_moment() -> None:
    window = Window(_ms("2026-09-18T12:00+08:00"), _ms("2026-09-18T14:00+08:00"))
    picked = pick_moment(np.random.default_rng(1), window, HOUR_MS, 1, 4)
    assert window.start_ms <= picked <= window.end_ms - HOUR_MS


def test_a_window_that_is_too_short_says_what_to_do() -> None:
    window = Window(0, HOUR_MS)
    with pytest.raises(DoesNotFitError, match=r"1 h is too short .* \(2\.0 h\); simulate more hours"):
        pick_moment(np.random.default_rng(1), window, 2 * HOUR_MS)


@pytest.mark.parametrize(
    ("at", "rest", "opened"),
    [
        ("2026-09-18T08:59:59+08:00", False, False),
        ("2026-09-18T09:00:00+08:00", False, True),
        ("2026-09-19T16:29:59+08:00", True, True),
        ("2026-09-20T16:30:00+08:00", True, False),
        ("2026-10-01T12:00:00+08:00", True, True),
        ("2026-10-08T00:00:00+08:00", False, False),
        ("2026-09-20T16:00:00Z", False, False),
    ],
)
def test_days_of_rest_and_opening_hours_are_local(at: str, rest: bool, opened: bool) -> None:
    moment = np.array([_ms(at)])
    assert bool(is_rest_day(moment)[0]) == rest
    assert bool(is_open(moment)[0]) == opened
