"""Thresholds are chosen without the series they are used on, and alerts are held back for all alike."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.nab.protocol import at_limit, detections, left_out
from benchmarks.nab.scoring import STANDARD, Window, normalised, raw_score
from benchmarks.nab.series import DataError, Series, read_series

MINUTE_MS = 60_000
HOLD = timedelta(minutes=10)


def series(name: str, first: int) -> Series:
    return Series(name, [row * MINUTE_MS for row in range(100)], [0.0] * 100, (Window(first, first + 9),))


def scores(**at: float) -> list[float]:
    return [at.get(f"row_{row}", 0.0) for row in range(100)]


def test_alerts_are_held_back_from_the_last_one_that_was_given() -> None:
    rows = [0.0] * 20 + [1.0] * 25 + [0.0] * 55
    at_ms = series("a", 20).at_ms
    assert detections(rows, at_ms, 1.0, None) == list(range(20, 45))
    assert detections(rows, at_ms, 1.0, HOLD) == [20, 30, 40]
    assert detections(rows, at_ms, 1.1, HOLD) == []


def test_the_series_that_is_scored_does_not_choose_its_threshold() -> None:
    """Two series say 5, the third says 2: its own labels would choose 2, and those of the others choose 5."""
    all_series = [series("a", 30), series("b", 40), series("c", 50)]
    all_scores = [
        scores(row_30=5.0, **{f"row_{row}": 2.0 for row in range(60, 90)}),
        scores(row_40=5.0, **{f"row_{row}": 2.0 for row in range(60, 90)}),
        scores(row_50=2.0),
    ]
    found = left_out(all_series, [all_scores], None)
    assert found.by_series == pytest.approx((1, 1, -1))
    assert found.left_out == pytest.approx(normalised(1, 3, STANDARD))
    assert at_limit(all_series, all_scores, 5.0, None) == pytest.approx(found.left_out)


def test_neither_does_it_choose_its_variant() -> None:
    all_series = [series("a", 30), series("b", 40), series("c", 50)]
    early = [scores(row_30=1.0), scores(row_40=1.0), scores(row_20=1.0)]
    late = [scores(row_39=1.0), scores(row_49=1.0), scores(row_50=1.0)]
    found = left_out(all_series, [late, early], None)
    wrong = raw_score([20], all_series[2].windows, 100, STANDARD)
    assert found.by_series[2] == wrong
    assert found.tuned > found.left_out


def write(folder: Path, windows: dict[str, list[list[str]]]) -> None:
    with gzip.open(folder / "nab_aws.jsonl.gz", "wt", encoding="utf-8") as lines:
        for minute in range(10):
            row = {"device": "pump", "ts": f"2026-01-01T00:0{minute}:00Z", "value": minute, "label": 1}
            lines.write(json.dumps(row) + "\n")
    (folder / "nab_aws_windows.json").write_text(json.dumps(windows), "utf-8")


def test_a_window_is_known_by_its_first_and_last_row(tmp_path: Path) -> None:
    write(tmp_path, {"any/pump.csv": [["2026-01-01 00:03:00.000000", "2026-01-01 00:05:00.000000"]]})
    (pump,) = read_series(tmp_path)
    assert (pump.name, pump.windows, pump.values[-1]) == ("pump", (Window(3, 5),), 9.0)
    assert pump.at_ms[1] - pump.at_ms[0] == MINUTE_MS


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ({}, "lists no windows for pump"),
        ({"any/pump.csv": [["2027-01-01 00:03:00", "2027-01-01 00:05:00"]]}, "lies outside its series"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(
    tmp_path: Path, windows: dict[str, list[list[str]]], said: str
) -> None:
    write(tmp_path, windows)
    with pytest.raises(DataError, match=said):
        read_series(tmp_path)


def test_a_folder_without_the_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no nab_aws\.jsonl\.gz"):
        read_series(tmp_path)
