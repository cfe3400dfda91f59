"""A device that was left in supervisor mode."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event (ms), and the modes by their codes: see `_REPORTED_MS` on.
_NEWEST_MS, _MODES = range(2)
State = list[Any]
# Of a mode: the newest report about it (ms), since when it lasts (ms, None: it does not), and whether its
# overstay was told of.
_REPORTED_MS, _SINCE_MS, _TOLD = range(3)

_SUPERVISOR, _OVERSTAY = "supervisor_enter", "supervisor_overstay"
_WORDS = {_SUPERVISOR: "supervisor mode", _OVERSTAY: "the overstay in supervisor mode"}


@dataclass(frozen=True, kw_only=True)
class SupervisorOverstay(Detector[Telemetry, State]):
    """Fire when a device stays in supervisor mode longer than `longest`, and note the modes that it is in.

    Why: a branch that forgets to return its device to service loses all its customers without any fault.

    Misses: a device that does not report its mode, work that takes less time.

    False alarms: a long repair, a load of cash with a count.

    Judgement: the mode is entered by a report of one of `entering` and left by one of `leaving`, or by the
    end of the first. That it is entered is noted with low severity, as is a stop that is wanted (`stopping`):
    they explain what the machine reports meanwhile. It fires once for each time that the mode was
    entered; to enter it again while in it does not begin it anew. All of it is over when the mode is left.

    Late: a report older than the newest about the mode is not counted.

    Prior: eight in ten are taken to be true; that a mode was entered is no guess.

    State: two times for each mode; at most 200 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.MEDIUM
    prior = 0.8
    # Where devices report nothing but faults, each report may be one.
    most_share = 1.0
    about_the_unusual = False
    state_version = 2
    # Who leaves exactly at the end of the time is in time.
    boundary: ClassVar[Boundary] = "both"

    longest: Annotated[Span, Field(description="longest stay that is no overstay")] = timedelta(hours=1)
    entering: Annotated[tuple[Token, ...], Field(description="codes that enter the mode")] = (
        "supervisor_enter",
    )
    leaving: Annotated[tuple[Token, ...], Field(description="codes that leave it")] = ("supervisor_exit",)
    stopping: Annotated[tuple[Token, ...], Field(description="codes of a stop that is wanted")] = (
        "out_of_service_ordered",
        "planned_stop",
    )
    forgotten_after: Annotated[Span, Field(description="silence beyond `longest` until all is forgotten")] = (
        timedelta(days=7)
    )

    @property
    def memory(self) -> timedelta:
        return self.longest + self.forgotten_after

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        return state[_NEWEST_MS], [(mode, *known) for mode, known in state[_MODES].items()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        if state_version < 2:
            # There was the supervisor's mode alone.
            newest_ms, *known = dumped
            return [newest_ms, {_SUPERVISOR: known}]
        newest_ms, modes = dumped
        return [newest_ms, {mode: known for mode, *known in modes}]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        begins = event.edge != "clear"
        if event.code in self.entering:
            return self._turned(state, _SUPERVISOR, begins, at_ms)
        if event.code in self.leaving and begins:
            return self._turned(state, _SUPERVISOR, False, at_ms)
        return self._turned(state, event.code, begins, at_ms) if event.code in self.stopping else QUIET

    def _turned(self, state: State, mode: str, begins: bool, at_ms: int) -> tuple[Finding, ...]:
        """Let a mode begin or end, and say so where that is new."""
        known = state[_MODES].setdefault(mode, [0, None, False])
        if at_ms < known[_REPORTED_MS]:
            return QUIET
        _, since_ms, told = known
        known[_REPORTED_MS] = at_ms
        if begins == (since_ms is not None):
            return QUIET
        known[_SINCE_MS], known[_TOLD] = at_ms if begins else None, False
        if begins:
            return (_entered(mode, at_ms),)
        ended = (_OVERSTAY, mode) if told else (mode,)
        return tuple(over(_alarm(code, since_ms), _words(code), at_ms) for code in ended)

    def due(self, state: State) -> int | None:
        known = state[_MODES].get(_SUPERVISOR)
        if known is None or known[_SINCE_MS] is None or known[_TOLD]:
            return None
        return int(known[_SINCE_MS]) + span_ms(self.longest)

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        due_ms = self.due(state)
        if due_ms is None or due_ms > at_ms:
            return QUIET
        known = state[_MODES][_SUPERVISOR]
        known[_TOLD] = True
        alarm = _alarm(_OVERSTAY, known[_SINCE_MS])
        finding = Finding(
            reason=f"In supervisor mode for more than {span_words(span_ms(self.longest))}: it serves nobody.",
            probability=self.prior,
            anchor=alarm.anchor,
            evidence={
                "since": iso(alarm.since_ms),
                "longest_s": self.longest.total_seconds(),
                "boundary": self.boundary,
            },
            alarm=alarm,
        )
        return (finding,)


def _entered(mode: str, at_ms: int) -> Finding:
    alarm = _alarm(mode, at_ms)
    return Finding(
        reason=f"{_words(mode).capitalize()} has begun.",
        probability=1.0,
        severity=Severity.LOW,
        anchor=alarm.anchor,
        evidence={"code": mode, "since": iso(at_ms)},
        alarm=alarm,
    )


def _words(code: str) -> str:
    return _WORDS.get(code, code.replace("_", " "))


def _alarm(code: str, since_ms: int) -> Alarm:
    return Alarm(code=code, component="device", since_ms=since_ms)
