"""What the queue asks of a database, and its statements, each with a name and a sentence."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

import orjson

from cases.audit.keys import Keys
from cases.schema import Schema

Values = Mapping[str, Any]
# What a URL of a server's database looks like, for who wrote one that is none.
POSTGRESQL_URL = "postgresql://user@host:5432/database, with what else libpq reads behind a `?`"
_ANOTHER = re.compile(r"\{(\w+)\}")


class Row(Protocol):
    """One row of a result, by column name."""

    def __getitem__(self, column: str, /) -> Any:
        """Give the value in a column."""

    def keys(self) -> Iterable[str]:
        """Give the names of the columns."""


class Statement(NamedTuple):
    """One statement of `queries/`."""

    sentence: str
    sql: str


class Database(Protocol):
    """A store; statements are called by their name in `queries/`.

    Safe for use by several threads; each has one transaction at a time.
    """

    keys: Keys  # what the audit of this store is chained and sealed with
    schema: Schema

    def writing(self, *, alone: bool = True) -> AbstractContextManager[None]:
        """Do what follows in one transaction, as the only writer: all of it lasts, or nothing.

        Not `alone`, others may write at the same time that are not alone either, as claims do: for
        statements that lock the rows they go by. Where a store has one writer that makes no difference.
        Raises StoreBusy when another process does not let go of the store in time.
        """

    def recording(self) -> AbstractContextManager[None]:
        """Do what follows in one transaction that waits for no other before its end.

        For what touches one row that no other depends on, and for the audit's own: whoever only looks at
        something must not wait for those who write, as far as the store can have it. Raises as `writing`.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Read what follows as of one moment."""

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Give the rows of a query; inside `reading` or `writing`."""

    def run(self, name: str, /, **values: Any) -> int:
        """Run one change and give the number of rows it touched; inside `writing`."""

    def run_all(self, name: str, values: Iterable[Values], /) -> int:
        """Run one change for each of `values` and give the number of rows touched; inside `writing`."""

    def at_end(self, finish: "Finish", item: Any, /) -> None:
        """Hand `item`, with all others of this transaction, to `finish` right before it commits.

        For what everyone must lock (the end of the audit's chain): locked last, it cannot deadlock, and
        nobody waits for the rest of the transaction. Inside `writing`.
        """

    def damage(self) -> list[str]:
        """Give what the database itself finds wrong with its tables; inside `reading`."""

    def close(self) -> None:
        """Let go of the connections; a second call does nothing."""


# What ends a transaction: it gets all that was handed over for it, in order.
Finish = Callable[[Database, Sequence[Any]], None]


class Endings:
    """What is still to be done in a transaction before it commits."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._waiting: dict[Finish, list[Any]] = {}

    def add(self, finish: Finish, item: Any) -> None:
        """Keep `item` for `finish`."""
        self._waiting.setdefault(finish, []).append(item)

    def run(self, db: Database) -> None:
        """Do all of it."""
        for finish, items in self._waiting.items():
            finish(db, items)
        self.forget()

    def forget(self) -> None:
        """Do nothing of it: the transaction is undone."""
        self._waiting = {}


def as_json(values: Iterable[str]) -> str:
    """Write a list the way the statements take one."""
    return orjson.dumps(list(values)).decode()


@cache
def statements() -> dict[str, Statement]:
    """Read every named statement of `queries/`.

    Raises ValueError for one without a sentence, or with a name that is taken.
    """
    folder = files("cases").joinpath("queries")
    texts = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".sql"))
    return parse_statements("\n".join(texts))


def parse_statements(text: str) -> dict[str, Statement]:
    """Split a file of statements, each headed by `-- name: <name>` and a `-- <sentence>`.

    `{name}` in one stands for the statement called so, further up in the file.
    """
    found: dict[str, Statement] = {}
    for part in text.split("-- name: ")[1:]:
        name, sentence, sql = (*(line.strip() for line in part.split("\n", 2)), "", "")[:3]
        if not sentence.startswith("-- ") or not sql:
            raise ValueError(f"statement {name!r} needs a line '-- <what it does>' and then its SQL")
        if name in found:
            raise ValueError(f"statement {name!r} is there twice; give each its own name")
        whole = _ANOTHER.sub(lambda part: found[part[1]].sql.rstrip().removesuffix(";"), sql)
        found[name] = Statement(sentence.removeprefix("-- "), whole)
    return found
