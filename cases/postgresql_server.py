"""The server that a PostgreSQL store lies on: how to reach it, and what its errors mean to an operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg.types.numeric import Int8BinaryDumper

from cases.database import POSTGRESQL_URL
from cases.errors import StoreBusy, StoreError, WrongUse

Connection = psycopg.Connection[DictRow]

# What holds unless the URL says otherwise; a server that vanishes without a word is noticed within a minute.
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "application_name": "riskdesk",
}
_LOCK_TIMEOUT_S = 15

# While connecting, libpq hands over sentences and no codes. These are of a server that is away or on its way.
_AWAY = (
    *("Connection refused", "Connection reset", "Connection timed out", "No such file or directory"),
    *("Network is unreachable", "No route to host", "timeout expired", "connection timeout"),
    *("closed the connection", "failed to resolve host", "could not translate host name"),
    *("starting up", "shutting down", "not yet accepting connections", "recovery mode"),
    *("due to administrator command", "because of crash of another server process"),
    *("too many clients", "remaining connection slots", "too many connections"),
)
# SQLSTATEs, or classes of them, after which the same transaction may succeed: connection lost, deadlock or
# conflict, no memory, too many connections, server stopping or starting, lock not to be had, a standby that
# is not yet promoted.
_PASSING = ("08", "25006", "40", "53200", "53300", "55P03", "57P")


class Server:
    """How to reach the database of a store; as text it is what may be shown: no password."""

    def __init__(self, url: str) -> None:
        """Read a URL. Raises WrongUse for what libpq cannot read."""
        authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
        if authority.count("@") > 1:
            raise WrongUse("write an @ within a password as %40 in the store's URL, or use PGPASSWORD")
        try:
            self._settings = conninfo_to_dict(url)
        except psycopg.Error:
            # Not `from` the error, which may quote the URL, and the URL may hold the password.
            raise WrongUse(f"that is no URL of PostgreSQL; allowed is {POSTGRESQL_URL}") from None

    def __str__(self) -> str:
        """Name the database as a URL without the password."""
        said = {key: self._settings.get(key) for key in ("user", "host", "port", "dbname")}
        user = f"{said['user']}@" if said["user"] else ""
        port = f":{said['port']}" if said["port"] else ""
        return f"postgresql://{user}{said['host'] or ''}{port}/{said['dbname'] or ''}"

    def connect(self) -> Connection:
        """Give a new connection, ready for statements of `queries/`. Raises psycopg.Error."""
        connection = psycopg.connect(
            **{**_DEFAULTS, **self._settings},
            autocommit=True,
            row_factory=dict_row,
        )
        connection.prepared_max = None
        # An integer is a BIGINT: psycopg would choose by size, and each choice is another prepared statement.
        for kind in (int, bool):
            connection.adapters.register_dumper(kind, Int8BinaryDumper)
        connection.adapters.register_loader("numeric", _NumberLoader)
        # Compiling a plan takes longer than any statement of the queue.
        connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT_S}s'; SET jit = off")
        return connection


class _NumberLoader(Loader):
    """A sum of BIGINT is NUMERIC there, and an integer in SQLite; so is a mean, and a float in SQLite."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text else int(text)


@contextmanager
def translated(server: Server) -> Iterator[None]:
    """Turn what an operator can cause into the desk's own errors; the rest is a bug and stays."""
    try:
        yield
    except psycopg.Error as error:
        known = _meaning(server, error)
        if known is None:
            raise
        raise known from error


def _meaning(server: Server, error: psycopg.Error) -> StoreError | None:
    code = error.sqlstate or ""
    said = str(error).strip().replace("\n", " ")
    if isinstance(error, errors.LockNotAvailable):
        return StoreBusy(f"{server} was locked by another process for {_LOCK_TIMEOUT_S} s; try again")
    if code.startswith(_PASSING):
        return StoreBusy(f"{server} cannot be written right now ({said}); try again")
    if isinstance(error, errors.DiskFull):
        return StoreError(
            f"{server} has no room left ({said}); nothing of this was kept: make room on the server, then "
            "start again"
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreError(f"{server}: {said}; let the owner of the database grant that to this user")
    if code or not isinstance(error, psycopg.OperationalError):
        return None
    # Without a code the connection was lost, or never made.
    if isinstance(error, errors.ConnectionTimeout) or any(sign in said for sign in _AWAY):
        return StoreBusy(f"{server} is away ({said}); see that the server runs")
    if "FATAL" not in said and "failed" not in said:
        return StoreBusy(f"the connection to {server} was lost ({said}); see that the server runs")
    return StoreError(
        f"{server} does not let riskdesk in ({said}); check the user, the password (PGPASSWORD or a "
        "password file keep it out of the URL), the database and the server's pg_hba.conf"
    )
