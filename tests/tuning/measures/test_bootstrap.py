"""Intervals hold the figure, are the same for the same seed, and compare the same days."""

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.measures.bootstrap import Interval, day_blocks, interval

DAYS = st.lists(st.integers(-1000, 1000), min_size=1, max_size=30)


def mean(values):
    return sum(values) / len(values)


@given(DAYS)
def test_a_mean_lies_between_the_least_and_the_most_of_its_days(days):
    low, point, high = interval(days, mean, draws=50)
    assert min(days) <= low <= high <= max(days)
    assert point == mean(days)


@given(DAYS)
def test_a_profile_differs_from_itself_by_nothing(days):
    assert day_blocks(days, days, mean, draws=20) == Interval(0, 0, 0)
    assert day_blocks(days, days, mean, draws=20).is_noise


@given(DAYS, st.integers(1, 9))
def test_what_is_added_to_each_day_is_a_difference_without_doubt(days, more):
    found = day_blocks(days, [day + more for day in days], mean, draws=20)
    assert found == pytest.approx((more, more, more))
    assert not found.is_noise


def test_the_same_seed_draws_the_same_days():
    days = list(range(20))
    assert interval(days, mean, draws=30, seed=1) == interval(days, mean, draws=30, seed=1)
    assert interval(days, mean, draws=30, seed=1) != interval(days, mean, draws=30, seed=2)


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    days = [0, 1] * 200  # standard error 0.5 / sqrt(400) = 0.025
    low, point, high = interval(days, mean, draws=2000)
    assert point == 0.5
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.006)


def test_whole_days_are_drawn_so_what_lies_in_one_day_stays_together():
    days = [[0] * 10, [1] * 10]
    low, _, high = interval(days, lambda drawn: mean([each for day in drawn for each in day]), draws=200)
    assert (low, high) == (0, 1)


def test_draws_of_which_the_figure_is_undefined_are_left_out():
    days = [None, 1.0]
    found = interval(
        days, lambda drawn: mean(known) if (known := [day for day in drawn if day]) else nan, draws=50
    )
    assert found == (1, 1, 1)


def test_of_no_days_nothing_is_known():
    found = interval([], mean, draws=5)
    assert all(map(isnan, found))
    assert found.is_noise


def test_other_days_cannot_be_compared():
    with pytest.raises(ValueError, match="2 days of A and 1 of B"):
        day_blocks([1, 2], [1], mean)
