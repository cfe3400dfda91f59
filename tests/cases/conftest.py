"""One contract for every store: add a database here and every test of a store runs on it.

On PostgreSQL only the contract itself is among the tests that take seconds.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.store import Store, open_store
from tests.sqlite_store import sqlite_store


@pytest.fixture
def sqlite_empty_url(tmp_path: Path) -> str:
    """A store that is not there yet."""
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty store."""
    return sqlite_store(tmp_path / "desk.db")


URL_OF_STORE = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened
