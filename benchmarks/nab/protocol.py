"""Thresholds that have not seen their series: chosen on all others, scored on the one left out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from benchmarks.nab.scoring import STANDARD, normalised, probation_rows, raw_score
from benchmarks.nab.series import Series
from domain.instants import span_ms
from domain.level_scorer import held_back

# Thresholds tried for a scorer: so many of its scores, close together at the top and wide below.
_THRESHOLDS = 300

# One list of scores for each series, in the order of the series.
Scores = Sequence[Sequence[float]]


class Result(NamedTuple):
    """Scores on the scale of NAB, with the thresholds left out, and the raw score of each series.

    `tuned` is with the one threshold that is best for all series together, as NAB's own board has it.
    """

    left_out: float
    tuned: float
    by_series: tuple[float, ...]


def detections(
    scores: Sequence[float], at_ms: Sequence[int], threshold: float, hold: timedelta | None
) -> list[int]:
    """Give the rows at which a scorer alerts; with `hold`, no alert is repeated before it is over."""
    rows: list[int] = np.flatnonzero(np.asarray(scores) >= threshold).tolist()
    if hold is None:
        return rows
    alerts: list[int] = []
    hold_ms = span_ms(hold)
    last_ms: int | None = None
    for row in rows:
        if not held_back(last_ms, at_ms[row], hold_ms):
            alerts.append(row)
            last_ms = at_ms[row]
    return alerts


def left_out(series: Sequence[Series], variants: Sequence[Scores], hold: timedelta | None) -> Result:
    """Score each series with the threshold, and the variant of the scorer, that is best on all the others.

    The thresholds to choose from are scores of all series; the labels of the one left out choose nothing. Of
    equal ones the highest is taken.
    """
    raw = np.hstack([_raw_scores(series, scores, hold) for scores in variants])
    total = raw.sum(axis=0)
    chosen = [int((total - own).argmax()) for own in raw]
    by_series = tuple(float(own[column]) for own, column in zip(raw, chosen, strict=True))
    windows = sum(len(one.windows) for one in series)
    return Result(
        normalised(sum(by_series), windows, STANDARD),
        normalised(float(total.max()), windows, STANDARD),
        by_series,
    )


def at_limit(series: Sequence[Series], scores: Scores, limit: float, hold: timedelta | None) -> float:
    """Score all series with a threshold that was fixed before."""
    raw = sum(
        raw_score(detections(own, one.at_ms, limit, hold), one.windows, len(one.values), STANDARD)
        for one, own in zip(series, scores, strict=True)
    )
    return normalised(raw, sum(len(one.windows) for one in series), STANDARD)


def _raw_scores(series: Sequence[Series], scores: Scores, hold: timedelta | None) -> np.ndarray:
    """Give the raw score of each series (row) at each threshold (column), the highest threshold first."""
    scored = [np.asarray(own)[probation_rows(len(own)) :] for own in scores]
    distinct = np.unique(np.concatenate(scored))[::-1]
    ranks = np.unique(np.geomspace(1, len(distinct), _THRESHOLDS).round().astype(int) - 1)

    def raw(one: Series, own: Sequence[float], threshold: float) -> float:
        found = detections(own, one.at_ms, threshold, hold)
        return raw_score(found, one.windows, len(one.values), STANDARD)

    return np.array(
        [
            [raw(one, own, threshold) for threshold in distinct[ranks]]
            for one, own in zip(series, scores, strict=True)
        ]
    )
