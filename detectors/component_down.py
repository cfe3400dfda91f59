"""A component that has stopped a service of its device, and not by itself come back."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.conditions import FAMILY_OF, FROM_OUTSIDE, Condition, standing
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event (ms), and what each condition is in: see `_SINCE_MS` on.
_NEWEST_MS, _CONDITIONS = range(2)
State = list[Any]
# Of a condition: its newest report (ms), since when it holds (ms, None: it does not), the code and the
# severity that it has, and whether it was told of.
_LATEST_MS, _SINCE_MS, _CODE, _SEVERITY, _TOLD = range(5)

_MOST_CONDITIONS = 32
_CODES = (
    "app_fault",
    "card_jam",
    "card_reader_fault",
    "cash_full",
    "cash_out",
    "cassette_missing",
    "cdm_fatal",
    "cim_fatal",
    "depository_full",
    "epp_fail",
    "keys_lost",
    "note_jam",
    "power_fail",
    "reject_full",
    "shutter_jam",
    "transport_inop",
)
_SLOW_CODES = ("capture_bin_full", "comms_fault", "depository_fault", "host_session_lost", "journal_out")
# What ends a condition beside a report of its own.
_LOADED = ("cash_full", "cash_out", "reject_full")
_ALIVE = ("power_fail",)


@dataclass(frozen=True, kw_only=True)
class ComponentDown(Detector[Telemetry, State]):
    """Fire when a condition that stops a service of the device lasts longer than it takes to clear itself.

    Why: a device that cannot take cards, pay out or take in serves nobody, and waits for a person.

    Misses: what the device does not report, a module that fails and comes back within the hold each time
    (`flapping` has that), conditions of a severity below `least_severity`.

    False alarms: work at the machine that nobody announced, a vendor who calls a warning fatal.

    Judgement: it fires once for each condition of each unit, when it has held for its code's time, and
    not again before it was reported to be over. A raise always counts, a state when its severity is at
    least `least_severity`; levels of one thing (a cassette low, empty, full) are one
    condition. `loaded` names what a load of cash ends, `alive` what any further report of the device ends.

    Late: a report older than the newest about the same condition is not counted.

    Prior: eight in ten are taken to be true.

    State: 32 conditions at most, the ones over for longest go first; 70 bytes for each that holds, at
    most 6,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.HIGH
    prior = 0.8
    about_the_unusual = False
    # A clear exactly at the end of the hold is in time.
    boundary: ClassVar[Boundary] = "both"

    codes: Annotated[tuple[Token, ...], Field(description="codes that fire after `hold`")] = _CODES
    hold: Annotated[Span, Field(description="in which they may clear themselves")] = timedelta(minutes=2)
    slow_codes: Annotated[tuple[Token, ...], Field(description="codes that fire after `slow_hold`")] = (
        _SLOW_CODES
    )
    slow_hold: Annotated[Span, Field(description="in which these may clear themselves")] = timedelta(
        minutes=10
    )
    least_severity: Annotated[int, Field(ge=1, le=4, description="of a state that counts, NDC's scale")] = 3
    loaded: Annotated[tuple[Token, ...], Field(description="codes that a load of cash ends")] = _LOADED
    alive: Annotated[tuple[Token, ...], Field(description="codes that any later report ends")] = _ALIVE
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=30)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _hold_ms(self) -> dict[str, int]:
        slow = dict.fromkeys(self.slow_codes, span_ms(self.slow_hold))
        return slow | dict.fromkeys(self.codes, span_ms(self.hold))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The conditions that the codes are levels of."""
        return frozenset(FAMILY_OF.get(code, code) for code in self._hold_ms)

    def start(self) -> State:
        return [0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[_NEWEST_MS], [(*known, *entry) for known, entry in state[_CONDITIONS].items()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, conditions = dumped
        return [newest_ms, {Condition(*known[:3]): known[3:] for known in conditions}]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        conditions: dict[Condition, list[Any]] = state[_CONDITIONS]
        if conditions:
            self._end_others(conditions, event)
        condition = Condition.of(event)
        holds = standing(event)
        if holds is None or condition.name not in self._names:
            return QUIET
        entry = conditions.get(condition)
        if entry is not None and at_ms < entry[_LATEST_MS]:
            return QUIET
        if entry is None:
            entry = conditions[condition] = [at_ms, None, event.code, 0, False]
            _make_room(conditions, condition)
        entry[_LATEST_MS] = at_ms
        if holds and event.code in self._hold_ms and self._counts(event):
            if entry[_SINCE_MS] is None or entry[_CODE] != event.code:
                entry[_SINCE_MS], entry[_TOLD] = at_ms, False
            entry[_CODE], entry[_SEVERITY] = event.code, event.severity
        else:
            entry[_SINCE_MS], entry[_TOLD] = None, False
        return QUIET

    def _counts(self, event: Telemetry) -> bool:
        return event.edge == "raise" or event.severity >= self.least_severity

    def _end_others(self, conditions: dict[Condition, list[Any]], event: Telemetry) -> None:
        """Let a load of cash, or a sign of life, end the conditions that it ends."""
        at_ms, load, lives = event.at_ms, event.code == "cash_loaded", event.code not in FROM_OUTSIDE
        for condition, entry in conditions.items():
            if entry[_SINCE_MS] is None or at_ms <= entry[_LATEST_MS]:
                continue
            same_unit = event.component == "device" or event.unit == condition.unit
            if (load and same_unit and entry[_CODE] in self.loaded) or (
                lives and entry[_CODE] in self.alive and event.code != entry[_CODE]
            ):
                entry[:] = [at_ms, None, entry[_CODE], 0, False]

    def due(self, state: State) -> int | None:
        return min(
            (
                entry[_SINCE_MS] + self._hold_ms[entry[_CODE]]
                for entry in state[_CONDITIONS].values()
                if entry[_SINCE_MS] is not None and not entry[_TOLD]
            ),
            default=None,
        )

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        found = []
        for condition, entry in state[_CONDITIONS].items():
            since_ms = entry[_SINCE_MS]
            if since_ms is None or entry[_TOLD] or since_ms + self._hold_ms[entry[_CODE]] > at_ms:
                continue
            entry[_TOLD] = True
            found.append(self._finding(condition, entry))
        return tuple(found)

    def _finding(self, condition: Condition, entry: list[Any]) -> Finding:
        code, since_ms, hold_ms = entry[_CODE], entry[_SINCE_MS], self._hold_ms[entry[_CODE]]
        shown = Condition(condition.component, condition.unit, code)
        return Finding(
            reason=f"{shown.words.capitalize()} has lasted {span_words(hold_ms)} without clearing itself.",
            probability=self.prior,
            anchor=f"{condition.component}:{condition.unit}:{code}:{since_ms}",
            evidence={
                "code": code,
                "component": condition.component,
                "unit": condition.unit,
                "since": iso(since_ms),
                "held_s": hold_ms / 1000,
                "device_severity": entry[_SEVERITY],
            },
        )


def _make_room(conditions: dict[Condition, list[Any]], newest: Condition) -> None:
    """Forget one condition beyond the bound: one that is over before one that holds, the oldest first."""
    if len(conditions) > _MOST_CONDITIONS:
        others = [condition for condition in conditions if condition != newest]
        del conditions[
            min(others, key=lambda known: (conditions[known][_SINCE_MS] is not None, conditions[known][0]))
        ]
