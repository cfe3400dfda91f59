"""A device that was left in supervisor mode."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.windows import Boundary

# The newest event and the newest report about the mode (ms), since when it is the supervisor's (ms, None: it
# is not), and whether it was told of.
_NEWEST_MS, _REPORTED_MS, _SINCE_MS, _TOLD = range(4)
State = list[Any]


@dataclass(frozen=True, kw_only=True)
class SupervisorOverstay(Detector[Telemetry, State]):
    """Fire when a device stays in supervisor mode longer than `longest`.

    Why: a branch that forgets to return its device to service loses all its customers without any fault.

    Misses: a device that does not report its mode, work that takes less time.

    False alarms: a long repair, a load of cash with a count.

    Judgement: the mode is entered by a report of one of `entering` and left by one of `leaving`, or by the
    end of the first. It fires once for each time that the mode was entered; to enter it again while in it
    does not begin it anew.

    Late: a report older than the newest about the mode is not counted.

    Prior: eight in ten are taken to be true.

    State: three times; at most 50 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.MEDIUM
    prior = 0.8
    about_the_unusual = False
    # Who leaves exactly at the end of the time is in time.
    boundary: ClassVar[Boundary] = "both"

    longest: Annotated[Span, Field(description="longest stay that is no overstay")] = timedelta(hours=1)
    entering: Annotated[tuple[Token, ...], Field(description="codes that enter the mode")] = (
        "supervisor_enter",
    )
    leaving: Annotated[tuple[Token, ...], Field(description="codes that leave it")] = ("supervisor_exit",)
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
        return [0, 0, None, False]

    def dump(self, state: State) -> tuple[Any, ...]:
        return tuple(state)

    def load(self, dumped: list[Any], state_version: int) -> State:
        return dumped

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        enters = event.code in self.entering
        if not (enters or event.code in self.leaving) or at_ms < state[_REPORTED_MS]:
            return QUIET
        state[_REPORTED_MS] = at_ms
        if enters and event.edge != "clear":
            if state[_SINCE_MS] is None:
                state[_SINCE_MS] = at_ms
        elif enters or event.edge != "clear":
            state[_SINCE_MS], state[_TOLD] = None, False
        return QUIET

    def due(self, state: State) -> int | None:
        if state[_SINCE_MS] is None or state[_TOLD]:
            return None
        return int(state[_SINCE_MS]) + span_ms(self.longest)

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        due_ms = self.due(state)
        if due_ms is None or due_ms > at_ms:
            return QUIET
        state[_TOLD] = True
        finding = Finding(
            reason=f"In supervisor mode for more than {span_words(span_ms(self.longest))}: it serves nobody.",
            probability=self.prior,
            anchor=str(state[_SINCE_MS]),
            evidence={
                "since": iso(state[_SINCE_MS]),
                "longest_s": self.longest.total_seconds(),
                "boundary": self.boundary,
            },
        )
        return (finding,)
