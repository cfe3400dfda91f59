"""The file that an SQLite store lies in: its schema, and what its errors mean to an operator."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cases.errors import NotAStore, StoreBusy, StoreError
from cases.schema import Migration, check_known

# SQLite's busy handler is unfair: among eight writers some waited for seconds before they got their turn.
BUSY_TIMEOUT_S = 15


def schema_of(connection: sqlite3.Connection, steps: Sequence[Migration], path: Path) -> int:
    """Give the schema's version, 0 for an empty file. Raises StoreTooNew and NotAStore, naming `path`."""
    tables = {
        row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    if "schema_version" not in tables:
        if tables:
            raise NotAStore(f"{path} is an SQLite file but no riskdesk store; choose another path")
        return 0
    present = int(
        connection.execute("SELECT MAX(version) AS version FROM schema_version").fetchone()["version"]
    )
    check_known(present, steps, path)
    return present


def take_steps(connection: sqlite3.Connection, steps: Sequence[Migration], path: Path) -> None:
    """Take the steps that are missing; another process may have taken them while this one waited its turn."""
    present = schema_of(connection, steps, path)
    for step in steps:
        if step.version > present:
            for statement in _split(step.sql):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", (step.version, step.name))


def _split(sql: str) -> Iterator[str]:
    """Give the statements one by one: `executescript` would commit before the first."""
    lines: list[str] = []
    for line in sql.splitlines():
        lines.append(line)
        if line.rstrip().endswith(";") and sqlite3.complete_statement("\n".join(lines)):
            yield "\n".join(lines)
            lines.clear()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what an operator can cause into the desk's own errors; the rest is a bug and stays."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(
                f"{path} was locked by another process for {BUSY_TIMEOUT_S} s; try again"
            ) from error
        if code == sqlite3.SQLITE_NOTADB:
            raise NotAStore(f"{path} is no SQLite file; choose another path") from error
        if code == sqlite3.SQLITE_FULL:
            raise StoreError(
                f"{path} has no room left on its disk; nothing of this was kept: make room, then start again"
            ) from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
            raise StoreError(f"{path} cannot be used: {error}") from error
        raise
