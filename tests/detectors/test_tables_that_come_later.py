"""A table that takes effect while the flow runs counts for every detector as one that was there before."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from pydantic import TypeAdapter

from detectors import available
from detectors.examples import Example, read, run
from domain.growing import growing_tables
from domain.tables import Tables

WITH_TABLES = [
    (made, example)
    for made in available().values()
    for example in read(made)
    if example.tables != Tables() and example.fires
]


def versions(tables: Tables) -> Iterator[tuple[str, Any]]:
    for each in fields(tables):
        for version in getattr(tables, each.name).versions:
            yield each.name, version


@pytest.mark.parametrize(
    ("made", "example"),
    WITH_TABLES,
    ids=[f"{made.__module__}: {example.name}" for made, example in WITH_TABLES],
)
def test_a_table_that_comes_after_a_detector_was_bound_counts_as_one_before(
    made: Any, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = TypeAdapter(made).validate_python(example.parameters)
    expected = run(detector, example.events, example.tables)
    growing = growing_tables()
    step = detector.bound(growing)
    for name, version in versions(example.tables):
        assert getattr(growing, name).add(version), "bound, it has asked already"
    monkeypatch.setattr(made, "bound", lambda self, tables: step)
    assert run(detector, example.events, growing) == expected != []
