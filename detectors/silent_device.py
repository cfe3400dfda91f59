"""A device that claims to serve but that nobody uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import exp, inf, log, log1p
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.wording import counted

# The newest event (ms), and what each device of the branch is in.
_NEWEST_MS, _DEVICES = range(2)
State = list[Any]
# Of a device: its newest use (ms), the first week that counts and the one that is going on (their numbers
# since 1970), what the weeks before this one weigh, the uses in each hour of the week (fading alike), when
# its silence is too long (ms, None: nobody can say, or it was told of), and whether it was told of.
_LAST_MS, _FIRST, _WEEK, _WEEKS, _USES, _DUE_MS, _TOLD = range(7)

_MOST_DEVICES = 24
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_WEEK_HOURS = 168
_WEEKS_A_MONTH = 30 / 7
# Silence beyond this is looked at no further ahead: a device so seldom used cannot be judged.
_MOST_AHEAD_HOURS = 2 * _WEEK_HOURS
# An hour of the week is taken to be like all others of the device, weighing as much as so many weeks.
_PRIOR_WEEKS = 0.5
# A sibling that should have been used so often in the gap, and was not, is quiet as well.
_SIBLING_EXPECTS = 3.0


@dataclass(frozen=True, kw_only=True)
class SilentDevice(Detector[Transaction, State]):
    """Fire when a device was not used for longer than its own habit of this hour of the week explains.

    Why: a screen that is frozen, a slot that is blocked or a screen saver that stays look well to every
    monitor; only the customers who do not come tell of it.

    Misses: devices that are used a few times a week, the first three weeks of a device, one on which every
    use is declined while `count_declined` is set.

    False alarms: a road that is dug up, an exhibition, a device that another detector knows to be down.

    Judgement: the rate of each hour of the week is learnt from its own uses in whole weeks, older ones
    fading, drawn towards the device's mean. From the last use on, the chance of no use is multiplied up
    hour by hour (a gamma-Poisson predictive). It fires when that chance, times the uses of a month (each
    begins a gap), is below `false_alarms_a_month`; but not when more than half of the siblings at its branch
    that should have been used meanwhile were not either: then it is asked again each hour. It fires once in
    a gap, and says that it is over at the use that ends it.

    Late: a use older than the device's newest is counted in its hour and ends no gap.

    Prior: half are taken to be true.

    State: the uses of each hour of the week of 24 devices, the longest unused goes first; 700 bytes for
    an ordinary device, at most 50,000 bytes.

    Source: the predictive of a Poisson rate under a gamma posterior, A. Gelman et al., Bayesian Data
    Analysis (2013), 2.6.
    """

    scope = Scope.BRANCH
    severity = Severity.MEDIUM
    prior = 0.5
    needs = ("branch", "device")
    state_version = 2

    false_alarms_a_month: Annotated[
        float, Field(gt=0, le=10, description="that a device without any fault may cause")
    ] = 0.01
    min_weeks: Annotated[int, Field(ge=1, le=52, description="whole weeks known before it may fire")] = 2
    fading: Annotated[float, Field(gt=0.5, lt=1, description="what a week weighs one week later")] = 0.9
    memory: Annotated[Span, Field(description="silence of the branch until all is forgotten")] = timedelta(
        days=30
    )
    count_declined: Annotated[bool, Field(description="whether declined uses count as uses")] = False
    include_current: ClassVar[bool] = True

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        held = [
            (device, *known[:_USES], known[_USES].copy(), *known[_DUE_MS:])
            for device, known in state[_DEVICES].items()
        ]
        return state[_NEWEST_MS], held

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, held = dumped
        devices = {device: known for device, *known in held}
        if state_version < 2:
            # It did not tell what was told of from what nobody can say.
            for known in devices.values():
                known.append(False)
        return [newest_ms, devices]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        used = event.type != "balance_inquiry" and (event.outcome == "approved" or self.count_declined)
        if event.device is None or not used:
            return QUIET
        devices = state[_DEVICES]
        known = devices.get(event.device)
        ended = QUIET if known is None else _ended(event.device, known, at_ms)
        if known is None or at_ms - known[_LAST_MS] > self._memory_ms:
            # The week it begins in is not whole.
            known = devices[event.device] = [
                at_ms,
                _week(at_ms) + 1,
                _week(at_ms),
                0.0,
                [0] * _WEEK_HOURS,
                None,
                False,
            ]
            if len(devices) > _MOST_DEVICES:
                del devices[min(devices, key=lambda other: devices[other][_LAST_MS])]
        self._fade(known, _week(at_ms))
        if known[_FIRST] <= _week(at_ms):
            slot = at_ms // _HOUR_MS % _WEEK_HOURS
            known[_USES][slot] = round(known[_USES][slot] + 1, 3)
        if at_ms >= known[_LAST_MS]:
            known[_LAST_MS] = at_ms
            known[_DUE_MS] = self._due_ms(known)
        return ended

    def _fade(self, known: list[Any], week: int) -> None:
        while known[_WEEK] < week:
            if known[_WEEK] >= known[_FIRST]:
                known[_WEEKS] = (known[_WEEKS] + 1) * self.fading
            known[_WEEK] += 1
            known[_USES] = [round(uses * self.fading, 3) for uses in known[_USES]]

    def _due_ms(self, known: list[Any]) -> int | None:
        """Give when a gap after the last use is too long to be chance, None where nobody can say."""
        if not self._is_known(known):
            return None
        uses_a_month = _mean(known) * _WEEK_HOURS * _WEEKS_A_MONTH
        bound = log(self.false_alarms_a_month / max(1.0, uses_a_month))
        chance = 0.0
        for begin_ms, end_ms, weight, weeks in _ahead(known):
            hours = (end_ms - begin_ms) / _HOUR_MS
            added = -weight * log1p(hours / weeks)
            if chance + added <= bound:
                # The part of the hour after which the bound is reached, to the full minute.
                part = (exp((chance - bound) / weight) - 1) * weeks if weight else 0.0
                return (begin_ms + int(part * _HOUR_MS)) // _MINUTE_MS * _MINUTE_MS + _MINUTE_MS
            chance += added
        return None

    def _is_known(self, known: list[Any]) -> bool:
        return int(known[_WEEK]) - int(known[_FIRST]) >= self.min_weeks

    def due(self, state: State) -> int | None:
        times = (known[_DUE_MS] for known in state[_DEVICES].values() if known[_DUE_MS] is not None)
        return min(times, default=None)

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        found = []
        for device, known in state[_DEVICES].items():
            if known[_DUE_MS] is None or known[_DUE_MS] > at_ms:
                continue
            quiet, siblings = self._siblings(state[_DEVICES], device, at_ms)
            if quiet * 2 > siblings:
                known[_DUE_MS] = (
                    at_ms + _HOUR_MS if at_ms - known[_LAST_MS] < self._memory_ms - _HOUR_MS else None
                )
                continue
            known[_DUE_MS], known[_TOLD] = None, True
            found.append(self._finding(device, known, siblings, quiet, at_ms))
        return tuple(found)

    def _siblings(self, devices: dict[str, list[Any]], device: str, at_ms: int) -> tuple[int, int]:
        """Count the siblings that should have been used in a gap but were not, and all that should."""
        since_ms = devices[device][_LAST_MS]
        quiet = siblings = 0
        for other, known in devices.items():
            if other == device or not self._is_known(known):
                continue
            if _expected(known, since_ms, at_ms, _SIBLING_EXPECTS) >= _SIBLING_EXPECTS:
                siblings += 1
                quiet += known[_LAST_MS] <= since_ms
        return quiet, siblings

    def _finding(self, device: str, known: list[Any], siblings: int, quiet: int, at_ms: int) -> Finding:
        last_ms = known[_LAST_MS]
        expected = _expected(known, last_ms, at_ms)
        went_on = f"{siblings - quiet} went on being used"
        beside = f"; of {counted(siblings, 'sibling')} {went_on}" if siblings else ""
        alarm = _alarm(device, known)
        return Finding(
            reason=(
                f"{device} was not used for {span_words(at_ms - last_ms)}, in which "
                f"{counted(max(1, round(expected)), 'use')} would be usual{beside}."
            ),
            probability=self.prior,
            anchor=alarm.anchor,
            evidence={
                "device": device,
                "last_used_at": iso(last_ms),
                "expected_uses": round(expected, 2),
                "siblings": siblings,
                "quiet_siblings": quiet,
                "false_alarms_a_month": self.false_alarms_a_month,
                "weeks_known": known[_WEEK] - known[_FIRST],
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
            alarm=alarm,
        )


def _alarm(device: str, known: list[Any]) -> Alarm:
    return Alarm(code="silent_device", component="device", since_ms=known[_LAST_MS], device=device)


def _ended(device: str, known: list[Any], at_ms: int) -> tuple[Finding, ...]:
    """Say that a silence that was told of is over, where a use at a time ends it."""
    if not known[_TOLD] or at_ms <= known[_LAST_MS]:
        return QUIET
    known[_TOLD] = False
    return (over(_alarm(device, known), f"silence of {device}", at_ms),)


def _week(at_ms: int) -> int:
    return at_ms // _HOUR_MS // _WEEK_HOURS


def _weeks_of(known: list[Any], hour: int) -> float:
    """Give how many weeks of an hour of the week are known, of which the one that goes on is a part."""
    begun: float = known[_LAST_MS] / _HOUR_MS % _WEEK_HOURS - hour % _WEEK_HOURS
    return float(known[_WEEKS]) + min(1.0, max(0.0, begun))


def _mean(known: list[Any]) -> float:
    """Give the uses in an hour, whichever it is."""
    hours = known[_WEEKS] * _WEEK_HOURS + known[_LAST_MS] / _HOUR_MS % _WEEK_HOURS
    return float(sum(known[_USES]) / hours)


def _ahead(known: list[Any]) -> Iterator[tuple[int, int, float, float]]:
    """Give the hours after a device's last use: begin and end (ms), uses and weeks of their posterior."""
    begin_ms, mean = known[_LAST_MS], _mean(known)
    first = begin_ms // _HOUR_MS
    for hour in range(first, first + _MOST_AHEAD_HOURS):
        end_ms = (hour + 1) * _HOUR_MS
        uses = known[_USES][hour % _WEEK_HOURS] + _PRIOR_WEEKS * mean
        yield begin_ms, end_ms, uses, _weeks_of(known, hour) + _PRIOR_WEEKS
        begin_ms = end_ms


def _expected(known: list[Any], since_ms: int, until_ms: int, enough: float = inf) -> float:
    """Give how many uses are usual between two times, of which two weeks at most are looked at.

    Once that are `enough` the rest of the hours are left out: more hours only add to it.
    """
    first, total, begin_ms = since_ms // _HOUR_MS, 0.0, since_ms
    for hour in range(first, min(until_ms // _HOUR_MS, first + _MOST_AHEAD_HOURS) + 1):
        end_ms = min((hour + 1) * _HOUR_MS, until_ms)
        rate = known[_USES][hour % _WEEK_HOURS] / _weeks_of(known, hour)
        total += rate * (end_ms - begin_ms) / _HOUR_MS
        if total >= enough:
            break
        begin_ms = end_ms
    return total
