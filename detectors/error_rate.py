"""More reads, payments or notes go wrong than the device's own habit."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import log10
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import standing
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms
from domain.telemetry import Telemetry
from domain.wording import counted

# The newest event (ms), the newest counters of each unit, and what each kind of work is in.
_NEWEST_MS, _UNITS, _KINDS = range(3)
State = list[Any]
# Of a kind: attempts and errors of the habit, and of the block that is going on; whether its unit counts
# itself; since when it is too high and was told of (ms, None: it is not); blocks in a row that were too high.
_BASE, _BASE_ERRORS, _BLOCK, _BLOCK_ERRORS, _COUNTS, _SINCE_MS, _HIGH_BLOCKS = range(7)

_MOST_UNITS = 24
# The habit of so many attempts fades.
_MOST_BASE = 5_000.0
# Before a device has a habit it is taken to have this one, weighing as much as so many attempts.
_PRIOR_RATES = {"reads": 0.02, "payments": 0.005, "notes": 0.01}
_PRIOR_WEIGHT = 200
_NOUNS = {"reads": "card read", "payments": "payment", "notes": "note"}
_KIND_OF_COUNTER = {
    "card_reader": "reads",
    "dispenser": "payments",
    "recycler": "payments",
    "cassette": "notes",
}
_KIND_OF_ERROR = {"card_track_error": "reads", "dispense_none": "payments", "dispense_short": "payments"}
# What is wrong with the device then, by code and component: all its units of a kind together.
_ALARMS = {
    "reads": ("card_read_degraded", "card_reader"),
    "payments": ("note_error_rate", "dispenser"),
    "notes": ("note_error_rate", "cassette"),
}
_READ = frozenset({"chip", "magstripe"})


@dataclass(frozen=True, kw_only=True)
class ErrorRate(Detector[Telemetry | Transaction, State]):
    """Fire when card reads, payments or notes go wrong `times` as often as is usual for the device.

    Why: a worn reader or bad notes announce the standstill days before; a reader that someone has
    tampered with fails more often from one day to the next.

    Misses: what the device does not count or report, a rate that rises slower than the habit learns.

    False alarms: one bad card tried again and again, a load of used notes.

    Judgement: errors and attempts are taken from a unit's own counters (between two counts of one load; a
    rejected note is an error) or, where it has none, from reports of failed reads and payments beside the
    uses of cards. They are judged in blocks of `block` attempts against the habit: it fires when the rate
    is at least `times` the usual, and chance would bring as many errors less often than once in ten to
    the power of `log_odds`. It fires once, says that it is over after a block that was not too high, and
    only then fires again. What is too high is not learnt, unless it lasts `settled` blocks: then it is the
    new habit.

    Late: order does not matter for reports and uses; a count older than the newest of its unit is not
    counted.

    Prior: half are taken to be true.

    State: three habits and the counters of 24 units; 100 bytes for an ordinary device, at most 10,000 bytes.

    Source: the bound of H. Chernoff, Annals of Mathematical Statistics 23 (1952), for the tail.
    """

    scope = Scope.DEVICE
    reads = (Telemetry, Transaction)
    severity = Severity.MEDIUM
    prior = 0.5
    # A device on which everything always fails is not in order.
    about_the_unusual = False
    state_version = 2
    include_current: ClassVar[bool] = True
    # The card of a declined use was read all the same.
    count_declined: ClassVar[bool] = True

    times: Annotated[float, Field(gt=1, le=1000, description="as often as usual")] = 3.0
    log_odds: Annotated[float, Field(ge=1, le=100, description="power of ten of chance against it")] = 6.0
    block: Annotated[int, Field(ge=10, le=100_000, description="attempts that are judged together")] = 100
    least_errors: Annotated[int, Field(ge=1, le=1000, description="fewer errors never fire")] = 4
    settled: Annotated[int, Field(ge=1, le=1000, description="high blocks in a row that are a habit")] = 20
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=60)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return [0, {}, {}]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, units, kinds = state
        held = [(*unit, *known) for unit, known in units.items()]
        return newest_ms, held, [(kind, *known) for kind, known in kinds.items()]

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, held, given = dumped
        units = {(component, unit): known for component, unit, *known in held}
        kinds = {kind: known for kind, *known in given}
        if state_version < 2:
            # It only said whether a kind was told of, not since when.
            for known in kinds.values():
                known[_SINCE_MS] = newest_ms if known[_SINCE_MS] else None
        return [newest_ms, units, kinds]

    def step(self, state: State, event: Telemetry | Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if isinstance(event, Transaction):
            # A use that went well cannot bring the rate over anything, so it is only counted.
            ended = QUIET
            if event.entry in _READ:
                ended = self._add(state, "reads", 1, 0, event, by_itself=False)
            if event.type == "withdrawal" and event.outcome == "approved":
                ended += self._add(state, "payments", 1, 0, event, by_itself=False)
            return ended
        if event.edge == "count":
            return self._count(state, event)
        kind = _KIND_OF_ERROR.get(event.code)
        if kind is None or not standing(event):
            return QUIET
        # A payment that failed was counted when it was approved; a read that failed led to no use.
        return self._add(state, kind, 1 if kind == "reads" else 0, 1, event, by_itself=False)

    def _count(self, state: State, event: Telemetry) -> tuple[Finding, ...]:
        counters, kind = event.counters, _KIND_OF_COUNTER.get(event.component)
        if counters is None or kind is None:
            return QUIET
        good, bad = counters.attempts, counters.errors
        if kind == "notes":
            good, bad = counters.dispensed, counters.rejected
        if good is None or bad is None:
            return QUIET
        units = state[_UNITS]
        unit = (event.component, event.unit)
        before = units.get(unit)
        if before is not None and event.at_ms <= before[0]:
            return QUIET
        units[unit] = [event.at_ms, good, bad, counters.load]
        if len(units) > _MOST_UNITS:
            del units[min(units, key=lambda known: units[known][0])]
        if before is None or before[3] != counters.load or good < before[1] or bad < before[2]:
            return QUIET
        errors = bad - before[2]
        # Counters of notes tell apart what went well; those of attempts hold both.
        attempts = good - before[1] + (errors if kind == "notes" else 0)
        return self._add(state, kind, attempts, errors, event, by_itself=True)

    def _add(
        self,
        state: State,
        kind: str,
        attempts: int,
        errors: int,
        event: Telemetry | Transaction,
        *,
        by_itself: bool,
    ) -> tuple[Finding, ...]:
        """Count work into its kind's block and judge it, unless the unit's own counters know better."""
        known: list[Any] = state[_KINDS].setdefault(kind, [0.0, 0.0, 0, 0, False, None, 0])
        if by_itself and not known[_COUNTS]:
            known[_BLOCK] = known[_BLOCK_ERRORS] = 0
            known[_COUNTS] = True
        if known[_COUNTS] and not by_itself:
            return QUIET
        known[_BLOCK] += attempts
        known[_BLOCK_ERRORS] += errors
        found = QUIET
        if isinstance(event, Telemetry) and known[_SINCE_MS] is None and self._too_high(kind, known):
            known[_SINCE_MS] = event.at_ms
            found = (self._finding(kind, known, event),)
        return found + self._end_block(kind, known, event.at_ms)

    def _too_high(self, kind: str, known: list[Any]) -> bool:
        errors = min(known[_BLOCK_ERRORS], known[_BLOCK])
        return (
            errors >= self.least_errors
            and errors >= self.times * _usual(kind, known) * known[_BLOCK]
            and _log_tail(errors, known[_BLOCK], _usual(kind, known)) <= -self.log_odds
        )

    def _end_block(self, kind: str, known: list[Any], at_ms: int) -> tuple[Finding, ...]:
        """Learn a full block, unless it is too high for it; say so when it no longer is."""
        if known[_BLOCK] < self.block:
            return QUIET
        ended, high = QUIET, self._too_high(kind, known)
        known[_HIGH_BLOCKS] = known[_HIGH_BLOCKS] + 1 if high else 0
        # A report from before it began cannot end it: the next block will.
        if not high and known[_SINCE_MS] is not None and at_ms >= known[_SINCE_MS]:
            ended = (over(_alarm(kind, known), f"high rate of failed {_NOUNS[kind]}s", at_ms),)
            known[_SINCE_MS] = None
        if known[_HIGH_BLOCKS] >= self.settled:
            known[_BASE] = known[_BASE_ERRORS] = 0.0
            known[_HIGH_BLOCKS], high = 0, False
        if not high:
            known[_BASE] += known[_BLOCK]
            known[_BASE_ERRORS] += min(known[_BLOCK_ERRORS], known[_BLOCK])
            if known[_BASE] > _MOST_BASE:
                known[_BASE_ERRORS] *= _MOST_BASE / known[_BASE]
                known[_BASE] = _MOST_BASE
        known[_BLOCK] = known[_BLOCK_ERRORS] = 0
        return ended

    def _finding(self, kind: str, known: list[Any], event: Telemetry) -> Finding:
        attempts, usual = known[_BLOCK], _usual(kind, known)
        errors = min(known[_BLOCK_ERRORS], attempts)
        alarm = _alarm(kind, known)
        return Finding(
            reason=(
                f"{errors:,} of {counted(attempts, _NOUNS[kind])} went wrong, {errors / attempts:.1%}; "
                f"{usual:.1%} are usual for this device."
            ),
            probability=self.prior,
            anchor=alarm.anchor,
            evidence={
                "kind": kind,
                "errors": errors,
                "attempts": attempts,
                "rate": round(errors / attempts, 6),
                "usual_rate": round(usual, 6),
                "log_tail": round(_log_tail(errors, attempts, usual), 2),
                "log_odds": self.log_odds,
                "times": self.times,
                "history": round(known[_BASE]),
                "component": event.component,
                "unit": event.unit,
                "last_at": iso(event.at_ms),
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
            alarm=alarm,
        )


def _alarm(kind: str, known: list[Any]) -> Alarm:
    code, component = _ALARMS[kind]
    return Alarm(code=code, component=component, since_ms=known[_SINCE_MS])


def _usual(kind: str, known: list[Any]) -> float:
    """Give the rate of the habit, drawn towards the one that devices have by default."""
    errors = known[_BASE_ERRORS] + _PRIOR_RATES[kind] * _PRIOR_WEIGHT
    return float(errors / (known[_BASE] + _PRIOR_WEIGHT))


def _log_tail(errors: int, attempts: int, rate: float) -> float:
    """Give the power of ten below which chance brings so many errors or more."""
    share = errors / attempts
    if share <= rate:
        return 0.0
    spread = share * log10(share / rate)
    if share < 1:
        spread += (1 - share) * log10((1 - share) / (1 - rate))
    return -attempts * spread
