"""The scoring of NAB: a small example by hand, and published scores where RISKDESK_OUTSIDE_DATA has them."""

import csv
import gzip
import json
import os
from math import exp
from pathlib import Path

import pytest

from benchmarks.nab.scoring import (
    LOW_FN,
    LOW_FP,
    STANDARD,
    Profile,
    Window,
    normalised,
    probation_rows,
    raw_score,
)
from benchmarks.nab.series import read_series

OUTSIDE = os.environ.get("RISKDESK_OUTSIDE_DATA")
# 100 rows, of which 15 are not scored, and two windows of ten rows.
ROWS, WINDOWS = 100, (Window(30, 39), Window(60, 69))


def curve(position: float) -> float:
    return 2 / (1 + exp(5 * position)) - 1


@pytest.mark.parametrize(
    ("detections", "expected"),
    [
        ([], -2),
        # The first row of each window earns all there is.
        ([30, 60], 2),
        # The last row of a window is a tenth before its end.
        ([39, 60], 1 + curve(-0.1) / curve(-1)),
        # Only the first detection counts, whatever the order they are given in.
        ([35, 31, 60], 1 + curve(-0.9) / curve(-1)),
        # Not scored, and before any window.
        ([14], -2),
        ([15], -2 - 0.11),
        # Three rows behind a window of ten, and more than three windows behind it.
        ([42], -2 + 0.11 * curve(3 / 9)),
        ([30, 60, 99], 2 - 0.11),
    ],
)
def test_the_score_is_what_the_publication_says(detections: list[int], expected: float) -> None:
    assert raw_score(detections, WINDOWS, ROWS, STANDARD) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STANDARD, -2.11), (LOW_FP, -2.22), (LOW_FN, -4.11)], ids=["std", "fp", "fn"]
)
def test_profiles_weigh_misses_and_false_alarms(profile: Profile, expected: float) -> None:
    assert raw_score([20], WINDOWS, ROWS, profile) == pytest.approx(expected)


def test_a_silent_detector_has_0_and_a_perfect_one_100() -> None:
    for profile in (STANDARD, LOW_FP, LOW_FN):
        assert normalised(raw_score([], WINDOWS, ROWS, profile), 2, profile) == 0
        assert normalised(raw_score([30, 60], WINDOWS, ROWS, profile), 2, profile) == pytest.approx(100)


def test_at_most_750_rows_are_not_scored() -> None:
    assert [probation_rows(rows) for rows in (100, 4032, 5000, 20_000)] == [15, 604, 750, 750]


def test_published_scores_are_reproduced() -> None:
    if not OUTSIDE:
        pytest.skip("RISKDESK_OUTSIDE_DATA is not set: the published NAB scores are NOT checked")
    folder = Path(OUTSIDE)
    reference = json.loads((folder / "nab_aws_reference.json").read_text("utf-8"))
    scores: dict[str, list[float]] = {}
    with gzip.open(folder / "nab_aws_reference_scores.csv.gz", "rt", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            scores.setdefault(line["device"], []).append(float(line["anomaly_score"]))
    published = {one["device"]: one for one in reference["per_file"]}
    total = 0.0
    all_series = read_series(folder)
    for series in all_series:
        one = published.pop(series.name)
        found = [row for row, score in enumerate(scores[series.name]) if score >= reference["threshold"]]
        raw = raw_score(found, series.windows, len(series.values), STANDARD)
        assert raw == pytest.approx(one["raw_score"], abs=1e-9), series.name
        counted = [row for row in found if row >= probation_rows(len(series.values))]
        inside = sum(window.first <= row <= window.last for row in counted for window in series.windows)
        labelled = sum(window.rows for window in series.windows)
        assert (inside, len(counted) - inside, labelled - inside) == (one["tp"], one["fp"], one["fn"])
        total += raw
    assert not published
    windows = sum(len(series.windows) for series in all_series)
    assert windows == reference["windows"]
    assert normalised(total, windows, STANDARD) == pytest.approx(reference["normalised"], abs=1e-9)
