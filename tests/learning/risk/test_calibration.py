"""Scores become probabilities that hold."""

from itertools import pairwise
from math import log
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import from_ms
from domain.risk_scoring import Scorer
from domain.tables import ModelCard, RiskModel
from learning.risk.calibration import calibrated, errors, isotonic, logistic, loss, reliability
from learning.risk.quality import QualityError


class Scored(NamedTuple):
    score: float
    fraud: bool
    weight: float = 1.0


def scored(count: int = 20_000, seed: int = 5) -> list[Scored]:
    """Make scores that are too sure of themselves: twice the log odds of the truth."""
    random = Random(seed)
    truths = [random.gauss(-2, 1.5) for _ in range(count)]
    return [Scored(2 * truth, random.random() < logistic(truth)) for truth in truths]


def test_probabilities_after_calibration_are_the_shares_that_happen() -> None:
    points, later = isotonic(scored()), scored(seed=6)
    frauds = [one.fraud for one in later]
    before = errors([logistic(one.score) for one in later], frauds)
    after = errors([calibrated(one.score, points) for one in later], frauds)
    assert after.expected < 0.01 < 0.03 < before.expected
    assert after.brier < before.brier
    assert after.log_loss < before.log_loss
    for score in (-6.0, -4.0, -2.0, -1.0):
        assert calibrated(score, points) == pytest.approx(logistic(score / 2), abs=0.04)


@given(st.integers(0, 10**6), st.integers(150, 600))
def test_points_rise_and_are_never_certain(seed: int, count: int) -> None:
    random = Random(seed)
    made = [Scored(float(random.randrange(30)), random.random() < 0.4) for _ in range(count)]
    points = isotonic(made)
    for (low, least), (high, most) in pairwise(points):
        assert low < high
        assert least <= most
    assert all(0 < probability < 1 for _, probability in points)
    random.shuffle(made)
    assert isotonic(made) == points


def test_the_flow_takes_the_points_and_gives_the_same_probability() -> None:
    points = isotonic(scored())
    at = from_ms(0)
    card = ModelCard(
        learnt_from=at, learnt_until=at, transactions=0, frauds=0, genuine=0, settings={}, figures={}
    )
    model = RiskModel(
        effective_at=at,
        version="v",
        features=(),
        crosses=(),
        intercept=0.0,
        weights={},
        calibration=points,
        card=card,
    )
    scorer = Scorer(model)
    for score in (-50.0, -4.321, -1.0, 0.777, 2.5, 50.0):
        assert scorer.probability(score) == pytest.approx(calibrated(score, points))


def test_too_few_labels_of_either_kind_say_nothing() -> None:
    few = [Scored(float(number), number < 49) for number in range(1000)]
    assert isotonic(few) == ()
    assert calibrated(0.0, ()) == 0.5


def test_a_label_that_stands_for_others_weighs_as_many() -> None:
    genuine = [Scored(0.0, fraud=False, weight=9.0)] * 100
    frauds = [Scored(0.0, fraud=True)] * 100
    ((score, probability),) = isotonic([*genuine, *frauds])
    assert (score, probability) == (0, pytest.approx(0.1, abs=1e-3))


def test_reliability_has_a_row_for_each_tenth() -> None:
    rows = reliability([number / 100 for number in range(100)], [number >= 95 for number in range(100)])
    assert len(rows) == 10
    assert rows[0] == (0.045, 0, 10)
    assert rows[-1] == (0.945, 0.5, 10)


def test_errors_are_as_they_are_defined() -> None:
    found = errors([0.2, 0.6], [False, True])
    assert found.brier == pytest.approx((0.04 + 0.16) / 2)
    assert found.log_loss == pytest.approx((-log(0.8) - log(0.6)) / 2)
    assert found.expected == pytest.approx((0.2 + 0.4) / 2)


def test_no_surprise_is_endless_and_no_label_has_no_error() -> None:
    assert loss(0.0, fraud=True) == pytest.approx(27.6, abs=0.1)
    assert logistic(-1000) == 0
    with pytest.raises(QualityError, match="no probability has a label"):
        errors([], [])
