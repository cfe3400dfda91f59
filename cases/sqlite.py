"""The store in one SQLite file: no server, one writer at a time, and a commit that survives a power cut."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from cases.database import Row, Values, statements
from cases.errors import NotAStore, StoreBusy, StoreError, StoreMissing, StoreTooNew

# STRICT tables came with this release.
_OLDEST_SQLITE = (3, 37, 0)
# SQLite's busy handler is unfair: among eight writers some waited for seconds before they got their turn.
_BUSY_TIMEOUT_MS = 15_000


class Migration(NamedTuple):
    """One step of the schema."""

    version: int
    name: str
    sql: str


def migrations() -> tuple[Migration, ...]:
    """Read the numbered steps of the schema in their order."""
    found = (file for file in files("cases").joinpath("migrations").iterdir() if file.name.endswith(".sql"))
    return tuple(
        sorted(
            Migration(
                int(file.name.partition("_")[0]), file.name.removesuffix(".sql"), file.read_text("utf-8")
            )
            for file in found
        )
    )


class SqliteDatabase:
    """A `Database` over one SQLite file."""

    def __init__(self, path: Path, *, create: bool = True, steps: Sequence[Migration] | None = None) -> None:
        """Open the store at `path` and bring its schema up to the last of `steps` (all there are).

        Raises StoreMissing when there is no file and `create` is false, StoreTooNew when a newer
        riskdesk wrote it, NotAStore when it is something else.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise StoreError(
                f"this Python is linked to SQLite {sqlite3.sqlite_version}; the store needs "
                f"{'.'.join(map(str, _OLDEST_SQLITE))} or newer"
            )
        if not create and not path.is_file():
            raise StoreMissing(f"there is no store at {path}: check the path, or run a flow that makes it")
        if not path.parent.is_dir():
            raise StoreError(f"cannot make a store at {path}: make the folder {path.parent} first")
        self._path = path
        # One connection for all threads of the process: SQLite has one writer anyway.
        self._turn = RLock()
        with _translated(path):
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
            )
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare(migrations() if steps is None else steps)
        except BaseException:
            self.close()
            raise

    def _prepare(self, steps: Sequence[Migration]) -> None:
        run = self._connection.execute
        with _translated(self._path):
            run("PRAGMA foreign_keys = ON")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
        with self.reading():
            present = _schema(self._connection, steps, self._path)
        if present < steps[-1].version:
            with self.writing():
                _upgrade(self._connection, steps, self._path)

    def writing(self) -> AbstractContextManager[None]:
        return self._transaction("BEGIN IMMEDIATE")

    def reading(self) -> AbstractContextManager[None]:
        return self._transaction("BEGIN")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._turn, _translated(self._path):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        return self._connection.execute(statements()[name].sql, values).fetchall()

    def run(self, name: str, /, **values: Any) -> int:
        return self._connection.execute(statements()[name].sql, values).rowcount

    def run_all(self, name: str, values: Iterable[Values], /) -> int:
        return max(0, self._connection.executemany(statements()[name].sql, values).rowcount)

    def close(self) -> None:
        self._connection.close()


def _schema(connection: sqlite3.Connection, steps: Sequence[Migration], path: Path) -> int:
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
    if present > steps[-1].version:
        raise StoreTooNew(
            f"{path} has schema {present} and this riskdesk knows schemas up to {steps[-1].version}; "
            "use the riskdesk that wrote it, or a newer one"
        )
    return present


def _upgrade(connection: sqlite3.Connection, steps: Sequence[Migration], path: Path) -> None:
    """Take the steps that are missing; another process may have taken them while this one waited its turn."""
    present = _schema(connection, steps, path)
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
def _translated(path: Path) -> Iterator[None]:
    """Turn what an operator can cause into the desk's own errors; the rest is a bug and stays."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(
                f"{path} was locked by another process for {_BUSY_TIMEOUT_MS // 1000} s; try again"
            ) from error
        if code == sqlite3.SQLITE_NOTADB:
            raise NotAStore(f"{path} is no SQLite file; choose another path") from error
        if code in (
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR,
        ):
            raise StoreError(f"{path} cannot be used: {error}") from error
        raise
