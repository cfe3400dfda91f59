"""Scores, probabilities and reasons of a published model."""

from itertools import pairwise
from math import isfinite, log
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instants import EPOCH
from domain.risk_features import CROSSES, FEATURES, NAMES
from domain.risk_scoring import Contribution, ModelError, Scorer, audited
from domain.tables import FeatureBins, ModelCard, RiskModel

CARD = ModelCard(
    learnt_from=EPOCH, learnt_until=EPOCH, transactions=9, frauds=1, genuine=8, settings={}, figures={}
)
TWO = (FeatureBins(name="ratio", edges=(2.0, 5.0)), FeatureBins(name="uses_1d", edges=(3.0,)))
WEIGHTS = {
    "ratio:0": 0.25,
    "ratio:3": 3.0,
    "uses_1d:1": -0.5,
    "uses_1d:2": 2.0,
    "ratio:3|uses_1d:2": 1.0,
    "ratio:3|uses_1d:1": -4.0,
}


def model(**fields: Any) -> RiskModel:
    given = {"features": TWO, "crosses": (("ratio", "uses_1d"),), "intercept": -4.0, "weights": WEIGHTS}
    return RiskModel(effective_at=EPOCH, version="m1", card=CARD, **(given | fields))


def values(**known: float) -> tuple[float | None, ...]:
    return tuple(known.get(name) for name in NAMES)


@pytest.mark.parametrize(
    ("known", "score"),
    [
        ({}, -4 + 0.25),
        ({"ratio": 1.9, "uses_1d": 0.0}, -4 - 0.5),
        ({"ratio": 5.0, "uses_1d": 2.9}, -4 + 3 - 0.5 - 4),
        ({"ratio": 5.0, "uses_1d": 3.0}, -4 + 3 + 2 + 1),
        ({"ratio": 5.0, "amount": 10.0}, -4 + 3),
    ],
)
def test_a_score_is_the_sum_of_the_weights_of_bins_and_pairs(known: dict[str, float], score: float) -> None:
    scorer = Scorer(model())
    assert scorer.score(scorer.bins(values(**known))) == score


@settings(max_examples=10, deadline=None)
@given(
    numbers=st.lists(st.none() | st.floats(-1e3, 1e5), min_size=len(NAMES), max_size=len(NAMES)),
    ordinary=st.none() | st.lists(st.integers(0, 3), min_size=len(NAMES), max_size=len(NAMES)),
    seed=st.integers(0, 1000),
)
def test_what_the_features_add_to_the_ordinary_score_is_the_score(
    numbers: list[float | None], ordinary: list[int] | None, seed: int
) -> None:
    """And every part is real: taking a feature's weights away takes as much, its pairs counted half."""
    weights = {
        f"{feature.name}:{one}": ((seed + one * 31 + place * 17) % 97 - 48) / 24
        for place, feature in enumerate(FEATURES)
        for one in range(len(feature.edges) + 2)
    }
    weights |= {
        f"{one}:{first}|{other}:{second}": ((seed + first * 7 + second * 13) % 89 - 44) / 22
        for one, other in CROSSES[:-1]
        for first in range(6)
        for second in range(6)
    }
    fields: dict[str, Any] = {"features": FEATURES, "crosses": CROSSES, "intercept": -3.0}
    if ordinary is not None:
        sizes = [len(feature.edges) + 2 for feature in FEATURES]
        ordinary = [number % size for number, size in zip(ordinary, sizes, strict=True)]
        fields["ordinary"] = dict(zip(NAMES, ordinary, strict=True))
    scorer = Scorer(model(weights=weights, **fields))
    bins = scorer.bins(tuple(numbers))
    found = scorer.contributions(tuple(numbers), bins)
    total = sum(one.weight for one in found) + scorer.ordinary_score
    assert total == pytest.approx(scorer.score(bins), abs=1e-9)
    if ordinary is not None:
        assert scorer.ordinary_score == pytest.approx(scorer.score(ordinary), abs=1e-9)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    for one in found:
        kept = {key: weight for key, weight in weights.items() if f"{one.name}:" not in key}
        halves = {key: weight / 2 for key, weight in weights.items() if "|" in key and f"{one.name}:" in key}
        without = Scorer(model(weights=kept | halves, **fields))
        usual = 0 if ordinary is None else scorer.score(ordinary) - without.score(ordinary)
        assert scorer.score(bins) - without.score(bins) - usual == pytest.approx(one.weight, abs=1e-9)


def test_reasons_are_what_raises_the_score_most_in_words() -> None:
    scorer = Scorer(model())
    high = values(ratio=8.0, uses_1d=4.0)
    assert scorer.reasons(high, scorer.bins(high), 5) == [
        Contribution("ratio", 8.0, 3.5),
        Contribution("uses_1d", 4.0, 2.5),
    ]
    assert scorer.reasons(high, scorer.bins(high), 1)[0].words == "8.0 times the customer's usual amount"
    low = values(ratio=1.0, uses_1d=1.0)
    assert scorer.reasons(low, scorer.bins(low), 5) == []
    # What is not known is no reason, whatever it weighs.
    unknown = values()
    assert scorer.reasons(unknown, scorer.bins(unknown), 5) == []
    assert scorer.contributions(unknown, scorer.bins(unknown))[0] == Contribution("ratio", None, 0.25)


def test_what_is_so_for_every_use_is_no_reason() -> None:
    scorer = Scorer(model(ordinary={"ratio": 1, "uses_1d": 2}))
    assert scorer.ordinary_score == -4 + 2
    high = values(ratio=8.0, uses_1d=4.0)
    assert scorer.reasons(high, scorer.bins(high), 5) == [
        Contribution("ratio", 8.0, 3.5),
        Contribution("uses_1d", 4.0, 0.5),
    ]
    usual = values(ratio=1.0, uses_1d=4.0)
    assert scorer.reasons(usual, scorer.bins(usual), 5) == []


def test_without_calibration_a_probability_is_the_logistic_function_of_the_score() -> None:
    scorer = Scorer(model())
    assert scorer.probability(0.0) == 0.5
    assert scorer.probability(log(3)) == pytest.approx(0.75)
    assert 0 <= scorer.probability(-1e308) < 1e-15
    assert 1 - 1e-15 < scorer.probability(1e308) <= 1


def test_between_points_of_the_calibration_lines_are_drawn() -> None:
    scorer = Scorer(model(calibration=((-2.0, 0.01), (0.0, 0.2), (4.0, 0.8))))
    assert [scorer.probability(score) for score in (-9, -2, -1, 0, 1, 4, 99)] == pytest.approx(
        [0.01, 0.01, 0.105, 0.2, 0.35, 0.8, 0.8]
    )


@given(
    points=st.lists(st.floats(-30, 30), min_size=1, max_size=8, unique=True).map(sorted),
    levels=st.lists(st.floats(0, 1), min_size=8, max_size=8).map(sorted),
    scores=st.lists(st.floats(-50, 50), min_size=2, max_size=20).map(sorted),
    calibrated=st.booleans(),
)
def test_a_higher_score_never_has_a_lower_probability(
    points: list[float], levels: list[float], scores: list[float], calibrated: bool
) -> None:
    calibration = tuple(zip(points, levels, strict=False)) if calibrated else ()
    scorer = Scorer(model(calibration=calibration))
    found = [scorer.probability(score) for score in sorted([*scores, *points])]
    assert all(isfinite(probability) and 0 <= probability <= 1 for probability in found)
    assert all(low <= high for low, high in pairwise(found))


@given(st.floats(-8, 8), st.floats(0.001, 1))
def test_no_score_that_is_surely_below_a_probability_reaches_it(score: float, least: float) -> None:
    points = ((-6.0, 0.001), (-2.0, 0.05), (0.0, 0.05), (2.5, 0.7))
    for calibration in (points, ()):
        scorer = Scorer(model(calibration=calibration))
        if score <= scorer.surely_below(least):
            assert scorer.probability(score) < least
    assert Scorer(model(calibration=points)).surely_below(0.06) == 0.0


def test_rounding_lifts_no_score_above_the_next_point() -> None:
    """From so far below, the way to 0.5 is as long as that to 1, and 0.06 + 0.82 is above 0.88."""
    scorer = Scorer(model(calibration=((-1e17, 0.06), (1.0, 0.88))))
    assert scorer.probability(0.5) <= scorer.probability(1.0) == 0.88


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"features": (FeatureBins(name="x", edges=()),)}, "no feature 'x'"),
        ({"crosses": (("ratio", "x"),)}, "the pairs name 'x', and the features do not"),
        ({"crosses": (("ratio", "amount"),)}, "the pairs name 'amount', and the features do not"),
        ({"weights": {"amount:1": 1.0}}, "the features do not name 'amount'"),
        ({"weights": {"ratio:4": 1.0}}, "the bins of 'ratio' are 0 to 3"),
        ({"weights": {"ratio:-1": 1.0}}, "the bins of 'ratio' are 0 to 3"),
        ({"weights": {"ratio": 1.0}}, "no feature ''"),
        ({"weights": {"uses_1d:1|ratio:1": 1.0}}, "the pairs do not name uses_1d and ratio"),
        ({"weights": {"ratio:1": float("nan")}}, "the weight of 'ratio:1' is nan"),
        ({"ordinary": {"ratio": 1}}, "of all features or of none; see 'uses_1d'"),
        ({"ordinary": {"ratio": 1, "uses_1d": 3}}, "the bins of 'uses_1d' are 0 to 2"),
        ({"intercept": float("inf")}, "the intercept is inf"),
        ({"calibration": ((0.0, 0.5), (0.0, 0.6))}, "the calibration must rise"),
        ({"calibration": ((0.0, 0.5), (1.0, 0.4))}, "the calibration must rise"),
        ({"calibration": ((0.0, 1.5),)}, "0 to 1 is allowed"),
        ({"calibration": ((float("nan"), 0.5),)}, "a score of the calibration is nan"),
    ],
)
def test_a_model_that_cannot_be_meant_is_refused_with_the_reason(
    fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        Scorer(model(**fields))
    assert str(caught.value).startswith("risk model m1: ")


def test_the_audit_sample_is_the_share_asked_for_and_always_the_same() -> None:
    ids = [f"e{number}" for number in range(100_000)]
    drawn = [event_id for event_id in ids if audited(event_id, 0.02, 7)]
    # Four standard deviations of 100,000 draws of 2 %.
    assert abs(len(drawn) - 2_000) < 4 * (100_000 * 0.02 * 0.98) ** 0.5
    assert drawn == [event_id for event_id in ids if audited(event_id, 0.02, 7)]
    other = {event_id for event_id in ids if audited(event_id, 0.02, 8)}
    assert len(other & set(drawn)) < 100
    # A larger share holds the smaller one.
    assert all(audited(event_id, 0.05, 7) for event_id in drawn)
    assert all(audited(event_id, 1.0, 7) for event_id in ids[:1000])
    assert not any(audited(event_id, 0.0, 7) for event_id in ids[:1000])
