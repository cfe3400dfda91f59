"""Many rows at once into PostgreSQL: what a row costs there alone, its round trip and its plan, is shared.

A plain INSERT becomes a COPY, which the server works through while the next rows are still being made: 20
us a row of 17 columns where `executemany` takes 50 to 80. An INSERT with ON CONFLICT, which COPY cannot,
gets its rows as one JSON parameter: 40 us. Neither depends on how many rows there are.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from cases.database import Values, statements
from cases.postgresql_server import Connection

# Below this a COPY's own round trips cost more than they save.
_FEWEST_ROWS = 8

_INSERT = re.compile(
    r"INSERT INTO (?P<table>\w+) \((?P<columns>[\w\s,]+)\)\s+VALUES \((?P<values>[^()]+)\)\s*"
    r"(?P<conflict>ON CONFLICT \((?P<keys>[\w\s,]+)\)[^:]*)?;\s*\Z"
)
_VALUE = re.compile(r":(?P<name>\w+)|'(?P<text>[^']*)'|(?P<number>-?\d+)|NULL")


class _Insert(NamedTuple):
    """An INSERT that takes many rows: the columns that are given, and then those that are always the same."""

    table: str
    columns: tuple[str, ...]
    given: Callable[[Values], tuple[Any, ...]]
    fixed: tuple[Any, ...]
    conflict: str
    keys: tuple[str, ...]

    def row(self, values: Values) -> tuple[Any, ...]:
        """Give one row in the order of the columns."""
        return self.given(values) + self.fixed


class BulkInserts:
    """Knows the types of the columns that rows go into; for one database."""

    def __init__(self) -> None:
        """Begin without knowing any."""
        self._types: dict[str, dict[str, str]] = {}

    def insert(self, connection: Connection, name: str, values: Iterable[Values]) -> int | Iterable[Values]:
        """Insert `values` by the statement `name` and give the number of rows.

        Gives back the values where they are few, or the statement is none that takes many rows.
        """
        insert = _insert(name)
        if insert is None:
            return values
        rest = iter(values)
        first = list(islice(rest, _FEWEST_ROWS))
        if len(first) < _FEWEST_ROWS:
            return first
        types = self._column_types(connection, insert)
        if not insert.conflict:
            return _copy(connection, insert, types, chain(first, rest))
        if "bytea" in types:
            return chain(first, rest)  # JSON has no bytes
        return sum(
            _insert_json(connection, insert, types, rows)
            for rows in _rounds(insert, [insert.row(given) for given in chain(first, rest)])
        )

    def _column_types(self, connection: Connection, insert: _Insert) -> list[str]:
        if insert.table not in self._types:
            found = connection.execute(
                "SELECT column_name, udt_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name = %s",
                (insert.table,),
            )
            self._types[insert.table] = {row["column_name"]: row["udt_name"] for row in found}
        return [self._types[insert.table][column] for column in insert.columns]


def _copy(connection: Connection, insert: _Insert, types: Sequence[str], values: Iterable[Values]) -> int:
    into = f"COPY {insert.table} ({', '.join(insert.columns)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor:
        with cursor.copy(into.encode()) as copy:
            copy.set_types(types)
            for given in values:
                copy.write_row(insert.row(given))
        return cursor.rowcount


def _insert_json(
    connection: Connection, insert: _Insert, types: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> int:
    columns = ", ".join(insert.columns)
    typed = ", ".join(f"{column} {kind}" for column, kind in zip(insert.columns, types, strict=True))
    records = [dict(zip(insert.columns, row, strict=True)) for row in rows]
    return connection.execute(
        f"INSERT INTO {insert.table} ({columns}) SELECT {columns}"
        f" FROM json_to_recordset(CAST(%s AS JSON)) AS given ({typed}) {insert.conflict}".encode(),
        (orjson.dumps(records).decode(),),
    ).rowcount


def _rounds(insert: _Insert, rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Part rows so that none has a key twice, which one INSERT refuses; each key keeps its order."""
    places = [insert.columns.index(key) for key in insert.keys]
    while rows:
        taken: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        later = [
            row for row in rows if taken.setdefault(tuple(row[place] for place in places), row) is not row
        ]
        yield list(taken.values())
        rows = later


@cache
def _insert(name: str) -> _Insert | None:
    """Read a statement as an INSERT of plain values, or give None."""
    found = _INSERT.fullmatch(statements()[name].sql)
    if found is None:
        return None
    columns = [name.strip() for name in found["columns"].split(",")]
    names: dict[str, str] = {}
    fixed: dict[str, Any] = {}
    for column, text in zip(columns, found["values"].split(","), strict=True):
        value = _VALUE.fullmatch(text.strip())
        if value is None:
            return None
        if value["name"]:
            names[column] = value["name"]
        else:
            fixed[column] = int(value["number"]) if value["number"] else value["text"]
    return _Insert(
        table=found["table"],
        columns=(*names, *fixed),
        given=itemgetter(*names.values()),
        fixed=tuple(fixed.values()),
        conflict=found["conflict"] or "",
        keys=tuple(name.strip() for name in (found["keys"] or "").split(",")),
    )
