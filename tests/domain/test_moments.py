"""Moments kept in three numbers against the whole list of values."""

from math import inf, isfinite, sqrt
from statistics import fmean, pvariance, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.moments import COUNT, MEAN, VARIANCE, learn, no_moments, shrunk, variance_of

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=60)


@given(values=VALUES)
def test_without_fading_they_are_the_mean_and_variance_of_all_values(values: list[float]) -> None:
    moments = no_moments()
    for value in values:
        learn(moments, value)
    assert moments[COUNT] == len(values)
    assert moments[MEAN] == pytest.approx(fmean(values), abs=1e-9)
    assert moments[VARIANCE] == pytest.approx(pvariance(values), abs=1e-6)
    assert variance_of(moments, "population") == moments[VARIANCE]
    assert variance_of(moments, "sample") == pytest.approx(variance(values), abs=1e-6)


def test_the_variance_of_a_sample_needs_two_values() -> None:
    moments = no_moments()
    learn(moments, 7.0)
    assert variance_of(moments, "sample") == inf
    assert variance_of(moments, "population") == 0


def test_old_values_fade() -> None:
    moments = no_moments()
    for value in [0.0] * 200 + [1.0] * 60:
        learn(moments, value, gain=0.05)
    # 1 - 0.95 ** 60
    assert moments[MEAN] == pytest.approx(0.954, abs=0.001)
    # (2 - gain) / gain = 39 values weigh: 39 / 38
    assert variance_of(moments, "sample", 0.05) == pytest.approx(moments[VARIANCE] * 39 / 38)


def test_a_far_value_is_pulled_in_once_enough_are_known() -> None:
    moments = no_moments()
    for value in (4.0, 6.0, 4.0, 6.0, 5.0):
        learn(moments, value, 0.0, clip=3.0, least=5, floor=0.25)
    reach = 5.0 + 3 * sqrt(moments[VARIANCE])
    as_far_as_believed = moments.copy()
    learn(as_far_as_believed, reach)
    learn(moments, 1e6, 0.0, clip=3.0, least=5, floor=0.25)
    assert moments == pytest.approx(as_far_as_believed)


def test_a_constant_habit_can_change() -> None:
    moments = no_moments()
    for value in [5.0] * 20 + [6.0] * 40:
        learn(moments, value, 0.0, clip=3.0, least=5, floor=0.25)
    assert 5.3 < moments[MEAN] < 6


@given(values=st.lists(st.floats(0, 35), max_size=300))
def test_amounts_of_any_size_leave_them_finite_and_between(values: list[float]) -> None:
    moments = no_moments()
    for value in values:
        learn(moments, value, 0.01, clip=3.0, least=5, floor=0.25)
    assert all(isfinite(number) for number in moments)
    assert moments[VARIANCE] >= 0
    assert 0 <= moments[MEAN] <= 35


def test_a_prior_counts_as_so_many_values() -> None:
    mean, sd = shrunk([8, 10.0, 4.0], 4.0, mean=5.0, sd=1.0, weight=2)
    assert mean == (8 * 10 + 2 * 5) / 10
    assert sd == sqrt((8 * 4 + 2 * 1) / 10)
    assert shrunk(no_moments(), 0.0, mean=5.0, sd=1.0, weight=2) == (5.0, 1.0)
