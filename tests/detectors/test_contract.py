"""Every detector found passes the same examination; no line here names one."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from detectors import available
from detectors.base import Detector
from detectors.examples import read
from domain.events import Event
from domain.telemetry import Telemetry
from tests.detectors.contract import OF_A_CLASS, ON_EVENTS, OnEvents, Subject
from tests.detectors.reports import device_streams
from tests.detectors.streams import disturbed, streams

DETECTORS = available()
# What is asked for again with each sequence that is drawn is read from its file once.
examples_of = cache(read)


@pytest.fixture(scope="module", params=DETECTORS.values(), ids=list(DETECTORS))
def made(request: pytest.FixtureRequest) -> Any:
    return request.param


def skip_what_is_waived(made: type[Detector[Any, Any]], check: Callable[..., None]) -> None:
    if check.__name__ in made.waives:
        pytest.skip(f"waived: {made.waives[check.__name__]}")


@pytest.mark.parametrize("check", OF_A_CLASS, ids=lambda check: check.__name__)
def test_every_detector(made: Any, check: Callable[[type[Detector[Any, Any]]], None]) -> None:
    skip_what_is_waived(made, check)
    check(made)


@pytest.mark.parametrize("check", ON_EVENTS, ids=lambda check: check.__name__)
def test_every_detector_on_its_examples(made: Any, check: OnEvents) -> None:
    skip_what_is_waived(made, check)
    for example in examples_of(made):
        detector = TypeAdapter(made).validate_python(example.parameters)
        check(Subject(detector, example.tables), example.events)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_detector_on_any_events(made: Any, data: st.DataObject) -> None:
    of_devices = Telemetry in made.reads or made.scope.value in ("device", "branch")
    examine(Subject(made()), data.draw(device_streams() if of_devices else streams()))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_detector_on_disturbed_examples(made: Any, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(examples_of(made)), label="example")
    detector = TypeAdapter(made).validate_python(example.parameters)
    examine(Subject(detector, example.tables), data.draw(disturbed(example.events)))


def examine(subject: Subject, events: Sequence[Event]) -> None:
    for check in ON_EVENTS:
        if check.__name__ not in subject.detector.waives:
            check(subject, events)


def test_a_waiver_names_a_check(made: Any) -> None:
    known = {check.__name__ for check in (*OF_A_CLASS, *ON_EVENTS)}
    assert set(made.waives) <= known
