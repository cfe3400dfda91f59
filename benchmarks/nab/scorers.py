"""The scorers that are compared: each sees a value, scores it, and only then learns it."""

from river import anomaly, preprocessing

from benchmarks.nab.series import Series
from domain.level_scorer import LevelScorer


def level_scores(series: Series, scorer: LevelScorer) -> list[float]:
    """Score with the product's own."""
    state = scorer.start(series.at_ms[0], series.values[0])
    later = zip(series.at_ms[1:], series.values[1:], strict=True)
    return [0.0, *(scorer.step(state, at_ms, value).score for at_ms, value in later)]


def gaussian_scores(series: Series) -> list[float]:
    """Score with River's GaussianScorer as it comes."""
    model, scores = anomaly.GaussianScorer(), []
    for value in series.values:
        scores.append(float(model.score_one(None, value)))
        model.learn_one(None, value)
    return scores


def half_space_scores(series: Series) -> list[float]:
    """Score with River's HalfSpaceTrees as it comes, behind the scaler that it asks for."""
    scaler, model, scores = preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=42), []
    for value in series.values:
        scaler.learn_one({"value": value})
        scaled = scaler.transform_one({"value": value})
        scores.append(float(model.score_one(scaled)))
        model.learn_one(scaled)
    return scores
