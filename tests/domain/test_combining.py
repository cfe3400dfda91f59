"""Several findings become one probability: never less than the strongest, never a sum, in no order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.combining import MOST, combined, held, logistic, logit

PROBABILITIES = st.floats(0, 1, allow_nan=False)
FINDINGS = st.dictionaries(st.sampled_from("abcdefgh"), PROBABILITIES, min_size=1)
BASES, SHARES = st.floats(0.001, 0.9), st.floats(0, 1)


def of(findings: dict[str, float], base: float = 0.05, further: float = 0.3, **offsets: float) -> float:
    return combined(findings, base=base, further=further, offsets=offsets)


def test_one_detector_alone_is_believed_as_it_says():
    assert of({"burst": 0.3}) == 0.3


def test_two_are_worth_more_than_one_and_less_than_if_they_knew_nothing_of_each_other():
    independent = logistic(logit(0.5) + logit(0.3) - logit(0.05))
    assert 0.5 < of({"impossible_travel": 0.5, "burst": 0.3}) < independent
    assert of({"impossible_travel": 0.5, "burst": 0.3}) == pytest.approx(0.652, abs=0.001)
    assert of({"impossible_travel": 0.5, "burst": 0.3}, further=1.0) == pytest.approx(independent)


def test_a_finding_that_is_worth_less_than_any_adds_nothing():
    assert of({"impossible_travel": 0.5, "burst": 0.01}) == 0.5


def test_an_offset_moves_what_a_detector_says():
    assert of({"burst": 0.5}, burst=1.0) == pytest.approx(0.731, abs=0.001)
    assert of({"burst": 0.5}, burst=-1.0) == pytest.approx(0.269, abs=0.001)


@given(FINDINGS, BASES, SHARES)
def test_more_findings_never_make_it_less_and_it_is_a_probability(findings, base, further):
    said = of(findings, base, further)
    assert max(findings.values()) <= said <= max(MOST, *findings.values())
    assert of({**findings, "z": 0.4}, base, further) >= said - 1e-12


@given(FINDINGS, BASES, SHARES, st.randoms(use_true_random=False))
def test_their_order_does_not_matter(findings, base, further, random):
    shuffled = list(findings.items())
    random.shuffle(shuffled)
    assert of(dict(shuffled), base, further) == of(findings, base, further)


@given(FINDINGS, BASES)
def test_the_larger_the_share_the_more_it_is(findings, base):
    said = [of(findings, base, step / 10) for step in range(11)]
    assert said == sorted(said)


@given(st.floats(-20, 20))
def test_log_odds_and_probability_are_each_other_s_inverse_within_what_may_be_said(log_odds):
    probability = logistic(log_odds)
    assert held(probability) == probability
    assert logistic(logit(probability)) == pytest.approx(probability, abs=1e-12)


def test_without_a_finding_there_is_nothing_to_combine():
    with pytest.raises(ValueError, match="give at least one"):
        of({})
