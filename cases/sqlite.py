"""The store in one SQLite file: no server, one writer at a time, and a commit that survives a power cut."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, local
from time import monotonic
from typing import Any, NamedTuple

from cases.audit.keys import Keys, default_folder
from cases.database import Endings, Finish, Row, Values, statements
from cases.errors import StoreError, StoreMissing
from cases.schema import Migration, Schema, check_up_to_date, migrations
from cases.sqlite_file import BUSY_TIMEOUT_S, schema_of, take_steps, translated
from cases.turns import NextInLine, Turns, soon

# STRICT tables came with this release.
_OLDEST_SQLITE = (3, 37, 0)
# Transactions of several threads that reach the disk with one commit; more would let the first wait.
_MOST_IN_A_GROUP = 64
_SECOND_LOOK_S = 0.1


class _Running(NamedTuple):
    """The transaction of a thread."""

    connection: sqlite3.Connection
    endings: Endings


@dataclass
class _Group:
    """Transactions that reach the disk with one commit, or not at all."""

    members: int = 0
    ended: Event = field(default_factory=Event)
    error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        self.error = error
        self.ended.set()

    def check(self) -> None:
        """Let every member know that the commit failed."""
        if self.error is not None:
            raise self.error


class SqliteDatabase:
    """A `Database` over one SQLite file.

    All threads write through one connection, in turns, since SQLite has one writer anyway; reading has
    connections of its own and never waits. What threads write while another's commit is on its way to the
    disk shares the next commit: forty threads wait 15 ms at the 99th percentile where it was 126 ms. Each
    is a savepoint, so that it is undone alone, and none returns before the commit that holds it. Processes
    write in turns too: one that takes alerts in without a pause lets another in after its transaction.
    """

    def __init__(
        self,
        path: Path,
        *,
        create: bool = True,
        upgrade: bool = True,
        steps: Sequence[Migration] | None = None,
        keys: Keys | None = None,
    ) -> None:
        """Open the store at `path` and bring its schema up to the last of `steps` (all there are).

        Raises StoreMissing when there is no file and `create` is false, StoreTooOld when its schema is
        old and `upgrade` is false, StoreTooNew when a newer riskdesk wrote it, NotAStore when it is something
        else.
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
        self.keys = keys or Keys(default_folder(path.parent))
        self._turn = Turns()
        self._line = NextInLine(path)
        self._patience_s = float(BUSY_TIMEOUT_S)
        self._group = _Group()
        self._group.end()
        self._thread = local()
        self._readers: list[sqlite3.Connection] = []
        with translated(path):
            self._writer = self._connect()
        try:
            self._prepare(migrations("sqlite") if steps is None else steps, upgrade)
        except BaseException:
            self.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _prepare(self, steps: Sequence[Migration], upgrade: bool) -> None:
        with translated(self._path):
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = FULL")
        with self.reading():
            present = schema_of(self._now.connection, steps, self._path)
        self.schema = Schema(present, steps[-1].version)
        if not upgrade:
            check_up_to_date(present, steps, self._path)
        elif present < steps[-1].version:
            with self.writing():
                take_steps(self._now.connection, steps, self._path)

    @contextmanager
    def writing(self, *, alone: bool = True) -> Iterator[None]:
        self._refuse_nesting()
        with translated(self._path):
            with self._turn:
                group = self._begun()
                try:
                    with self._savepoint(group), self._running(self._writer) as endings:
                        yield
                        endings.run(self)
                finally:
                    # Who waits for the turn joins the group; the last one commits for all.
                    if group.members >= _MOST_IN_A_GROUP or not self._turn.waiting:
                        self._commit(group)
            # Nobody is left to commit when who waited was interrupted.
            while not group.ended.wait(_SECOND_LOOK_S):
                with self._turn:
                    self._commit(group)
            group.check()

    def recording(self) -> AbstractContextManager[None]:
        return self.writing()

    def _begun(self) -> _Group:
        """Give the group that is open, or a new one."""
        if self._group.ended.is_set():
            self._begin()
            self._group = _Group()
        return self._group

    def _begin(self) -> None:
        """Begin to write as soon as no other process does; SQLite's own way to wait looks ever less often."""
        until_s = monotonic() + self._patience_s
        with self._line.standing(until_s):
            self._writer.execute("PRAGMA busy_timeout = 0")
            try:
                if not soon(self._begun_at_once, until_s):
                    self._writer.execute("BEGIN IMMEDIATE")
            finally:
                self._writer.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")

    def _begun_at_once(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True

    @contextmanager
    def _savepoint(self, group: _Group) -> Iterator[None]:
        """Let one member in, or undo what it did and leave the others as they are."""
        self._writer.execute("SAVEPOINT member")
        try:
            yield
            self._writer.execute("RELEASE member")
            group.members += 1
        except BaseException as error:
            if not self._writer.in_transaction:
                # Some failures (a full disk) have undone everything, and with it what the others did.
                group.end(error)
            elif group.members:
                self._writer.execute("ROLLBACK TO member")
                self._writer.execute("RELEASE member")
            else:
                self._writer.execute("ROLLBACK")
                group.end()
            raise

    def _commit(self, group: _Group) -> None:
        """Put a group on the disk, unless another member has."""
        if group.ended.is_set():
            return
        try:
            self._writer.execute("COMMIT")
            group.end()
        except BaseException as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            group.end(error)

    @contextmanager
    def reading(self) -> Iterator[None]:
        self._refuse_nesting()
        with translated(self._path):
            reader = self._reader()
            try:
                reader.execute("BEGIN")
                with self._running(reader):
                    yield
            finally:
                if reader.in_transaction:
                    reader.execute("ROLLBACK")
                self._readers.append(reader)

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._readers.pop()
        except IndexError:
            fresh = self._connect()
            fresh.execute("PRAGMA query_only = ON")
            return fresh

    def _refuse_nesting(self) -> None:
        if getattr(self._thread, "running", None) is not None:
            raise RuntimeError("a transaction within a transaction: end the first one before")

    @contextmanager
    def _running(self, connection: sqlite3.Connection) -> Iterator[Endings]:
        endings = Endings()
        self._thread.running = _Running(connection, endings)
        try:
            yield endings
        finally:
            self._thread.running = None

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        return self._now.connection.execute(statements()[name].sql, values).fetchall()

    def run(self, name: str, /, **values: Any) -> int:
        return self._now.connection.execute(statements()[name].sql, values).rowcount

    def run_all(self, name: str, values: Iterable[Values], /) -> int:
        return max(0, self._now.connection.executemany(statements()[name].sql, values).rowcount)

    def at_end(self, finish: Finish, item: Any, /) -> None:
        self._now.endings.add(finish, item)

    @property
    def _now(self) -> _Running:
        running: _Running | None = getattr(self._thread, "running", None)
        if running is None:
            raise RuntimeError("a statement outside of `reading` and `writing`")
        return running

    def damage(self) -> list[str]:
        ask = self._now.connection.execute
        broken = [row[0] for row in ask("PRAGMA integrity_check") if row[0] != "ok"]
        orphans = [
            f"a row of {row['table']} refers to a row of {row['parent']} that is not there"
            for row in ask("PRAGMA foreign_key_check")
        ]
        return broken + orphans

    def close(self) -> None:
        for connection in (self._writer, *self._readers):
            connection.close()
        self._line.close()
