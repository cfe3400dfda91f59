"""A device of which nothing is heard any more."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import FROM_OUTSIDE
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.windows import Boundary
from domain.wording import counted

# The newest report (ms, 0 before any), the newest heartbeat and use of a card (ms or None), whether it is
# lost, and the latest intervals between heartbeats (ms), oldest first.
_HEARD_MS, _BEAT_MS, _USED_MS, _LOST, _INTERVALS = range(5)
State = list[Any]

_MOST_INTERVALS, _LEAST_INTERVALS = 9, 5
# Intervals below this are several reports of one moment.
_LEAST_INTERVAL_MS = 1_000


@dataclass(frozen=True, kw_only=True)
class HeartbeatLost(Detector[Telemetry | Transaction, State]):
    """Fire when a device has missed `missed` of its own heartbeats and reported nothing else either.

    Why: of a device that is not heard from nobody knows whether it serves, and it tells of no other fault.

    Misses: devices that have never reported since they were forgotten, a device whose reports somebody
    else sends, an application that is stuck but goes on sending heartbeats.

    False alarms: a cut line of the branch, of which each device tells by itself; planned switching off.

    Judgement: how often a device sends heartbeats is learnt from it, as the median of its last 9 intervals
    (from 5 on; before that it is `heartbeat`), `longest` at most. Any report of its own is a sign of life;
    what others report about it is none. It fires once, says that it is over when the device is heard, and
    only then fires again. Cards in use meanwhile say that only the monitoring is cut: the finding is then of
    low severity, and they do not end it.

    Late: a report older than the newest changes nothing.

    Prior: nine in ten are taken to be true.

    State: the last times and 9 intervals; at most 150 bytes.
    """

    scope = Scope.DEVICE
    reads = (Telemetry, Transaction)
    severity = Severity.HIGH
    prior = 0.9
    about_the_unusual = False
    # A report exactly when it is due is in time.
    boundary: ClassVar[Boundary] = "both"

    missed: Annotated[int, Field(ge=1, le=100, description="heartbeats in a row that must be missing")] = 2
    heartbeat: Annotated[Span, Field(description="interval of a device that is not known yet")] = timedelta(
        minutes=5
    )
    longest: Annotated[Span, Field(description="longest interval that is believed")] = timedelta(hours=1)
    grace: Annotated[Span, Field(description="allowed for the way of a report")] = timedelta(seconds=15)
    forgotten_after: Annotated[
        Span, Field(description="silence beyond what is due until all is forgotten")
    ] = timedelta(days=30)

    @property
    def memory(self) -> timedelta:
        return max(self.heartbeat, self.longest) * (self.missed + 1) + self.grace + self.forgotten_after

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, None, None, False, []]

    def dump(self, state: State) -> tuple[Any, ...]:
        return (*state[:_INTERVALS], state[_INTERVALS].copy())

    def load(self, dumped: list[Any], state_version: int) -> State:
        return dumped

    def step(self, state: State, event: Telemetry | Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - max(state[_HEARD_MS], state[_USED_MS] or 0) > self._memory_ms:
            state[:] = self.start()
        if isinstance(event, Transaction):
            state[_USED_MS] = max(at_ms, state[_USED_MS] or 0)
            return QUIET
        if at_ms <= state[_HEARD_MS] or event.code in FROM_OUTSIDE:
            return QUIET
        found = (over(_alarm(state), "silence of the device", at_ms),) if state[_LOST] else QUIET
        state[_HEARD_MS], state[_LOST] = at_ms, False
        if event.edge == "heartbeat":
            before_ms, state[_BEAT_MS] = state[_BEAT_MS], at_ms
            if before_ms is not None and at_ms - before_ms >= _LEAST_INTERVAL_MS:
                state[_INTERVALS] = [*state[_INTERVALS], at_ms - before_ms][-_MOST_INTERVALS:]
        return found

    def due(self, state: State) -> int | None:
        if state[_LOST] or not state[_HEARD_MS]:
            return None
        return int(state[_HEARD_MS]) + self.missed * self._interval_ms(state) + span_ms(self.grace)

    def _interval_ms(self, state: State) -> int:
        intervals = state[_INTERVALS]
        if len(intervals) < _LEAST_INTERVALS:
            return span_ms(self.heartbeat)
        median_ms: int = sorted(intervals)[len(intervals) // 2]
        return min(median_ms, span_ms(self.longest))

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        due_ms = self.due(state)
        if due_ms is None or due_ms > at_ms:
            return QUIET
        state[_LOST] = True
        alarm = _alarm(state)
        heard_ms, used_ms, interval_ms = state[_HEARD_MS], state[_USED_MS], self._interval_ms(state)
        in_use = used_ms is not None and used_ms > heard_ms
        reason = (
            f"Nothing was heard for {span_words(due_ms - heard_ms)}: {counted(self.missed, 'heartbeat')} "
            f"of one every {span_words(interval_ms)} did not come"
        )
        finding = Finding(
            reason=f"{reason}; cards are still in use." if in_use else f"{reason}.",
            probability=self.prior,
            severity=Severity.LOW if in_use else None,
            anchor=alarm.anchor,
            evidence={
                "heard_at": iso(heard_ms),
                "interval_s": interval_ms / 1000,
                "interval_learnt": len(state[_INTERVALS]) >= _LEAST_INTERVALS,
                "missed": self.missed,
                "used_at": None if used_ms is None else iso(used_ms),
                "in_use": in_use,
            },
            alarm=alarm,
        )
        return (finding,)


def _alarm(state: State) -> Alarm:
    return Alarm(code="device_offline", component="network", since_ms=state[_HEARD_MS])
