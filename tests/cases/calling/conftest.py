from collections.abc import Iterator

import pytest

from cases.store import Store, open_store
from tests.cases.calling.night import customer


@pytest.fixture
def desk(url: str) -> Iterator[Store]:
    """A store that knows the customer u1 and their two numbers."""
    with open_store(url) as opened:
        opened.reference.put([customer()])
        yield opened
