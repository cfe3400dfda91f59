"""A condition that comes and goes all the time."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import Condition, standing, unit_words
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms
from domain.telemetry import Telemetry

# The newest event (ms), and what each condition is in: see `_LATEST_MS` on.
_NEWEST_MS, _CONDITIONS = range(2)
State = list[Any]
# Of a condition: its newest report (ms), its last 21 states as bits with the newest last, and since when its
# unit is flapping (ms, None: this condition is not).
_LATEST_MS, _BITS, _SINCE_MS = range(3)

_MOST_CONDITIONS = 16
_STATES = 21
_KEPT = (1 << _STATES) - 1
# The weight of each change, the newest first.
_CHANGES = _STATES - 1
_WEIGHTS = [0.75 + (_CHANGES - 1 - age) * 0.5 / (_CHANGES - 1) for age in range(_CHANGES)]


def flap_percent(bits: int) -> float:
    """Give how much the last 21 states change, 0 to 100, where recent changes weigh more than old ones.

    `bits` has a bit for each state, the newest last. States that were never reported are as the oldest.

    >>> flap_percent(0), flap_percent(0b1), flap_percent(0b101010101010101010101)
    (0.0, 6.25, 100.0)
    """
    changed = (bits ^ bits >> 1) & (1 << _CHANGES) - 1
    weight = sum(_WEIGHTS[age] for age in range(_CHANGES) if changed >> age & 1)
    return 100 * weight / _CHANGES


@dataclass(frozen=True, kw_only=True)
class Flapping(Detector[Telemetry, State]):
    """Fire when a condition changes in more than `high_percent` of its last 21 states.

    Why: what comes and goes is worn or loose; each time it calls, and it has cleared before anyone looks.

    Misses: changes so slow that heartbeats fill the 21 states between them; a condition that nobody
    reports to be over.

    False alarms: a technician who opens and closes while repairing; two tables of codes that report one
    thing.

    Judgement: the states of a condition are what reports about it say, and, while it is watched, that it
    is as it was with each heartbeat of the device. A change weighs from 0.75 (the oldest) to 1.25 (the
    newest). It fires when the weighted percentage rises to `high_percent`; it says that it is over when that
    fell to `low_percent`, or nothing was heard of it for `memory`, and only then fires again. Levels of
    one thing (paper low, paper out) are one condition, and all conditions of a unit are one thing that
    flaps: from the first that begins to the last that calms down.

    Late: a report older than the newest about the same condition is not counted.

    Prior: eight in ten are taken to be true.

    State: 21 states of 16 conditions at most, the longest unheard of that is calm goes first; 40 bytes for
    an ordinary one, at most 6,000 bytes.

    Source: the flap detection of Nagios Core (base/flapping.c), whose compiled thresholds are the defaults.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.MEDIUM
    prior = 0.8
    about_the_unusual = False
    state_version = 2
    include_current: ClassVar[bool] = True

    low_percent: Annotated[float, Field(ge=0, le=100, description="at or below it stops")] = 20.0
    high_percent: Annotated[float, Field(gt=0, le=100, description="at or above it starts")] = 30.0
    memory: Annotated[Span, Field(description="a condition unheard of so long starts anew")] = timedelta(
        hours=6
    )

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[_NEWEST_MS], [(*known, *entry) for known, entry in state[_CONDITIONS].items()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, conditions = dumped
        held = {Condition(*known[:3]): known[3:] for known in conditions}
        if state_version < 2:
            # It only said whether a condition flaps, not since when.
            for entry in held.values():
                entry[_SINCE_MS] = entry[_LATEST_MS] if entry[_SINCE_MS] else None
        return [newest_ms, held]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        conditions: dict[Condition, list[Any]] = state[_CONDITIONS]
        if event.edge == "heartbeat":
            return self._sample_all(conditions, at_ms) if conditions else QUIET
        holds = standing(event)
        if holds is None:
            return QUIET
        condition = Condition.of(event)
        entry = self._known(conditions, condition, at_ms)
        if at_ms < entry[_LATEST_MS]:
            return QUIET
        percent = _sample(entry, at_ms, holds)
        if percent < self.high_percent:
            calm = percent <= self.low_percent
            return self._calm(conditions, condition, at_ms) if calm else QUIET
        if entry[_SINCE_MS] is not None:
            return QUIET
        unit_since_ms = _unit_since_ms(conditions, condition)
        entry[_SINCE_MS] = at_ms if unit_since_ms is None else unit_since_ms
        return (self._finding(condition, event, percent),) if unit_since_ms is None else QUIET

    def _known(self, conditions: dict[Condition, list[Any]], condition: Condition, at_ms: int) -> list[Any]:
        """Give what a condition is in, well for ever where nobody remembers."""
        entry = conditions.get(condition)
        if entry is None or at_ms - entry[_LATEST_MS] > self._memory_ms:
            entry = conditions[condition] = [at_ms, 0, None]
            if len(conditions) > _MOST_CONDITIONS:
                others = [known for known in conditions if known != condition]
                del conditions[min(others, key=lambda known: _worth_keeping(conditions[known]))]
        return entry

    def _sample_all(self, conditions: dict[Condition, list[Any]], at_ms: int) -> tuple[Finding, ...]:
        """Let every condition be as it was; one that has long been well is forgotten."""
        calmed = QUIET
        for condition, entry in list(conditions.items()):
            if at_ms > entry[_LATEST_MS]:
                if _sample(entry, at_ms, bool(entry[_BITS] & 1)) <= self.low_percent:
                    calmed += self._calm(conditions, condition, at_ms)
                if not entry[_BITS]:
                    del conditions[condition]
        return calmed

    def _calm(
        self, conditions: dict[Condition, list[Any]], condition: Condition, at_ms: int
    ) -> tuple[Finding, ...]:
        """Let a condition flap no longer, and say so where it was the last of its unit."""
        entry = conditions[condition]
        since_ms, entry[_SINCE_MS] = entry[_SINCE_MS], None
        if since_ms is None or _unit_since_ms(conditions, condition) is not None:
            return QUIET
        words = f"flapping of {unit_words(condition.component, condition.unit)}"
        return (over(_alarm(condition, since_ms), words, at_ms),)

    def due(self, state: State) -> int | None:
        return min(
            (
                entry[_LATEST_MS] + self._memory_ms
                for entry in state[_CONDITIONS].values()
                if entry[_SINCE_MS] is not None
            ),
            default=None,
        )

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        calmed = QUIET
        conditions: dict[Condition, list[Any]] = state[_CONDITIONS]
        for condition, entry in list(conditions.items()):
            if entry[_SINCE_MS] is not None and entry[_LATEST_MS] + self._memory_ms <= at_ms:
                calmed += self._calm(conditions, condition, at_ms)
                del conditions[condition]
        return calmed

    def _finding(self, condition: Condition, event: Telemetry, percent: float) -> Finding:
        alarm = _alarm(condition, event.at_ms)
        return Finding(
            reason=(
                f"{condition.words.capitalize()} keeps coming and going: {percent:.0f} % of its last "
                f"{_STATES} states changed, and {self.high_percent:.0f} % are watched for."
            ),
            probability=self.prior,
            anchor=alarm.anchor,
            evidence={
                "code": event.code,
                "component": condition.component,
                "unit": condition.unit,
                "flap_percent": round(percent, 9),
                "last_at": iso(event.at_ms),
                "low_percent": self.low_percent,
                "high_percent": self.high_percent,
                "include_current": self.include_current,
            },
            alarm=alarm,
        )


def _sample(entry: list[Any], at_ms: int, holds: bool) -> float:
    """Put one state behind the others and give the percentage of change."""
    entry[_LATEST_MS] = at_ms
    entry[_BITS] = (entry[_BITS] << 1 | holds) & _KEPT
    return flap_percent(entry[_BITS])


def _alarm(condition: Condition, since_ms: int) -> Alarm:
    return Alarm(code="flapping", component=condition.component, unit=condition.unit, since_ms=since_ms)


def _unit_since_ms(conditions: dict[Condition, list[Any]], of: Condition) -> int | None:
    """Give since when (ms) the unit of a condition is flapping, None when it is not."""
    since = (
        entry[_SINCE_MS]
        for known, entry in conditions.items()
        if known[:2] == of[:2] and entry[_SINCE_MS] is not None
    )
    return next(since, None)


def _worth_keeping(entry: list[Any]) -> tuple[bool, int]:
    return entry[_SINCE_MS] is not None, entry[_LATEST_MS]
