"""An amount far out of the card's own habit."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from math import exp, log
from typing import Annotated, Any

from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.events import MONEY_OUT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import span_ms
from domain.moments import COUNT, MEAN, Moments, learn, no_moments, shrunk, variance_of
from domain.money import money_words
from domain.tables import History, SegmentAmounts, Tables
from domain.windows import Stddev

# A value weighs a hundredth once there are a hundred: a habit may change within a season.
_GAIN = 0.01
# Winsorising: values are pulled in to 3 standard deviations once 5 are known.
_CLIP_SDS, _CLIP_LEAST = 3.0, 5
# How many values a prior counts as.
_PRIOR_WEIGHT = 2
# A spread of a quarter on the log scale is the least that is believed, and of e the guess for a segment
# that no table tells anything about.
_LEAST_SD, _UNKNOWN_SD = 0.25, 1.0
# Ways of using the card (currency, type, channel) that are remembered; the longest unused goes first.
_MOST_HABITS = 8


# Behind a habit's moments (of natural logs of minor units) stands when it was last used, in ms.
LAST_MS = 3
# The card's habit in each segment.
State = dict[str, Moments]
_NO_TABLES = History[SegmentAmounts]()
_WORDS = {"purchase": "purchase", "withdrawal": "withdrawal", "transfer_out": "transfer"}


@dataclass(frozen=True, kw_only=True)
class AmountOutlier(Detector[Transaction, State]):
    """Fire when an approved amount lies far above the card's own habit and above what its segment spends.

    Why: money is taken in amounts that the owner never used; the balance, not a need, sets them.

    Misses: the first `min_history` uses in a segment, small amounts, thieves who keep to the owner's
    habit, owners whose habit is wild.

    False alarms: rent, a car, a hospital bill; a lasting change of habit fires until the desk lists it,
    as what fires is never learnt: a thief must not become the norm.

    Judgement: a segment is currency, type and channel. Amounts are compared as logs with the mean and
    spread of the card's own in the segment, drawn towards the published table's by the weight of 2 uses.
    With a table in force an amount must be above `sds` standard deviations and the segment's high
    quantile; without one, above `sds_alone`. An amount that the card uses always is never unusual.

    Late: order does not matter; a late use is judged and learnt when it comes.

    Prior: one in five is taken to be true, more with the distance.

    State: count, mean, variance and last time for 8 segments at most; 130 bytes for an ordinary card, at
    most 1,000 bytes.

    Source: winsorised moments with a prior of weight 2 found the most on the public simulated card data
    of the Fraud Detection Handbook.
    """

    scope = Scope.CARD
    types = MONEY_OUT
    severity = Severity.MEDIUM
    prior = 0.2
    # Honest cards alone bring 15 in the quality benchmark.
    least_per_million = 3.0

    sds: Annotated[float, Field(gt=0, le=100, description="standard deviations, with a table in force")] = 4.0
    sds_alone: Annotated[float, Field(gt=0, le=100, description="the same without a table")] = 5.0
    min_history: Annotated[int, Field(ge=2, le=10_000, description="uses known before it may fire")] = 5
    memory: Annotated[Span, Field(description="a habit unused so long is forgotten")] = timedelta(days=180)
    count_declined: Annotated[bool, Field(description="whether declined uses are judged and learnt")] = False
    stddev: Annotated[Stddev, Field(description="which standard deviation")] = "sample"

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _least_reach(self) -> float:
        """The log ratio below which nothing can fire, whatever the segment."""
        return min(self.sds, self.sds_alone) * _LEAST_SD

    def start(self) -> State:
        return {}

    def dump(self, state: State) -> tuple[Any, ...]:
        return tuple([(segment, *habit) for segment, habit in state.items()])  # no generator: half the time

    def load(self, dumped: list[Any], state_version: int) -> State:
        return {segment: habit for segment, *habit in dumped}

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        return self._step(_NO_TABLES, state, event)

    def bound(self, tables: Tables) -> Step:
        facts = (self.count_declined, self._memory_ms, self.min_history, self._least_reach)
        learning = (_GAIN, _CLIP_SDS, _CLIP_LEAST, _LEAST_SD)
        return quick("amount_outlier", partial(self._step, tables.segment_amounts), (*facts, *learning))

    def _step(
        self, published: History[SegmentAmounts], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        if event.outcome == "declined" and not self.count_declined:
            return QUIET
        segment = f"{event.currency}|{event.type}|{event.channel}"
        at_ms = event.at_ms
        habit = state.get(segment)
        if habit is None or at_ms - habit[LAST_MS] > self._memory_ms:
            habit = state[segment] = [*no_moments(), at_ms]
            if len(state) > _MOST_HABITS:
                del state[min(state, key=lambda name: state[name][LAST_MS])]
        elif at_ms > habit[LAST_MS]:
            habit[LAST_MS] = at_ms
        amount_minor = event.amount_minor
        value = log(amount_minor) if amount_minor else 0.0
        if habit[COUNT] >= self.min_history and value - habit[MEAN] > self._least_reach:
            found = self._judge(habit, value, segment, event, published)
            if found:
                return found
        learn(habit, value, _GAIN, _CLIP_SDS, _CLIP_LEAST, _LEAST_SD)
        return QUIET

    def _judge(
        self,
        habit: Moments,
        value: float,
        segment: str,
        event: Transaction,
        published: History[SegmentAmounts],
    ) -> tuple[Finding, ...]:
        table = published.at(event.at_ms)
        known = table.segments.get(segment) if table else None
        if known is not None and value <= known.high:
            return QUIET
        own = habit[MEAN]
        prior_mean, prior_sd = (known.mean, known.sd) if known else (own, _UNKNOWN_SD)
        limit = self.sds if known else self.sds_alone
        variance = variance_of(habit, self.stddev, _GAIN)
        mean, sd = shrunk(habit, variance, prior_mean, prior_sd, _PRIOR_WEIGHT)
        # Never below the card's own mean: else a habit of large amounts would be unusual for ever.
        away = (value - max(mean, own)) / max(sd, _LEAST_SD)
        if away <= limit:
            return QUIET
        usual_minor = round(exp(own))
        amount = money_words(event.amount_minor, event.currency)
        reason = (
            f"A {_WORDS[event.type]} of {amount}, {exp(value - own):,.0f} times the "
            f"{money_words(usual_minor, event.currency)} that are usual for this card"
        )
        if known:
            high = money_words(round(exp(known.high)), event.currency)
            reason += f"; {known.quantile:.1%} of all cards' are below {high}"
        balance = event.balance_after_minor
        finding = Finding(
            reason=f"{reason}.",
            probability=round(min(0.6, self.prior * away / limit), 3),
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence={
                "amount_minor": event.amount_minor,
                "usual_minor": usual_minor,
                "history": int(habit[COUNT]),
                "standard_deviations": round(away, 1),
                "limit": limit,
                "segment": segment,
                "segment_high_minor": round(exp(known.high)) if known else None,
                "table": table.version if table and known else None,
                "stddev": self.stddev,
                "count_declined": self.count_declined,
            },
        )
        return (finding,)
