"""A device that fails more often than it used to, and than its model does."""

from bisect import insort
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from math import log, sqrt
from typing import Annotated, Any, ClassVar

from msgspec.structs import astuple, replace
from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.alarms import Alarm
from domain.conditions import FROM_OUTSIDE
from domain.event_fields import Token
from domain.fault_history import DAY_MS, FAULT_CODES, FaultEdges, Rates
from domain.findings import QUIET, Finding, Severity, over
from domain.gamma_poisson import Gamma, log_tail
from domain.instants import iso, span_ms, span_words
from domain.level_scorer import COUNT, LIMIT, LevelScorer
from domain.tables import FaultRates, History, Tables
from domain.telemetry import Telemetry
from domain.wording import counted

_MOST_FAULTS = 100
_HOUR_MS = 3_600_000
# A device whose model no table knows is taken to fail once in two days, weighing as much as one day.
_UNKNOWN_MODEL = Gamma(shape=0.5, days=1.0)
# The habit of so many days fades.
_MOST_DAYS = 90.0
# What is not reported about for longer is not known to have gone well.
_MOST_GAP_MS = 6 * _HOUR_MS
# What it must be to be at its own level again, as a power of ten of chance.
_BACK_ODDS = 3.0
_NO_TABLES = History[FaultRates]()


@dataclass(frozen=True, kw_only=True)
class FaultRate(Detector[Telemetry, Rates]):
    """Fire when a device begins to fail more often than chance brings, at its own and its model's rate.

    Why: jams that a branch clears one by one, day after day, are a part that wears out, or software that came
    last night; nobody who sees one at a time sees that.

    Misses: what the device does not report, a rise slower than months or below `times` the usual rate, a
    model that always fails often.

    False alarms: a load of used notes, a hot week, one fault that is reported under several codes.

    Judgement: raises of one condition within `same` of each other are one fault. Once an hour the faults of
    the last day are compared with what is usual: the rate of the device's own past, drawn towards its model's
    in the published table `fault_rates` (without one: once in two days), as a gamma-Poisson posterior.
    A burst is so many faults as chance brings once in ten to the power of `log_odds`, which lie beyond the
    range that the device has shown in `settle` hours as well (`LevelScorer`; where its model is known it
    need not be settled). A drift is a rise to `times` the rate, or more, for which ten to the power of
    `drift_odds` speaks (CUSUM of the likelihood ratio), after `min_days`. It fires once and is over when a
    thousand to one speaks for the usual rate again; or when it stayed for `settled` days: then that is the
    habit. Until then nothing of it is learnt.

    Late: a fault older than the newest report counts in the day that it belongs to, if that is the last.

    Prior: half are taken to be true.

    State: the faults of a day, 24 conditions, two rates and the 63 numbers of the range; 500 bytes for an
    ordinary device, at most 5,000 bytes.

    Source: the predictive of a Poisson rate under a gamma posterior, A. Gelman et al., Bayesian Data
    Analysis (2013), 2.6; E. S. Page, Biometrika 41 (1954), for the drift; A. Wald, Sequential Analysis
    (1947), for its end. On simulated counts River's PageHinkley is as quick where it is tuned to the rate of
    each device, which nobody knows beforehand, and its ADWIN takes twice as long.
    """

    scope = Scope.DEVICE
    reads = (Telemetry,)
    severity = Severity.MEDIUM
    prior = 0.5
    # What is judged is not part of what it is judged by.
    include_current: ClassVar[bool] = False

    codes: Annotated[tuple[Token, ...], Field(min_length=1, description="codes of faults")] = FAULT_CODES
    same: Annotated[Span, Field(description="raises of one condition so close are one fault")] = timedelta(
        minutes=15
    )
    log_odds: Annotated[float, Field(ge=1, le=100, description="power of ten of chance against it")] = 5.0
    drift_odds: Annotated[float, Field(ge=0.5, le=100, description="power of ten that speaks for drift")] = (
        2.8
    )
    least_faults: Annotated[int, Field(ge=2, le=100, description="fewer in a day are no burst")] = 4
    settle: Annotated[int, Field(ge=2, le=10_000, description="hours until a range is known")] = 72
    times: Annotated[float, Field(gt=1, le=100, description="as often as usual is a drift")] = 2.0
    min_days: Annotated[int, Field(ge=1, le=365, description="days known before there is drift")] = 28
    settled: Annotated[int, Field(ge=1, le=365, description="days after which it is the habit")] = 28
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=90)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _same_ms(self) -> int:
        return span_ms(self.same)

    @cached_property
    def _scorer(self) -> LevelScorer:
        return LevelScorer(settle=self.settle, least_width=1.0, side="high")

    def start(self) -> Rates:
        return Rates()

    def dump(self, state: Rates) -> tuple[Any, ...]:
        *plain, edges, level = astuple(replace(state, faults=tuple(state.faults)))
        return (*plain, edges.dump(), None if level is None else level.dump())

    def load(self, dumped: list[Any], state_version: int) -> Rates:
        *plain, edges, level = dumped
        state = Rates(*plain)
        state.own, state.raised = Gamma(*state.own), Gamma(*state.raised)
        state.edges = FaultEdges.load(edges)
        state.level = None if level is None else self._scorer.load(level)
        return state

    def step(self, state: Rates, event: Telemetry) -> tuple[Finding, ...]:
        return self._step(_NO_TABLES, state, event)

    def bound(self, tables: Tables) -> Step:
        return partial(self._step, tables.fault_rates)

    def _step(self, published: History[FaultRates], state: Rates, event: Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state.newest_ms > self._memory_ms:
            for name, fresh in zip(state.__struct_fields__, astuple(Rates()), strict=True):
                setattr(state, name, fresh)
        if event.code in FROM_OUTSIDE:
            return QUIET
        table = published.at(at_ms)
        of_model = table.models.get(event.model or "") if table else None
        prior = Gamma(of_model.shape, of_model.shape / of_model.mean) if of_model else _UNKNOWN_MODEL
        found = self._advance(state, prior, at_ms)
        if event.code in self.codes and state.edges.begins(event, self._same_ms):
            self._count(state, prior, at_ms)
        if at_ms // _HOUR_MS > state.slot:
            state.slot = at_ms // _HOUR_MS
            score = self._score(state, at_ms)
            if not found and state.told_ms is None:
                known = of_model is not None
                found = self._judge(state, prior, at_ms, score, model=event.model if known else None)
        return found

    def _advance(self, state: Rates, prior: Gamma, at_ms: int) -> tuple[Finding, ...]:
        """Let time pass: what leaves the day is learnt, and what speaks for a change fades or grows."""
        if at_ms <= state.newest_ms:
            return QUIET
        days = min(at_ms - state.newest_ms, _MOST_GAP_MS) / DAY_MS if state.newest_ms else 0.0
        state.newest_ms = at_ms
        gone = [fault_ms for fault_ms in state.faults if fault_ms <= at_ms - DAY_MS]
        del state.faults[: len(gone)]
        passed = Gamma(float(len(gone)), days)
        if state.told_ms is None:
            usual = self._careful(state, prior)
            state.own = state.own.joined(passed).faded(_MOST_DAYS)
            state.drift -= usual * (self.times - 1) * days
            if state.drift <= 0 or state.own.days < self.min_days:
                state.drift, state.drift_ms = 0.0, at_ms
            return QUIET
        state.raised = state.raised.joined(passed)
        state.back += max(0.0, state.told_rate - state.own.joined(prior).mean) * days
        if state.back >= _BACK_ODDS * log(10):
            return (self._over(state, at_ms),)
        if state.raised.days >= self.settled:
            return (self._settle(state, at_ms),)
        return QUIET

    def _count(self, state: Rates, prior: Gamma, at_ms: int) -> None:
        if at_ms <= state.newest_ms - DAY_MS:
            return
        insort(state.faults, at_ms)
        if len(state.faults) > _MOST_FAULTS:
            del state.faults[0]
        if state.told_ms is None:
            state.drift += log(self.times)
        else:
            usual = state.own.joined(prior).mean
            state.back = max(0.0, state.back - log(max(1.0, state.told_rate / usual)))

    def _careful(self, state: Rates, prior: Gamma) -> float:
        """Give the usual rate a day as high as it may well be: what is not known for sure is no drift."""
        known = state.own.joined(prior)
        return (known.shape + sqrt(known.shape)) / known.days

    def _score(self, state: Rates, at_ms: int) -> float:
        """Give how far the faults of the last day lie beyond the range known of it, and learn them."""
        if state.level is None:
            state.level = self._scorer.start(at_ms, float(len(state.faults)))
            return 0.0
        return self._scorer.step(state.level, at_ms, float(len(state.faults))).score

    def _judge(
        self, state: Rates, prior: Gamma, at_ms: int, score: float, model: str | None
    ) -> tuple[Finding, ...]:
        known, count = state.own.joined(prior), len(state.faults)
        unsettled = state.level is None or state.level.value[COUNT] < self.settle
        beyond = score >= LIMIT or (model is not None and unsettled)
        tail = log_tail(known, count, 1.0)
        if beyond and count >= self.least_faults and tail <= -self.log_odds:
            kind, since_ms, rate = "burst", state.faults[0], float(count)
        elif state.drift >= self.drift_odds * log(10):
            kind, since_ms, rate = "drift", state.drift_ms, self.times * known.mean
        else:
            return QUIET
        state.told_ms, state.told_rate = since_ms, rate
        state.raised, state.back = Gamma(0.0, 0.0), 0.0
        return (self._finding(state, prior, kind, tail, model, at_ms),)

    def _finding(
        self, state: Rates, prior: Gamma, kind: str, tail: float, model: str | None, at_ms: int
    ) -> Finding:
        alarm, known = _alarm(state), state.own.joined(prior)
        if kind == "burst":
            said = f"{counted(len(state.faults), 'fault')} in a day"
        else:
            said = f"Faults have come {self.times:g} times as often as usual, or more, for "
            said += span_words(max(0, at_ms - alarm.since_ms))
        return Finding(
            reason=f"{said}, where {known.mean:.2g} a day are usual for this device.",
            probability=self.prior,
            anchor=alarm.anchor,
            evidence={
                "kind": kind,
                "since": iso(alarm.since_ms),
                "faults": len(state.faults),
                "usual_a_day": round(known.mean, 4),
                "known_days": round(state.own.days, 1),
                "model": model,
                "model_a_day": None if model is None else round(prior.mean, 4),
                "log_tail": round(tail, 2),
                "drift_log_odds": round(state.drift / log(10), 2),
                "log_odds": self.log_odds,
                "times": self.times,
                "include_current": self.include_current,
            },
            alarm=alarm,
        )

    def _over(self, state: Rates, at_ms: int) -> Finding:
        found = over(_alarm(state), "the raised rate of faults", at_ms)
        state.told_ms, state.drift, state.drift_ms, state.faults = None, 0.0, at_ms, []
        return found

    def _settle(self, state: Rates, at_ms: int) -> Finding:
        """Take a rate that stayed for what is usual from now on."""
        state.own = state.raised
        found = self._over(state, at_ms)
        lasted = f"The raised rate of faults has lasted {self.settled} days"
        reason = f"{lasted}: {state.own.mean:.2g} a day are usual now."
        return replace(found, reason=reason, evidence=found.evidence | {"settled": True})


def _alarm(state: Rates) -> Alarm:
    return Alarm(code="fault_rate_anomaly", component="device", since_ms=state.told_ms or 0)
