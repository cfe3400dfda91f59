"""A branch of which most devices are not heard any more, or whose line a probe reports to be down."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import ceil
from typing import Annotated, Any, ClassVar

from msgspec.structs import astuple, replace
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.conditions import FROM_OUTSIDE, standing
from domain.event_fields import Token
from domain.findings import QUIET, Finding, Severity, over
from domain.heartbeats import Patience
from domain.instants import iso, span_ms
from domain.outages import Child, Outage, children_cut
from domain.telemetry import Telemetry
from domain.windows import Boundary
from domain.wording import counted

# The newest event (ms), the end of the last outage (ms), the devices by their names, what each probe said
# last of each code, and the outages by how far they reach.
_NEWEST_MS, _ENDED_MS, _CHILDREN, _PROBES, _OUTAGES = range(5)
State = list[Any]

_MOST_CHILDREN, _MOST_PROBES = 32, 8
# What a probe may report, how far that reaches, and what stands before "is down".
_BRANCH = "branch"
_REACH = {
    "branch_link_down": _BRANCH,
    "branch_power_down": _BRANCH,
    "region_link_down": "region",
    "host_down": "host",
}
_WORDS = {
    "branch_link_down": "the link of the branch",
    "branch_power_down": "the power of the branch",
    "region_link_down": "the link of the region",
    "host_down": "the transaction host",
}


@dataclass(frozen=True, kw_only=True)
class BranchOutage(Detector[Telemetry, State]):
    """Fire once when a branch is cut off: a probe says so, or most of its devices fell silent together.

    Why: a cut line or a power cut is one thing to do for one person, not one for each device behind it.

    Misses: a branch with one device and no probe, a line over which only the host is reached, devices that
    send no heartbeat until they are first heard.

    False alarms: a monitor that loses its own line while the devices serve, a branch that switches all of
    its devices off for the night, a probe that is broken itself.

    Judgement: a device is silent after `missed` of its own heartbeats, learnt as in `heartbeat_lost`. It is
    an outage when at least 2, and at least `share` of the branch's devices, are silent and were last heard
    within as many heartbeats of each other; one that was gone long before counts on neither side. A probe's
    report is an outage by itself; one that follows the silence is the same outage, and so are devices that
    fall silent later: they are in the evidence of its end. What devices said of their power
    within `power_before` tells a power cut from a cut line. It is over when the probe says so; or when fewer
    than half as many as make an outage are still silent; or when fewer than make one are and it stayed so
    for `missed` heartbeats: the line then works, and what is silent still has a reason of its own. A
    region or a host is a further outage, known by its probe alone.

    Late: a report older than the device's newest, or than the probe's newest of its kind, changes nothing.

    Prior: nine in ten are taken to be true.

    State: 32 devices, the one unheard for longest goes first, and 8 probes; 60 bytes for each
    device, at most 20,000 bytes.

    Source: the rule of k silent of n, with a hold, is what monitors of networks call the inhibition of
    targets by their source.
    """

    scope = Scope.BRANCH
    reads = (Telemetry,)
    severity = Severity.HIGH
    prior = 0.9
    # Where devices report nothing but faults, each report may be one.
    most_share = 1.0
    needs = ("branch",)
    about_the_unusual = False
    # A report exactly when it is due is in time.
    boundary: ClassVar[Boundary] = "both"

    share: Annotated[float, Field(gt=0, le=1, description="of the devices that must be silent")] = 0.6
    missed: Annotated[int, Field(ge=1, le=100, description="heartbeats in a row that must be missing")] = 2
    heartbeat: Annotated[Span, Field(description="interval of a device that is not known yet")] = timedelta(
        minutes=5
    )
    longest: Annotated[Span, Field(description="longest interval that is believed")] = timedelta(hours=1)
    grace: Annotated[Span, Field(description="allowed for the way of a report")] = timedelta(seconds=15)
    power_codes: Annotated[tuple[Token, ...], Field(description="reports of trouble with the power")] = (
        "power_fail",
        "ups_low",
        "ups_on_battery",
    )
    power_before: Annotated[Span, Field(description="how long before its silence they count")] = timedelta(
        hours=2
    )
    memory: Annotated[Span, Field(description="silence of the branch until all is forgotten")] = timedelta(
        days=30
    )

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _patience(self) -> Patience:
        return Patience(self.missed, span_ms(self.heartbeat), span_ms(self.longest), span_ms(self.grace))

    def start(self) -> State:
        return [0, 0, {}, {}, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, ended_ms, children, probes, outages = state
        return (
            newest_ms,
            ended_ms,
            [(name, *astuple(child)) for name, child in children.items()],
            [(*probe, *said) for probe, said in probes.items()],
            [(reach, *astuple(outage)) for reach, outage in outages.items()],
        )

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, ended_ms, children, probes, outages = dumped
        return [
            newest_ms,
            ended_ms,
            {name: Child(heard, beat, tuple(gaps), *rest) for name, heard, beat, gaps, *rest in children},
            {(device, code): said for device, code, *said in probes},
            {reach: Outage(*outage) for reach, *outage in outages},
        ]

    def step(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if event.code in _REACH:
            return self._probe(state, event)
        if event.code in FROM_OUTSIDE or any(probe == event.device for probe, _ in state[_PROBES]):
            return QUIET
        return self._hear(state, event)

    def _probe(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        probes, holds, at_ms = state[_PROBES], standing(event), event.at_ms
        before_ms, held = probes.get((event.device, event.code), (0, False))
        if holds is None or at_ms < before_ms:
            return QUIET
        # Who watches the line is not behind it.
        state[_CHILDREN].pop(event.device, None)
        probes[event.device, event.code] = [at_ms, holds]
        if len(probes) > _MOST_PROBES:
            del probes[min(probes, key=lambda probe: probes[probe][0])]
        reach = _REACH[event.code]
        outage = state[_OUTAGES].get(reach)
        if not holds:
            mine = outage is not None and outage.probe == event.device
            return (self._end(state, reach, at_ms, "as the probe says"),) if mine else QUIET
        if outage is not None:
            outage.probe = outage.probe or event.device
            return QUIET
        if held and event.edge == "state":
            # The devices behind it have proved it wrong: it has to say so anew.
            return QUIET
        outage = Outage(event.code, event.component, event.unit, at_ms, event.device)
        if reach == _BRANCH:
            self._cut(state, outage, self._patience.silent_together(state[_CHILDREN].values()), late=False)
        return (self._begin(state, reach, outage, f"A probe reports that {_WORDS[event.code]} is down."),)

    def _hear(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        children, at_ms = state[_CHILDREN], event.at_ms
        child = children.get(event.device)
        if child is None:
            child = children[event.device] = Child(at_ms - 1)
            if len(children) > _MOST_CHILDREN:
                del children[min(children, key=lambda name: children[name].heard_ms)]
        if at_ms <= child.heard_ms:
            return QUIET
        self._patience.hear(child, at_ms, heartbeat=event.edge == "heartbeat")
        if event.code in self.power_codes:
            child.power_ms = (child.power_ms or at_ms) if standing(event) else None
        return self._recovered(state, at_ms)

    def _recovered(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        """Look, when a device is heard, whether too few are still silent for an outage."""
        outage = state[_OUTAGES].get(_BRANCH)
        if outage is None or not outage.cut:
            return QUIET
        cut = [child for child in state[_CHILDREN].values() if child.cut_ms is not None]
        silent = sum(child.silent for child in cut)
        if silent * 2 < outage.needed:
            return (self._end(state, _BRANCH, at_ms, "its devices are heard again"),)
        if silent < outage.needed and outage.few_ms is None:
            outage.few_ms = at_ms + max(map(self._patience.of, cut))
        return QUIET

    def due(self, state: State) -> int | None:
        times = [child.due_ms for child in state[_CHILDREN].values() if child.due_ms is not None]
        outage = state[_OUTAGES].get(_BRANCH)
        if outage is not None and outage.few_ms is not None:
            times.append(outage.few_ms)
        return min(times, default=None)

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        children: list[Child] = list(state[_CHILDREN].values())
        lost = [child for child in children if child.due_ms is not None and child.due_ms <= at_ms]
        for child in lost:
            child.due_ms = None
        outage = state[_OUTAGES].get(_BRANCH)
        if outage is not None:
            self._cut(state, outage, lost, late=True)
            if outage.few_ms is not None and outage.few_ms <= at_ms:
                return (self._end(state, _BRANCH, at_ms, "most of its devices are heard again"),)
            return QUIET
        together = self._patience.silent_together(children)
        if not lost or len(together) < self._needed(state, together):
            return QUIET
        return (self._fell_silent(state, together),)

    def _needed(self, state: State, together: list[Child]) -> int:
        """Give how many silent devices are an outage; those gone long before are not among the devices."""
        heard = sum(not child.silent for child in state[_CHILDREN].values())
        return max(2, ceil(round(self.share * (heard + len(together)), 9)))

    def _cut(self, state: State, outage: Outage, silent: list[Child], *, late: bool) -> None:
        """Count silent devices into an outage, and see whether they are one by themselves."""
        if not outage.cut and not late:
            outage.needed = self._needed(state, silent)
        for child in silent:
            if child.cut_ms is None:
                child.cut_ms, child.late = child.heard_ms, late
        children = state[_CHILDREN].values()
        if sum(child.silent and child.cut_ms is not None for child in children) >= outage.needed:
            outage.cut, outage.few_ms = True, None

    def _fell_silent(self, state: State, together: list[Child]) -> Finding:
        before_ms, earliest_ms = span_ms(self.power_before), min(child.heard_ms for child in together)
        troubled = sum(
            child.power_ms is not None and child.heard_ms - child.power_ms <= before_ms for child in together
        )
        code, component = ("branch_power_down", "power") if troubled else ("branch_link_down", "network")
        # Never before the end of the last one: it would be taken for that.
        outage = Outage(code, component, 0, max(state[_ENDED_MS], earliest_ms))
        heard = sum(not child.silent for child in state[_CHILDREN].values())
        self._cut(state, outage, together, late=False)
        told = f", {counted(troubled, 'device')} with trouble of the power just before" if troubled else ""
        silent = f"{len(together)} of {counted(len(together) + heard, 'device')} fell silent together{told}"
        return self._begin(state, _BRANCH, outage, f"{silent}: {_WORDS[code]} must be down.")

    def _begin(self, state: State, reach: str, outage: Outage, reason: str) -> Finding:
        state[_OUTAGES][reach] = outage
        return Finding(
            reason=reason,
            probability=self.prior,
            anchor=outage.alarm.anchor,
            evidence={
                "code": outage.code,
                "since": iso(outage.since_ms),
                "probe": outage.probe,
                "devices": len(state[_CHILDREN]),
                "needed": outage.needed,
                "children": children_cut(state[_CHILDREN]) if reach == _BRANCH else [],
                "share": self.share,
                "missed": self.missed,
                "boundary": self.boundary,
            },
            alarm=outage.alarm,
        )

    def _end(self, state: State, reach: str, at_ms: int, why: str) -> Finding:
        outage = state[_OUTAGES].pop(reach)
        ended = over(outage.alarm, f"the outage, {_WORDS[outage.code]} down,", at_ms)
        if reach != _BRANCH:
            return replace(ended, evidence=ended.evidence | {"why": why, "probe": outage.probe})
        told = {"why": why, "probe": outage.probe, "children": children_cut(state[_CHILDREN])}
        state[_ENDED_MS] = at_ms
        for child in state[_CHILDREN].values():
            child.cut_ms, child.late = None, False
            if child.silent and outage.probe is not None:
                # Its line works from now on: it has as long as any other to say so.
                child.due_ms = at_ms + self._patience.of(child)
        return replace(ended, evidence=ended.evidence | told)
