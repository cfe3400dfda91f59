"""Events as a data lake keeps them: lines of JSON written as Parquet."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

_TIMES = ("at", "ended_at", "ingested_at", "alert_at", "since")


def write_parquet(path: Path, lines: Iterable[bytes], *, row_group_rows: int = 1000) -> None:
    """Write lines of events as rows; their times become timestamps in UTC, where all have an offset."""
    write_rows(path, [_timed(orjson.loads(line)) for line in lines], row_group_rows=row_group_rows)


def write_rows(path: Path, rows: list[dict[str, Any]], *, row_group_rows: int = 1000) -> None:
    """Write rows as they are; a field that any of them has is a column."""
    # Only who runs these tests needs the library.
    import pyarrow

    names = list(dict.fromkeys(name for row in rows for name in row))
    write_table(
        path,
        pyarrow.table({name: pyarrow.array([row.get(name) for row in rows]) for name in names}),
        row_group_rows=row_group_rows,
    )


def write_table(path: Path, table: Any, *, row_group_rows: int = 1000) -> None:
    """Write a table as a file, in row groups of so many rows."""
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, row_group_size=row_group_rows)


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if name in _TIMES
        else _timed(value)
        if isinstance(value, dict)
        else value
        for name, value in fields.items()
    }
