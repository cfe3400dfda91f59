"""Published tables with no more in them than some events need."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from domain.tables import Published, Tables
from tuning.explain.minimal import minimal

# What the rows of each table are called; one without is taken whole, as a model is.
ROWS = {
    "segment_amounts": "segments",
    "fault_rates": "models",
    "risk_model": None,
    "terminal_risk": "terminals",
    "compromise_points": None,
}


class _Entry(NamedTuple):
    """A row of a version of a table, or, without a row, that version itself."""

    table: str
    version: int
    row: str | None = None


def least_tables(tables: Tables, holds: Callable[[Tables], bool]) -> Tables:
    """Leave out rows and versions as long as `holds` stays true. Raises ValueError where it is not."""
    entries = list(_entries(tables))
    return _only(tables, minimal(entries, lambda some: holds(_only(tables, some))))


def versions(tables: Tables, table: str) -> tuple[Published, ...]:
    """Give the versions of a table, oldest first."""
    found: tuple[Published, ...] = getattr(tables, table).versions
    return found


def _entries(tables: Tables) -> Iterator[_Entry]:
    for table, rows in ROWS.items():
        for number, version in enumerate(versions(tables, table)):
            yield _Entry(table, number)
            if rows is not None:
                yield from (_Entry(table, number, row) for row in getattr(version, rows))


def _only(tables: Tables, entries: Collection[_Entry]) -> Tables:
    kept = frozenset(entries)
    return Tables.of(
        _cut(version, rows, {each.row for each in kept if each[:2] == (table, number)})
        for table, rows in ROWS.items()
        for number, version in enumerate(versions(tables, table))
        if _Entry(table, number) in kept
    )


def _cut(version: Published, rows: str | None, kept: Collection[str | None]) -> Published:
    """Give a version with those of its rows that are to stay."""
    if rows is None:
        return version
    return replace(
        version, **{rows: {name: row for name, row in getattr(version, rows).items() if name in kept}}
    )
