"""What a detector remembers under one setting is gone on with under any other: nothing fails."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from detectors import available
from detectors.base import Detector
from detectors.examples import read, run
from domain.instants import span_ms
from tests.detectors.contract import loaded, packed

DETECTORS = available()


def others(made: type[Detector[Any, Any]], given: dict[str, Any]) -> Iterator[Detector[Any, Any]]:
    """Set one parameter at a time to something else: far less, far more, the opposite, another choice."""
    adapter = TypeAdapter(made)
    detector = adapter.validate_python(given)
    for field in fields(made):
        value = getattr(detector, field.name)
        for other in changed(value):
            try:
                yield adapter.validate_python(given | {field.name: other})
            except ValidationError:
                continue


def changed(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value // 7 + 1, value * 3]
    if isinstance(value, timedelta):
        return [value / 50, value * 7]
    if isinstance(value, dict):
        return [
            {
                name: entry[0] if entry else name
                for name, entry in zip(value, map(changed, value.values()), strict=True)
            }
        ]
    return ["start", "end", "both", "population"]


class Changed:
    """A detector that goes on under another setting from a certain event on; as `run` takes one."""

    def __init__(self, before: Detector[Any, Any], after: Detector[Any, Any], at: int) -> None:
        self._before, self._after, self._left = before, after, at
        self._now = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now, name)

    def bound(self, tables: Any) -> Any:
        before, after = self._before.bound(tables), self._after.bound(tables)

        def step(state: list[Any], event: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                self._now = self._after
            bound = after if self._now is self._after else before
            return bound(self._at_hand(state), event)

        return step

    def start(self) -> list[Any]:
        return [self._now, self._now.start()]

    def due(self, state: list[Any]) -> int | None:
        return self._now.due(self._at_hand(state))

    def expire(self, state: list[Any], at_ms: int) -> Any:
        return self._now.expire(self._at_hand(state), at_ms)

    def _at_hand(self, state: list[Any]) -> Any:
        if state[0] is not self._now:
            state[:] = self._now, loaded(self._now, packed(state[0], state[1]))
        return state[1]


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_goes_on_under_another_setting(name: str) -> None:
    made = DETECTORS[name]
    tried = 0
    for example in read(made):
        before = TypeAdapter(made).validate_python(example.parameters)
        for after in others(made, example.parameters):
            both: Any = Changed(before, after, len(example.events) // 2)
            run(both, example.events, example.tables)
            assert span_ms(after.memory) > 0
            tried += 1
    assert tried or not fields(made)
