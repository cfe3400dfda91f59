"""What the queue asks of a database, and its statements, each with a name and a sentence."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

import orjson

Values = Mapping[str, Any]


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
    """One connection to a store; statements are called by their name in `queries/`.

    Safe for use by several threads, which take turns.
    """

    def writing(self) -> AbstractContextManager[None]:
        """Do what follows in one transaction, as the only writer: all of it lasts, or nothing.

        Raises StoreBusy when another process does not let go of the store in time.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Read what follows as of one moment."""

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Give the rows of a query; inside `reading` or `writing`."""

    def run(self, name: str, /, **values: Any) -> int:
        """Run one change and give the number of rows it touched; inside `writing`."""

    def run_all(self, name: str, values: Iterable[Values], /) -> int:
        """Run one change for each of `values` and give the number of rows touched; inside `writing`."""

    def close(self) -> None:
        """Let go of the connection; a second call does nothing."""


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
    """Split a file of statements, each headed by `-- name: <name>` and a `-- <sentence>`."""
    found: dict[str, Statement] = {}
    for part in text.split("-- name: ")[1:]:
        name, sentence, sql = (*(line.strip() for line in part.split("\n", 2)), "", "")[:3]
        if not sentence.startswith("-- ") or not sql:
            raise ValueError(f"statement {name!r} needs a line '-- <what it does>' and then its SQL")
        if name in found:
            raise ValueError(f"statement {name!r} is there twice; give each its own name")
        found[name] = Statement(sentence.removeprefix("-- "), sql)
    return found
