"""What every detector must do, whatever it notices: checks that name no detector.

`OF_A_CLASS` looks at a detector as it is declared, `ON_EVENTS` at what it does with a sequence of events.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from detectors.base import Detector
from detectors.examples import Fired, run
from devices.codes import catalogue
from domain.events import Event, Progress
from domain.findings import Finding, Severity
from domain.instants import span_ms
from domain.tables import Tables
from domain.telemetry import Telemetry
from tests.detectors.reports import homely_reports, report_crowd
from tests.detectors.streams import HOUR_MS, crowd, homely, moved, twin

PARAGRAPHS = ("Why", "Misses", "False alarms", "Late", "Prior", "State")


class Subject(NamedTuple):
    """A detector under examination, with the tables it reads."""

    detector: Detector[Any, Any]
    tables: Tables = Tables()

    def run(self, events: Sequence[Event]) -> list[Fired]:
        return run(self.detector, events, self.tables)

    def key(self, event: Event) -> Any:
        return getattr(event, self.detector.scope, None) if self.detector.wants(event) else None


class Resumed:
    """A detector whose state is saved before each call and loaded for it."""

    def __init__(self, detector: Detector[Any, Any]) -> None:
        self.detector = detector
        self.scope, self.wants, self.severity = detector.scope, detector.wants, detector.severity

    def start(self) -> list[bytes]:
        return [packed(self.detector, self.detector.start())]

    def bound(self, tables: Tables) -> Callable[[list[bytes], Event], Any]:
        step = self.detector.bound(tables)
        return lambda saved, event: self._with(saved, lambda state: step(state, event))

    def due(self, saved: list[bytes]) -> int | None:
        return self._with(saved, self.detector.due)

    def expire(self, saved: list[bytes], at_ms: int) -> Any:
        return self._with(saved, lambda state: self.detector.expire(state, at_ms))

    def _with(self, saved: list[bytes], call: Callable[[Any], Any]) -> Any:
        state = loaded(self.detector, saved[0])
        assert packed(self.detector, state) == saved[0]
        answer = call(state)
        saved[0] = packed(self.detector, state)
        return answer


# --- how it is declared


def says_what_it_is(made: type[Detector[Any, Any]]) -> None:
    text = made.__doc__ or ""
    missing = [name for name in PARAGRAPHS if f"\n    {name}: " not in text]
    assert not missing, f"the docstring has no paragraph {', '.join(missing)}"
    assert declared_bound(made) > 0


def needs_no_parameters(made: type[Detector[Any, Any]]) -> None:
    assert is_dataclass(made)
    assert made() == made()
    for parameter in fields(made):
        described = [getattr(extra, "description", None) for extra in parameter.type.__metadata__]
        assert any(described), f"parameter {parameter.name} says nothing about itself"


def declares_sound_values(made: type[Detector[Any, Any]]) -> None:
    assert 0 < made.prior < 1
    assert made().memory > timedelta(0)
    assert made.version >= 1
    assert all(reason for reason in made.waives.values())


def cannot_be_changed(made: type[Detector[Any, Any]]) -> None:
    assert made.__dataclass_params__.frozen, "parameters are fixed: put frozen=True"  # type: ignore[attr-defined]


def is_bounded(made: type[Detector[Any, Any]]) -> None:
    """Ten thousand events of one key, with the longest of tokens, stay below the bound it declares."""
    detector = made()
    state, bound = detector.start(), declared_bound(made)
    met: set[type] = set()
    for number, event in enumerate(crowd_for(made, 10_000)):
        if detector.wants(event):
            detector.step(state, event)
            met.add(type(event))
        if number % 250 == 0:
            size = len(packed(detector, state))
            assert size <= bound, f"{size:,} bytes after {number:,} events, {bound:,} are declared"
    assert met & {*detector.reads}, "the crowd holds nothing that it reads"


def finds_nothing_in_sameness(made: type[Detector[Any, Any]]) -> None:
    """The same thing for ever is not unusual, unless the detector is not about the unusual."""
    if not made.about_the_unusual:
        return
    for template in [*crowd_for(made, 12), *homely(12), *homely_reports(12)]:
        for pace_ms in (1_000, HOUR_MS, 24 * HOUR_MS):
            events = [moved(template, number * pace_ms, number) for number in range(300)]
            assert Subject(made()).run(events) == []


OF_A_CLASS: tuple[Callable[[type[Detector[Any, Any]]], None], ...] = (
    says_what_it_is,
    needs_no_parameters,
    declares_sound_values,
    cannot_be_changed,
    is_bounded,
    finds_nothing_in_sameness,
)


# --- what it does with events


def finds_sound_things(subject: Subject, events: Sequence[Event]) -> None:
    for fired in subject.run(events):
        finding = fired.finding
        assert isinstance(finding, Finding)
        assert 0 <= finding.probability <= 1
        assert type(finding.exposure_minor) is int
        assert finding.exposure_minor >= 0
        assert finding.reason.endswith(".")
        json.dumps(finding.evidence, allow_nan=False)
        assert all(isfinite(value) for value in finding.evidence.values() if isinstance(value, float))
        assert not finding.ring or ":" in finding.ring


def tells_what_begins_and_what_is_over(subject: Subject, events: Sequence[Event]) -> None:
    """About a device it names a known code; what is over began before, once, and is not the desk's to end."""
    of_devices = Telemetry in subject.detector.reads or subject.detector.scope.value in ("device", "branch")
    begun: set[tuple[str, str]] = set()
    for fired in subject.run(events):
        alarm, anchor = fired.finding.alarm, fired.finding.anchor or fired.event_id
        assert (alarm is not None) == of_devices
        if alarm is None:
            continue
        assert alarm.code in catalogue().codes
        assert alarm.since_ms <= fired.at_ms
        assert not alarm.device or subject.detector.scope.value == "branch"
        if not alarm.over:
            begun.add((fired.key, anchor))
            continue
        assert fired.severity == Severity.LOW
        assert "desk" not in catalogue()[alarm.code].cleared_by
        assert anchor.endswith(":over")
        begun.remove((fired.key, anchor.removesuffix(":over")))


def never_sees_another_key(subject: Subject, events: Sequence[Event]) -> None:
    """Of other keys it may know nothing but that time passes."""
    twins = [twin(event, subject.detector.scope.value) for event in events]
    both = subject.run(list(chain.from_iterable(zip(events, twins, strict=True))))
    for one in (events, twins):
        for key in {subject.key(event) for event in one}:
            alone = subject.run(
                [
                    event if subject.key(event) == key else Progress(at=event.at, at_ms=event.at_ms)
                    for event in one
                ]
            )
            assert [fired for fired in both if fired.key == key] == alone


def resumes_anywhere(subject: Subject, events: Sequence[Event]) -> None:
    """Saving and loading before every event and every waking changes nothing."""
    resumed: Any = Resumed(subject.detector)
    assert run(resumed, events, subject.tables) == subject.run(events)


def dumps_a_copy(subject: Subject, events: Sequence[Event]) -> None:
    """What was dumped does not change when the state goes on."""
    detector, step = subject.detector, subject.detector.bound(subject.tables)
    state, dumps = detector.start(), []
    for event in events:
        if subject.key(event) is not None:
            step(state, event)
            dumped = detector.dump(state)
            dumps.append((dumped, msgspec.msgpack.encode(dumped)))
    assert all(msgspec.msgpack.encode(dumped) == then for dumped, then in dumps)


def leaves_its_input_alone(subject: Subject, events: Sequence[Event]) -> None:
    before = [msgspec.msgpack.encode(event) for event in events]
    subject.run(events)
    assert [msgspec.msgpack.encode(event) for event in events] == before


def says_the_same_twice(subject: Subject, events: Sequence[Event]) -> None:
    assert subject.run(events) == subject.run(events)


def answers_with_a_tuple(subject: Subject, events: Sequence[Event]) -> None:
    step = subject.detector.bound(subject.tables)
    state = subject.detector.start()
    for event in events:
        if subject.key(event) is not None:
            assert type(step(state, event)) is tuple


def takes_repeats_and_any_order(subject: Subject, events: Sequence[Event]) -> None:
    doubled = [event for event in events for _ in range(2)]
    for order in (doubled, list(reversed(doubled)), sorted(doubled, key=lambda event: event.at_ms % 7)):
        finds_sound_things(subject, order)


def forgets_after_its_memory(subject: Subject, events: Sequence[Event]) -> None:
    """After `memory` of silence it answers as if from the start."""
    if not events:
        return
    times = [event.at_ms for event in events]
    silence_ms = max(times) - min(times) + span_ms(subject.detector.memory) + 1
    later = [moved(event, silence_ms) for event in events]
    afresh = subject.run(later)
    # What it says of the silence itself comes before that is over.
    over_ms = min(times) + silence_ms
    assert [fired for fired in subject.run([*events, *later]) if fired.at_ms >= over_ms] == afresh


OnEvents = Callable[[Subject, Sequence[Event]], None]
ON_EVENTS: tuple[OnEvents, ...] = (
    finds_sound_things,
    tells_what_begins_and_what_is_over,
    never_sees_another_key,
    resumes_anywhere,
    dumps_a_copy,
    leaves_its_input_alone,
    says_the_same_twice,
    answers_with_a_tuple,
    takes_repeats_and_any_order,
    forgets_after_its_memory,
)


# --- what it is given


def crowd_for(made: type[Detector[Any, Any]], count: int) -> list[Event]:
    """Give a crowd of one key; half of it are reports where the detector reads them."""
    scope = made.scope.value
    if Telemetry not in made.reads:
        return crowd(scope, count)
    pairs = zip(crowd(scope, count)[: count // 2], report_crowd(scope, count // 2), strict=True)
    return list(chain.from_iterable(pairs))


# --- states


def declared_bound(made: type[Detector[Any, Any]]) -> int:
    """Give how many bytes the State paragraph says that a state takes at most."""
    text = " ".join((made.__doc__ or "").partition("State: ")[2].split())
    found = re.search(r"at most ([\d,]+) bytes", text)
    assert found is not None, "the State paragraph says no 'at most 1,000 bytes'"
    return int(found[1].replace(",", ""))


def packed(detector: Detector[Any, Any], state: Any) -> bytes:
    return msgspec.msgpack.encode(detector.dump(state))


def loaded(detector: Detector[Any, Any], saved: bytes) -> Any:
    return detector.load(msgspec.msgpack.decode(saved), detector.state_version)
