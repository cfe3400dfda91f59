"""Looks into a store with plain SQL, past everything that riskdesk believes about it."""

import sqlite3
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row


class Raw(Protocol):
    """A second connection to a store."""

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Give the rows of a query, by column."""

    def close(self) -> None:
        """Let go."""


class RawSqlite:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(sql)]

    def close(self) -> None:
        self._connection.close()


class RawPostgres:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return self._connection.execute(sql.encode()).fetchall()

    def close(self) -> None:
        self._connection.close()


def raw_of(url: str) -> Raw:
    """Look into the store at a URL."""
    scheme, _, rest = url.partition("://")
    return RawSqlite(rest.removeprefix("/")) if scheme == "sqlite" else RawPostgres(url)
