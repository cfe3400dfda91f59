"""Which conditions hold on a device, from its reports in order."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from devices.codes import Catalogue, Code
from devices.history import History
from domain.telemetry import Component, Telemetry

# What only the desk may clear is work in the queue, not a state of the machine: so long after it was last
# reported it no longer colours the device's state.
DESK_HOLD_MS = 24 * 3_600_000

_Key = tuple[str, int, str]


class Condition(NamedTuple):
    """Something that holds on a device or one of its units since `since_ms`, last said at `last_ms`."""

    code: str
    component: Component
    unit: int
    severity: int
    since_ms: int
    last_ms: int


Conditions = tuple[Condition, ...]


class _Step(NamedTuple):
    """A report, or where one of them (`of`) ends by itself. At one time what ends goes first."""

    at_ms: int
    begins: bool
    number: int
    event: Telemetry


class Timeline:
    """The conditions of one device at any time."""

    def __init__(self, history: History, codes: Catalogue) -> None:
        """Go through the reports once."""
        self.changes_ms: list[int] = []
        self._conditions: list[Conditions] = []
        fold = _Fold(codes)
        for step in sorted(_steps(history, codes), key=lambda step: step[:3]):
            if step.begins:
                fold.take(step.event)
            else:
                fold.end(step.event, step.at_ms)
            self._keep(step.at_ms, tuple(sorted(fold.held.values())))

    def at(self, at_ms: int) -> Conditions:
        """Give the conditions that hold at a time, in the order of their codes."""
        index = bisect_right(self.changes_ms, at_ms)
        return self._conditions[index - 1] if index else ()

    def _keep(self, at_ms: int, held: Conditions) -> None:
        if self.changes_ms and self.changes_ms[-1] == at_ms:
            self._conditions[-1] = held
        else:
            self.changes_ms.append(at_ms)
            self._conditions.append(held)


def _steps(history: History, codes: Catalogue) -> Iterator[_Step]:
    for number, event in enumerate(history.reports):
        yield _Step(event.at_ms, True, number, event)
        code = codes[event.code]
        if event.edge == "clear" or (code.axis is None and code.bucket is None):
            continue
        if "alive" in code.cleared_by:
            index = bisect_right(history.alive_ms, event.at_ms)
            if index < len(history.alive_ms):
                yield _Step(history.alive_ms[index], False, number, event)
        if code.cleared_by == ("desk",):
            yield _Step(event.at_ms + DESK_HOLD_MS, False, number, event)


class _Fold:
    """The conditions that hold after the reports so far."""

    def __init__(self, codes: Catalogue) -> None:
        self.held: dict[_Key, Condition] = {}
        self._codes = codes

    def take(self, event: Telemetry) -> None:
        code = self._codes[event.code]
        if _begins(event, code):
            self._clear_named(event, code)
            self._begin(event, code)
        elif code.cleared_by != ("desk",):
            # A state of 0 says that no level of the family holds; a clear is about its own level.
            names = self._codes.family_of(code.name) if event.edge == "state" else (code.name,)
            for name in names:
                self.held.pop((event.component, event.unit, name), None)

    def end(self, event: Telemetry, at_ms: int) -> None:
        """End what a report began, unless it was said again since."""
        key = (event.component, event.unit, self._codes[event.code].name)
        found = self.held.get(key)
        if found is None:
            return
        heard = "alive" in self._codes[found.code].cleared_by and found.last_ms < at_ms
        if heard or found.last_ms == event.at_ms:
            del self.held[key]

    def _begin(self, event: Telemetry, code: Code) -> None:
        if code.axis is None and code.bucket is None:
            return
        for name in self._codes.family_of(code.name):
            if name != code.name:
                self.held.pop((event.component, event.unit, name), None)
        key = (event.component, event.unit, code.name)
        known = self.held.get(key)
        since_ms = known.since_ms if known else event.at_ms
        severity = event.severity or code.severity
        self.held[key] = Condition(code.name, event.component, event.unit, severity, since_ms, event.at_ms)

    def _clear_named(self, event: Telemetry, code: Code) -> None:
        """End what this report says is over: of its unit, or of all where it names none."""
        for key, condition in list(self.held.items()):
            meant = event.unit in (0, condition.unit)
            if meant and code.name in self._codes[condition.code].cleared_by:
                del self.held[key]


def _begins(event: Telemetry, code: Code) -> bool:
    """Tell whether a report says that something holds; a state of what is no error at all says so too."""
    return event.edge == "raise" or (event.edge == "state" and (event.severity > 0 or code.severity == 0))
