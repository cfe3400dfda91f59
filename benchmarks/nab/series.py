"""The labelled series of the benchmark, as rows and windows."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from benchmarks.nab.scoring import Window

_SERIES, _WINDOWS = "nab_aws.jsonl.gz", "nab_aws_windows.json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DataError(ValueError):
    """A folder that does not hold the series and their windows."""


class Series(NamedTuple):
    """One metric of one machine: times in ms since 1970, values, and where it is known to be anomalous."""

    name: str
    at_ms: list[int]
    values: list[float]
    windows: tuple[Window, ...]


def read_series(folder: Path) -> list[Series]:
    """Read every series of the folder, in the order of their names; labels on the rows are not read.

    Raises DataError when a file is missing or a series has no windows listed.
    """
    for name in (_SERIES, _WINDOWS):
        if not (folder / name).is_file():
            raise DataError(f"{folder} has no {name}; give the folder that holds {_SERIES} and {_WINDOWS}")
    listed = json.loads((folder / _WINDOWS).read_text("utf-8"))
    spans = {PurePosixPath(path).stem: spans for path, spans in listed.items()}
    rows: dict[str, tuple[list[int], list[float]]] = {}
    with gzip.open(folder / _SERIES, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            at_ms, values = rows.setdefault(row["device"], ([], []))
            at_ms.append(_ms(row["ts"]))
            values.append(float(row["value"]))
    if unknown := sorted(rows.keys() - spans.keys()):
        raise DataError(
            f"{_WINDOWS} lists no windows for {', '.join(unknown)}; an empty list says there are none"
        )
    return [
        Series(name, at_ms, values, tuple(_window(at_ms, *span) for span in spans[name]))
        for name, (at_ms, values) in sorted(rows.items())
    ]


def _ms(text: str) -> int:
    """Read a time; the windows' times have no zone and are UTC as the series' are."""
    at = datetime.fromisoformat(text)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def _window(at_ms: list[int], start: str, end: str) -> Window:
    start_ms, end_ms = _ms(start), _ms(end)
    inside = [row for row, at in enumerate(at_ms) if start_ms <= at <= end_ms]
    if not inside:
        raise DataError(f"the window from {start} to {end} lies outside its series")
    return Window(inside[0], inside[-1])
