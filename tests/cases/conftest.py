"""One contract for every store: add a database here and all of test_contract.py runs on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cases.store import Store, open_store

URL_OF_STORE: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder}/desk.db",
}


@pytest.fixture(params=URL_OF_STORE)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return URL_OF_STORE[request.param](tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened
