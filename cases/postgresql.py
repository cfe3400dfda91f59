"""The store in a PostgreSQL database: for several machines, and for claims that pass each other by."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from threading import BoundedSemaphore, Lock, local
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from cases.audit.keys import Keys, default_folder
from cases.database import Endings, Finish, Row, Values, statements
from cases.dialects import postgresql_migration, postgresql_statement
from cases.errors import NotAStore, StoreMissing
from cases.postgresql_bulk import BulkInserts
from cases.postgresql_roles import GUARDED, grants
from cases.postgresql_server import Connection, Server, translated
from cases.schema import Migration, Schema, check_known, check_up_to_date, migrations

# More threads than this take turns: a server allows about a hundred connections to all its clients.
_MOST_CONNECTIONS = 16
# Of these at most so many wait to write, so that reading never waits for who writes.
_MOST_WRITING = 8
# Whoever holds this advisory lock of the database writes alone.
_WRITING = int.from_bytes(b"riskdesk", "big")
_BEGIN_ALONE = f"BEGIN; SELECT pg_advisory_xact_lock({_WRITING})"
_BEGIN_BESIDE = f"BEGIN; SELECT pg_advisory_xact_lock_shared({_WRITING})"
_BEGIN_RECORDING = "BEGIN"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_DAMAGE = """
SELECT 'index' AS kind, CAST(indexrelid AS REGCLASS)::TEXT AS name FROM pg_index WHERE NOT indisvalid
UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE NOT convalidated
"""


class _Running(NamedTuple):
    """The transaction of a thread."""

    connection: Connection
    endings: Endings


class PostgresDatabase:
    """A `Database` over one PostgreSQL database.

    Each transaction that runs at the same time has a connection. One that was lost, as in a restart of the
    server, is made anew at the next transaction.
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        upgrade: bool = True,
        steps: Sequence[Migration] | None = None,
        keys: Keys | None = None,
    ) -> None:
        """Connect to `url` as libpq does and bring the schema up to the last of `steps` (all there are).

        Raises WrongUse for what is no URL, StoreBusy when the server is away, StoreMissing when there is no
        schema and `create` is false, StoreTooOld when it is old and `upgrade` is false, StoreTooNew when a
        newer riskdesk made it, NotAStore where other tables are, and StoreError when the server refuses.
        """
        self._server = Server(url)
        self.keys = keys or Keys(default_folder())
        self._idle: list[Connection] = []
        self._idle_lock = Lock()
        self._turns = BoundedSemaphore(_MOST_CONNECTIONS)
        self._writers = BoundedSemaphore(_MOST_WRITING)
        self._thread = local()
        self._bulk = BulkInserts()
        try:
            self._prepare(migrations("postgresql") if steps is None else steps, create, upgrade)
        except BaseException:
            self.close()
            raise

    def _prepare(self, steps: Sequence[Migration], create: bool, upgrade: bool) -> None:
        with self.reading():
            present = self._schema(steps)
        if present == 0 and not create:
            raise StoreMissing(
                f"there is no store in {self._server}: check the URL, or run `riskdesk store migrate` with it"
            )
        self.schema = Schema(present, steps[-1].version)
        if not upgrade:
            check_up_to_date(present, steps, self._server)
        elif present < steps[-1].version:
            with self.writing():
                self._upgrade(steps)

    def _schema(self, steps: Sequence[Migration]) -> int:
        """Give the schema's version, 0 for an empty database."""
        ask = self._connection.execute
        tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        if not tables:
            return 0
        if "schema_version" not in (row["tablename"] for row in tables):
            raise NotAStore(
                f"{self._server} holds other tables and no store; give riskdesk a database of its own"
            )
        present = int(ask("SELECT MAX(version) AS version FROM schema_version").fetchall()[0]["version"])
        check_known(present, steps, self._server)
        return present

    def _upgrade(self, steps: Sequence[Migration]) -> None:
        """Take the steps that are missing; another process may have taken them while this one waited."""
        present = self._schema(steps)
        for step in steps:
            if step.version > present:
                # Without parameters the text may hold many statements, all in this transaction.
                self._connection.execute(postgresql_migration(step.sql).encode())
                self._connection.execute(
                    "INSERT INTO schema_version VALUES (%s, %s)", (step.version, step.name)
                )

    @contextmanager
    def writing(self, *, alone: bool = True) -> Iterator[None]:
        self._refuse_nesting()
        with self._writers, self._transaction(_BEGIN_ALONE if alone else _BEGIN_BESIDE):
            yield

    def recording(self) -> AbstractContextManager[None]:
        return self._transaction(_BEGIN_RECORDING)

    def reading(self) -> AbstractContextManager[None]:
        return self._transaction(_BEGIN_READING)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._refuse_nesting()
        with self._turns, translated(self._server):
            connection = self._begun(begin)
            endings = Endings()
            self._thread.running = _Running(connection, endings)
            try:
                yield
                endings.run(self)
                if connection.execute("COMMIT").statusmessage != "COMMIT":
                    raise RuntimeError("a statement failed before, so that the transaction was undone")
            finally:
                self._thread.running = None
                self._give_back(connection)

    def _refuse_nesting(self) -> None:
        if self._running is not None:
            raise RuntimeError("a transaction within a transaction: end the first one before")

    def _begun(self, begin: str) -> Connection:
        """Give a connection in a new transaction; one that was lost while it lay idle is replaced."""
        with self._idle_lock:
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            try:
                idle.execute(begin.encode(), prepare=False)
                return idle
            except psycopg.OperationalError:
                self._give_back(idle)
                if not idle.closed:
                    raise
                # The others were lost with it.
                self.close()
        fresh = self._server.connect()
        try:
            fresh.execute(begin.encode(), prepare=False)
        except BaseException:
            fresh.close()
            raise
        return fresh

    def _give_back(self, connection: Connection) -> None:
        """Keep a connection for the next transaction, with what is left of this one undone."""
        try:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
        if not connection.closed:
            with self._idle_lock:
                self._idle.append(connection)

    @property
    def _running(self) -> _Running | None:
        return getattr(self._thread, "running", None)

    @property
    def _connection(self) -> Connection:
        if self._running is None:
            raise RuntimeError("a statement outside of `reading` and `writing`")
        return self._running.connection

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        found: list[Row] = list(self._connection.execute(_sql(name), values).fetchall())
        return found

    def run(self, name: str, /, **values: Any) -> int:
        return self._connection.execute(_sql(name), values).rowcount

    def run_all(self, name: str, values: Iterable[Values], /) -> int:
        done = self._bulk.insert(self._connection, name, values)
        if isinstance(done, int):
            return done
        rows = list(done)
        # For none and for one, `executemany` waits for the server once more than it takes.
        if len(rows) < 2:
            return sum(self._connection.execute(_sql(name), row).rowcount for row in rows)
        with self._connection.cursor() as cursor:
            cursor.executemany(_sql(name), rows)
            return max(0, cursor.rowcount)

    def at_end(self, finish: Finish, item: Any, /) -> None:
        if self._running is None:
            raise RuntimeError("nothing to end outside of `writing`")
        self._running.endings.add(finish, item)

    def damage(self) -> list[str]:
        found = self._connection.execute(_DAMAGE.encode())
        return [f"{row['kind']} {row['name']} is not valid: make it anew" for row in found]

    def grants(self, role: str) -> tuple[str, ...]:
        """Give the statements by which the store's owner lets a role work at the desk and rewrite nothing."""
        with self.reading():
            (schema,) = self._connection.execute("SELECT current_schema() AS name").fetchall()
            return grants(schema["name"], self._connection.execute(GUARDED.encode()).fetchall(), role)

    def close(self) -> None:
        with self._idle_lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


@cache
def _sql(name: str) -> bytes:
    return postgresql_statement(statements()[name].sql).encode()
