"""Somebody at the machine who should not be: doors, vibration, foreign devices, keys and cassettes."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import Condition, standing, unit_words
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event (ms), the newest report about the mode (ms), since when it is the supervisor's (ms, None:
# it is not), and the conditions known.
_NEWEST_MS, _MODE_MS, _SINCE_MS, _CONDITIONS = range(4)
State = list[Any]
# Of a condition: its newest report (ms), since when it holds (ms, None: it does not), when it is told of
# unless it ends before (ms, None: it is not), the code that it was reported by, and whether it was told of.
_LATEST_MS, _HOLDS_MS, _DUE_MS, _CODE, _TOLD = range(5)

_MOST_CONDITIONS = 24
_ENTERED, _LEFT = "supervisor_enter", "supervisor_exit"
_CODES = (
    "cassette_manipulated",
    "counter_mismatch",
    "dispense_without_auth",
    "door_open_unplanned",
    "foreign_device",
    "fraud_attempt",
    "illegal_key_access",
    "reader_tampering",
    "seismic",
    "silent_alarm",
    "tamper",
)
_UNPLANNED = {
    "bin_out": "cassette_missing",
    "door_open": "door_open_unplanned",
    "enclosure_open": "tamper",
}


@dataclass(frozen=True, kw_only=True)
class SecurityAlarm(Detector[Telemetry, State]):
    """Fire at each report of tampering, force or fraud, and at what is opened outside supervisor mode.

    Why: an attack on a machine takes minutes; who is told after it was held back is told after it is over.

    Misses: an attack that the machine does not sense, or that begins with entering supervisor mode.

    False alarms: a technician who opens the door before entering the mode, or after leaving it, lorries
    beside a vibration sensor, work that nobody announced.

    Judgement: each raise of one of `codes` counts for itself, however many there are and whatever mode the
    device is in; a state that still holds is not told of again. What `unplanned` names is told as the code
    beside it, at once, unless the device is in supervisor mode, entered at most `longest` before; what was
    begun in it and still holds `left_open` after it is told then. Only the mode is known here: planned
    work of the register is judged by alarm management. Where sensors have never seen a bin none may be
    fitted: a state of one of `fitted` is told of only when it was reported to be well before.
    Nothing is ever over but what is in `own_end`, by its own clear: the rest is for a person to close.

    Late: a report older than the newest about the same condition, or about the mode, is not counted, but for
    a raise of one of `codes`, which counts whenever it comes.

    Prior: seven in ten are taken to be true.

    State: the mode and 24 conditions, those that are over go first; 60 bytes for each, at most
    8,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.CRITICAL
    prior = 0.7
    # Where devices report nothing but faults, each report may be one.
    most_share = 1.0
    about_the_unusual = False
    # What is closed exactly when it would be told of is closed in time.
    boundary: ClassVar[Boundary] = "both"

    codes: Annotated[tuple[Token, ...], Field(description="codes of which each report fires")] = _CODES
    unplanned: Annotated[
        dict[Token, Token], Field(description="codes that fire outside supervisor mode, and as what")
    ] = field(default_factory=_UNPLANNED.copy)
    fitted: Annotated[tuple[Token, ...], Field(description="codes whose state may mean: not fitted")] = (
        "bin_out",
    )
    own_end: Annotated[tuple[Token, ...], Field(description="codes told of that their own clear ends")] = (
        "cassette_missing",
    )
    longest: Annotated[Span, Field(description="how long supervisor mode is believed")] = timedelta(hours=1)
    left_open: Annotated[Span, Field(description="after the mode, for closing what it had open")] = timedelta(
        minutes=10
    )
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=30)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, 0, None, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, mode_ms, since_ms, conditions = state
        return newest_ms, mode_ms, since_ms, [(*known, *entry) for known, entry in conditions.items()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        *times, conditions = dumped
        return [*times, {Condition(*one[:3]): one[3:] for one in conditions}]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if event.code in (_ENTERED, _LEFT):
            self._change_mode(state, event)
            return QUIET
        holds = standing(event)
        if holds is None or not (event.code in self.codes or event.code in self.unplanned):
            return QUIET
        conditions, condition = state[_CONDITIONS], Condition.of(event)
        entry = conditions.get(condition)
        if entry is not None and at_ms < entry[_LATEST_MS]:
            return self._reported(event) if event.edge == "raise" and event.code in self.codes else QUIET
        if entry is None or not holds:
            conditions[condition] = [at_ms, None, None, event.code, False]
            _make_room(conditions, condition)
        if not holds:
            return self._ended(condition, entry, at_ms)
        return self._holding(state, condition, event, known=entry is not None)

    def _holding(
        self, state: State, condition: Condition, event: Telemetry, *, known: bool
    ) -> tuple[Finding, ...]:
        """Note that a condition holds, and tell of it where that is news."""
        entry, at_ms = state[_CONDITIONS][condition], event.at_ms
        held = entry[_HOLDS_MS] is not None
        entry[_LATEST_MS] = at_ms
        entry[_HOLDS_MS] = entry[_HOLDS_MS] if held else at_ms
        if event.code in self.codes:
            return self._reported(event) if not held or event.edge == "raise" else QUIET
        if held or (not known and event.edge == "state" and event.code in self.fitted):
            return QUIET
        if self._in_mode(state, at_ms):
            entry[_DUE_MS] = state[_SINCE_MS] + span_ms(self.longest) + span_ms(self.left_open)
            return QUIET
        entry[_TOLD] = True
        return (self._unplanned(condition, entry, "outside supervisor mode"),)

    def _in_mode(self, state: State, at_ms: int) -> bool:
        since_ms = state[_SINCE_MS]
        return since_ms is not None and since_ms <= at_ms <= since_ms + span_ms(self.longest)

    def _change_mode(self, state: State, event: Telemetry) -> None:
        """Enter or leave supervisor mode, and wait accordingly for what is open in it."""
        at_ms = event.at_ms
        if at_ms < state[_MODE_MS]:
            return
        state[_MODE_MS] = at_ms
        enters = event.code == _ENTERED
        if enters == (event.edge == "clear"):
            state[_SINCE_MS], end_ms = None, at_ms
        elif enters:
            state[_SINCE_MS], end_ms = at_ms, at_ms + span_ms(self.longest)
        else:
            return
        for entry in state[_CONDITIONS].values():
            if entry[_DUE_MS] is not None:
                entry[_DUE_MS] = end_ms + span_ms(self.left_open)

    def due(self, state: State) -> int | None:
        times = (entry[_DUE_MS] for entry in state[_CONDITIONS].values() if entry[_DUE_MS] is not None)
        return min(times, default=None)

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        found = []
        for condition, entry in state[_CONDITIONS].items():
            if entry[_DUE_MS] is not None and entry[_DUE_MS] <= at_ms:
                entry[_DUE_MS], entry[_TOLD] = None, True
                found.append(
                    self._unplanned(
                        condition, entry, f"still {span_words(span_ms(self.left_open))} after the work"
                    )
                )
        return tuple(found)

    def _reported(self, event: Telemetry) -> tuple[Finding, ...]:
        alarm = Alarm(code=event.code, component=event.component, unit=event.unit, since_ms=event.at_ms)
        what = event.code.replace("_", " ").capitalize()
        # Each report counts: its own id is the alert's.
        return (
            self._finding(alarm, f"{what} at the {unit_words(event.component, event.unit)}.", event.code, ""),
        )

    def _unplanned(self, condition: Condition, entry: list[Any], when: str) -> Finding:
        alarm = self._alarm(condition, entry)
        return self._finding(alarm, f"{condition.words.capitalize()}, {when}.", entry[_CODE], alarm.anchor)

    def _ended(self, condition: Condition, entry: list[Any] | None, at_ms: int) -> tuple[Finding, ...]:
        if entry is None or not entry[_TOLD]:
            return QUIET
        alarm = self._alarm(condition, entry)
        return (over(alarm, condition.words, at_ms),) if alarm.code in self.own_end else QUIET

    def _alarm(self, condition: Condition, entry: list[Any]) -> Alarm:
        return Alarm(
            code=self.unplanned[entry[_CODE]],
            component=condition.component,
            unit=condition.unit,
            since_ms=entry[_HOLDS_MS],
        )

    def _finding(self, alarm: Alarm, reason: str, reported: str, anchor: str) -> Finding:
        return Finding(
            reason=reason,
            probability=self.prior,
            severity=Severity.HIGH if alarm.code in self.own_end else None,
            anchor=anchor,
            evidence={
                "code": alarm.code,
                "reported": reported,
                "component": alarm.component,
                "unit": alarm.unit,
                "since": iso(alarm.since_ms),
                "longest_s": self.longest.total_seconds(),
                "left_open_s": self.left_open.total_seconds(),
                "boundary": self.boundary,
            },
            alarm=alarm,
        )


def _make_room(conditions: dict[Condition, list[Any]], newest: Condition) -> None:
    """Forget one condition beyond the bound: one that is over before one that holds, the oldest first."""
    if len(conditions) > _MOST_CONDITIONS:
        others = [condition for condition in conditions if condition != newest]
        del conditions[
            min(others, key=lambda known: (conditions[known][_HOLDS_MS] is not None, conditions[known][0]))
        ]
