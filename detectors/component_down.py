"""A condition of a component that somebody must see to, and that has not by itself come back."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import FAMILY_OF, FROM_OUTSIDE, Condition, standing
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity, over
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
    "app_fault", "app_hang_suspected", "card_jam", "card_reader_fault", "cash_full", "cash_low",
    "cash_out", "cassette_missing", "cdm_fatal", "cim_fatal", "depository_full", "epp_fail", "keys_lost",
    "note_jam", "power_fail", "reject_full", "retract_full", "shutter_jam", "transport_inop", "ups_low",
    "ups_on_battery",
)  # fmt: skip
_SLOW_CODES = (
    "camera_fail", "capture_bin_full", "capture_bin_high", "card_issuer_fault", "cassette_fault",
    "clock_stopped", "coin_fault", "counterfeit_note", "depository_fault", "disk_fault", "display_fail",
    "ej_backlog", "enrolment_unknown_device", "journal_fault", "journal_low", "journal_out",
    "module_fault", "receipt_fault", "receipt_jam", "receipt_low", "receipt_out", "statement_fault",
    "statement_low", "statement_out",
)  # fmt: skip
# Of lost lines: how long they are held depends on the device's heartbeats, which alarm management knows.
_LINE_CODES = ("comms_fault", "host_session_lost")
# Codes that are no more than a warning, and those that are even less: of them less severe states count too.
_WARNINGS = (
    "camera_fail", "capture_bin_high", "cash_low", "clock_stopped", "counterfeit_note", "display_fail",
    "ej_backlog", "enrolment_unknown_device", "module_fault", "receipt_fault", "receipt_jam",
    "receipt_out", "statement_fault", "statement_out", "ups_on_battery",
)  # fmt: skip
_NOTICES = ("journal_low", "receipt_low", "statement_low")
_WARNING, _ROUTINE = 2, 1
_LOADED = ("cash_full", "cash_low", "cash_out", "reject_full", "retract_full")
_KEPT = ("counterfeit_note", "enrolment_unknown_device")


@dataclass(frozen=True, kw_only=True)
class ComponentDown(Detector[Telemetry, State]):
    """Fire when a condition that somebody must see to lasts longer than it takes to clear itself.

    Why: a device that cannot take cards, pay out or take in serves nobody, and waits for a person; paper
    and notes that run low are dealt with at the next visit.

    Misses: what the device does not report, a module that fails and comes back within the hold each time
    (`flapping` has that), states of a severity below `least_severity`.

    False alarms: work at the machine that nobody announced, a vendor who calls a warning fatal.

    Judgement: it fires once for each condition of each unit, when it has held for its code's time (of
    `line_codes` none: alarm management waits for as many heartbeats of the device as they ask), and
    says that it is over when a report, `loaded` by a load of cash, or `alive` by any further report of the
    device ends it; only then does it fire again. What is of `kept` only the desk ends: it fires at each raise
    and is never over. A raise always counts, a state when its severity is at least `least_severity`, for
    `warnings` 2 and for `notices` 1; levels of one thing (a cassette low, empty, full) are one condition.
    It is of high severity, of medium for `slow_codes`, of low for `warnings` and `notices`.

    Late: a report older than the newest about the same condition is not counted.

    Prior: eight in ten are taken to be true.

    State: 32 conditions at most, the ones over for longest go first; 70 bytes for each that holds, at
    most 6,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.HIGH
    prior = 0.8
    # Where devices report nothing but faults, each report may be one.
    most_share = 1.0
    # The recorded day of cash machines has 6,700.
    least_per_million = 100.0
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
    line_codes: Annotated[tuple[Token, ...], Field(description="codes that fire at once")] = _LINE_CODES
    least_severity: Annotated[int, Field(ge=1, le=4, description="of a state that counts, NDC's scale")] = 3
    warnings: Annotated[tuple[Token, ...], Field(description="codes whose states count from 2 on")] = (
        _WARNINGS
    )
    notices: Annotated[tuple[Token, ...], Field(description="codes whose states count from 1 on")] = _NOTICES
    loaded: Annotated[tuple[Token, ...], Field(description="codes that a load of cash ends")] = _LOADED
    alive: Annotated[tuple[Token, ...], Field(description="codes that any later report ends")] = (
        "power_fail",
    )
    kept: Annotated[tuple[Token, ...], Field(description="codes that only the desk ends")] = _KEPT
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=30)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _hold_ms(self) -> dict[str, int]:
        slow = dict.fromkeys(self.slow_codes, span_ms(self.slow_hold))
        return slow | dict.fromkeys(self.codes, span_ms(self.hold)) | dict.fromkeys(self.line_codes, 0)

    @cached_property
    def _least(self) -> dict[str, int]:
        least = dict.fromkeys(self._hold_ms, self.least_severity)
        return least | dict.fromkeys(self.warnings, _WARNING) | dict.fromkeys(self.notices, _ROUTINE)

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
        ended = self._end_others(conditions, event) if conditions else QUIET
        condition = Condition.of(event)
        holds = standing(event)
        if holds is None or condition.name not in self._names:
            return ended
        entry = conditions.get(condition)
        if entry is not None and at_ms < entry[_LATEST_MS]:
            return ended
        if entry is None:
            entry = conditions[condition] = [at_ms, None, event.code, 0, False]
            _make_room(conditions, condition)
        entry[_LATEST_MS] = at_ms
        if not (holds and event.code in self._hold_ms and self._counts(event)):
            return ended + self._end(condition, entry, at_ms)
        anew = entry[_TOLD] and event.edge == "raise" and event.code in self.kept
        if entry[_SINCE_MS] is None or entry[_CODE] != event.code or anew:
            ended += self._end(condition, entry, at_ms)
            entry[_SINCE_MS] = at_ms
        entry[_CODE], entry[_SEVERITY] = event.code, event.severity
        return ended

    def _counts(self, event: Telemetry) -> bool:
        return event.edge == "raise" or event.severity >= self._least[event.code]

    def _end_others(self, conditions: dict[Condition, list[Any]], event: Telemetry) -> tuple[Finding, ...]:
        """Let a load of cash, or a sign of life, end the conditions that it ends."""
        at_ms, load, lives = event.at_ms, event.code == "cash_loaded", event.code not in FROM_OUTSIDE
        ended = QUIET
        for condition, entry in conditions.items():
            if entry[_SINCE_MS] is None or at_ms <= entry[_LATEST_MS]:
                continue
            same_unit = event.component == "device" or event.unit == condition.unit
            if (load and same_unit and entry[_CODE] in self.loaded) or (
                lives and entry[_CODE] in self.alive and event.code != entry[_CODE]
            ):
                ended += self._end(condition, entry, at_ms)
                entry[_LATEST_MS] = at_ms
        return ended

    def _end(self, condition: Condition, entry: list[Any], at_ms: int) -> tuple[Finding, ...]:
        """Let a condition hold no longer, and say so where it was told of."""
        told = entry[_TOLD] and entry[_CODE] not in self.kept
        alarm = _alarm(condition, entry) if told else None
        entry[_SINCE_MS], entry[_SEVERITY], entry[_TOLD] = None, 0, False
        return QUIET if alarm is None else (over(alarm, _words(condition, alarm.code), at_ms),)

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
        code, hold_ms = entry[_CODE], self._hold_ms[entry[_CODE]]
        words, alarm = _words(condition, code), _alarm(condition, entry)
        lasted = f"has lasted {span_words(hold_ms)} without clearing itself" if hold_ms else "was reported"
        return Finding(
            reason=f"{words.capitalize()} {lasted}.",
            probability=self.prior,
            severity=self._severity(code),
            anchor=alarm.anchor,
            evidence={
                "code": code,
                "component": condition.component,
                "unit": condition.unit,
                "since": iso(alarm.since_ms),
                "held_s": hold_ms / 1000,
                "device_severity": entry[_SEVERITY],
            },
            alarm=alarm,
        )

    def _severity(self, code: str) -> Severity | None:
        if code in self.warnings or code in self.notices:
            return Severity.LOW
        return Severity.MEDIUM if code in self.slow_codes else None


def _alarm(about: Condition, entry: list[Any]) -> Alarm:
    return Alarm(code=entry[_CODE], component=about.component, unit=about.unit, since_ms=entry[_SINCE_MS])


def _words(condition: Condition, code: str) -> str:
    """Name the level that a condition has."""
    return condition._replace(name=code).words


def _make_room(conditions: dict[Condition, list[Any]], newest: Condition) -> None:
    """Forget one condition beyond the bound: one that is over before one that holds, the oldest first."""
    if len(conditions) > _MOST_CONDITIONS:
        others = [condition for condition in conditions if condition != newest]
        del conditions[
            min(others, key=lambda known: (conditions[known][_SINCE_MS] is not None, conditions[known][0]))
        ]
