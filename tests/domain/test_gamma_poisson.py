"""Counts at a rate of which some is known."""

from itertools import pairwise
from math import exp, isfinite, lgamma, log, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gamma_poisson import Gamma, log_tail

KNOWN = st.builds(Gamma, st.floats(0.1, 500), st.floats(0.1, 500))


def chance_of_fewer(known: Gamma, count: int, days: float) -> float:
    """Add up the negative binomial, term by term from nothing on."""
    part = days / (known.days + days)
    terms = (
        lgamma(known.shape + n)
        - lgamma(known.shape)
        - lgamma(n + 1)
        + known.shape * log(1 - part)
        + n * log(part)
        for n in range(count)
    )
    return sum(exp(term) for term in terms)


@given(KNOWN, st.integers(0, 30), st.floats(0.01, 10))
def test_the_tail_is_what_the_rest_leaves(known: Gamma, count: int, days: float) -> None:
    assert 10 ** log_tail(known, count, days) == pytest.approx(
        1 - chance_of_fewer(known, count, days), abs=1e-9
    )


@given(KNOWN, st.integers(0, 2_000))
def test_more_is_never_more_likely(known: Gamma, count: int) -> None:
    tails = [log_tail(known, more, 1.0) for more in (count, count + 1, count + 100)]
    assert all(isfinite(tail) and tail <= 0 for tail in tails)
    assert all(earlier >= later - 1e-9 for earlier, later in pairwise(tails))


def test_the_rarest_do_not_tie() -> None:
    assert log_tail(Gamma(3.0, 30.0), 2_000, 1.0) < log_tail(Gamma(3.0, 30.0), 1_000, 1.0) < -1_000


def test_with_much_known_it_is_the_tail_of_a_poisson() -> None:
    fewer = sum(exp(-2.0) * 2.0**n / exp(lgamma(n + 1)) for n in range(8))
    assert log_tail(Gamma(2e7, 1e7), 8, 1.0) == pytest.approx(log10(1 - fewer), abs=1e-4)


def test_what_is_known_from_long_ago_counts_for_no_more_days_than_given() -> None:
    assert Gamma(50.0, 200.0).faded(100.0) == Gamma(25.0, 100.0)
    assert Gamma(5.0, 20.0).faded(100.0) == Gamma(5.0, 20.0)
