"""What a detector says it cannot work without is what its own examples show, no more and no less."""

from typing import Any

import pytest
from msgspec.structs import fields, replace
from pydantic import TypeAdapter

from detectors import available
from detectors.base import Detector
from detectors.examples import Example, read, run
from domain.events import Event

DETECTORS = available()


def optional(type_: type) -> set[str]:
    return {field.name for field in fields(type_) if field.default is None}


def without(event: Event, name: str) -> Event:
    """Take an optional field out of an event."""
    return replace(event, **{name: None}) if name in optional(type(event)) else event


def fires(made: type[Detector[Any, Any]], example: Example, name: str) -> bool:
    """Whether anything fires in an example whose events lack a field; each here fires as it is written."""
    events = [without(event, name) for event in example.events]
    if events == [*example.events]:
        return True
    detector = TypeAdapter(made).validate_python(example.parameters)
    return bool(run(detector, events, example.tables))


def shown(made: type[Detector[Any, Any]]) -> tuple[str, ...]:
    """Give the optional fields without which not one of the examples that fire does."""
    examples = [example for example in read(made) if example.fires]
    names = sorted({name for type_ in made.reads for name in optional(type_)})
    return tuple(name for name in names if not any(fires(made, example, name) for example in examples))


@pytest.mark.parametrize("made", DETECTORS.values(), ids=list(DETECTORS))
def test_a_detector_declares_the_fields_without_which_no_example_fires(made: Any) -> None:
    assert tuple(sorted(made.needs)) == shown(made)


@pytest.mark.parametrize("made", DETECTORS.values(), ids=list(DETECTORS))
def test_a_detector_declares_rates_that_can_be(made: Any) -> None:
    assert 0 < made.most_share <= 1
    assert made.least_per_million is None or 0 < made.least_per_million < 1_000_000 * made.most_share


def test_a_detector_that_forgets_what_it_needs_is_found() -> None:
    made = DETECTORS["impossible_travel"]
    assert shown(made) == ("place",)
    assert shown(DETECTORS["burst"]) == ()
