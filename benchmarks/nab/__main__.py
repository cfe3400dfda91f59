"""Compare the product's scorer of rates and levels with River's on the Numenta Anomaly Benchmark.

`python -m benchmarks.nab FOLDER`: the folder holds `nab_aws.jsonl.gz` and `nab_aws_windows.json`. Thresholds
are chosen on all series but the one that is scored, for every scorer alike, without and with alerts held back
after one. The last line is the standard score of the product's scorer with alerts held back for 12 hours.
"""

import sys
from datetime import timedelta
from itertools import product
from pathlib import Path

from benchmarks.markdown import table
from benchmarks.nab.protocol import Result, Scores, at_limit, left_out
from benchmarks.nab.scorers import gaussian_scores, half_space_scores, level_scores
from benchmarks.nab.series import DataError, Series, read_series
from domain.level_scorer import LIMIT, LevelScorer

HOLDS = (None, timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
HOLD = timedelta(hours=12)
# The two parameters that were looked at with these series in view; the row that leaves them out chooses among
# these, series by series, as it does the threshold.
_PULLS = (1.0, 2.0, 4.0)
_MEAN_SPANS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))


def _variants(series: list[Series]) -> dict[str, list[Scores]]:
    """Score all series with each scorer; the one whose parameters are left out too has several variants."""
    tried = [LevelScorer(pull=pull, mean_span=span) for pull, span in product(_PULLS, _MEAN_SPANS)]
    return {
        "ours": [[level_scores(one, LevelScorer()) for one in series]],
        "ours, parameters left out too": [[level_scores(one, own) for one in series] for own in tried],
        "GaussianScorer": [[gaussian_scores(one) for one in series]],
        "HalfSpaceTrees": [[half_space_scores(one) for one in series]],
    }


def main(folder: Path) -> None:
    """Print the score of each scorer at each hold, and of each series at the hold that counts."""
    series = read_series(folder)
    scorers = _variants(series)
    results: dict[str, list[Result]] = {
        name: [left_out(series, variants, hold) for hold in HOLDS] for name, variants in scorers.items()
    }
    heads = ("", *("without" if hold is None else f"{hold // timedelta(hours=1)} h" for hold in HOLDS))
    print("Standard score, threshold chosen on the other series, by how long alerts are held back\n")
    print(
        table(heads, ((name, *(f"{one.left_out:.1f}" for one in found)) for name, found in results.items()))
    )
    print("The same with one threshold tuned on all series, as NAB's own board has it\n")
    print(table(heads, ((name, *(f"{one.tuned:.1f}" for one in found)) for name, found in results.items())))
    counted = {name: found[HOLDS.index(HOLD)] for name, found in results.items()}
    print("Raw score of each series with alerts held back for 12 hours; the number of windows is the best\n")
    rows = (
        (one.name, len(one.windows), *(f"{found.by_series[number]:.2f}" for found in counted.values()))
        for number, one in enumerate(series)
    )
    print(table(("", "windows", *counted), rows))
    fixed = at_limit(series, scorers["ours"][0], LIMIT, HOLD)
    print(f"nab_standard_at_the_fixed_limit: {fixed:.1f}")
    for name in ("GaussianScorer", "HalfSpaceTrees"):
        print(f"nab_standard_{name}: {counted[name].left_out:.1f}")
    print(f"nab_standard: {counted['ours'].left_out:.1f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where the series are: python -m benchmarks.nab FOLDER")
    try:
        main(Path(sys.argv[1]))
    except DataError as error:
        sys.exit(str(error))
