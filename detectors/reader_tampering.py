"""A card reader on which reads began to fail: something may have been put on it or into it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import log
from typing import Annotated, Any, ClassVar

from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.card_reads import Reads, Tally, Use
from domain.conditions import standing
from domain.event_fields import Token
from domain.events import Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.instants import iso, span_ms, span_words
from domain.telemetry import Telemetry
from domain.wording import counted

_MOST_USES, _MOST_CUES, _MOST_UNITS = 32, 8, 4
# The habit of so many reads fades.
_MOST_USUAL = 10_000.0
# While so much speaks for a change (a natural log) reads fail plainly: they are not learnt before less does.
# Were it lower, the habit would be learnt from the good days alone.
_HELD_FROM = 6.0
# What is looked for is no smaller and no larger share of failures: less is chance, and with more of them
# nobody could use the reader.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.5
# One card tried again and again is one read that failed.
_SAME_CARD_MS = 60_000
# What is told lasts until a block of reads is as usual, or until so many blocks have become the habit.
_BLOCK, _SETTLED_BLOCKS = 500, 10
_INSERTED = frozenset({"chip", "magstripe"})
_CUES = ("device_offline", "device_restarted", "door_open", "enclosure_open", "supervisor_enter")


@dataclass(frozen=True, kw_only=True)
class ReaderTampering(Detector[Telemetry | Transaction, Reads]):
    """Fire when the share of card reads that fail rose from one day to the next, and stays up.

    Why: a skimmer at the slot, or a shimmer inside, makes reads fail; those who put it there had to stop the
    reader, open the machine or enter its mode for a few minutes. Fraud with the cards comes days later.

    Misses: a device that disturbs no reads, contactless cards, a reader that counts nothing and reports no
    errors, the first 300 reads.

    False alarms: a reader that wears out at once, a broken chip contact, a batch of bad cards.

    Judgement: each read is weighed by how much likelier it is at `times` the usual share of failures, 5 % at
    least, than at the usual one (CUSUM), the less the more failures scatter. The weights are added up, and
    begin anew where nothing is left of them: that is when the change began, if there was one. It fires when
    chance would bring such a sum once in ten to the power of `log_odds_alone`, or of `log_odds` where there
    was a cue since `near` before the beginning, and before reads failed plainly: one of `cues`, or a reader
    out of order for `short` at most. Without a cue it is half as probable. Reads are taken from the reader's
    own counters or, where it has none, from failed reads reported beside the uses of cards. It is told once,
    and again only after a block of 500 reads was as usual; ten blocks that were not are the new habit. It is
    never over: a person has to look. `members` are the cards in the reader since, the latest 32.

    Late: a count older than the newest of its unit is not counted; for the rest the order does not matter.

    Prior: three in ten are taken to be true where there is a cue.

    State: counters of 4 units, 8 cues, and 32 uses since the change began: 150 bytes while all is usual, at
    most 24,000 bytes.

    Source: E. S. Page, Continuous Inspection Schemes, Biometrika 41 (1954): the time at which the sum was
    last zero estimates that of the change. P. McCullagh, J. A. Nelder, Generalized Linear Models (1989), 9,
    for dividing by the dispersion.
    """

    scope = Scope.DEVICE
    reads = (Telemetry, Transaction)
    severity = Severity.HIGH
    prior = 0.3
    # The card of a declined use was read all the same.
    count_declined: ClassVar[bool] = True

    times: Annotated[float, Field(gt=1, le=100, description="as often as usual, to be found")] = 3.0
    log_odds: Annotated[float, Field(ge=1, le=100, description="power of ten of chance, with a cue")] = 6.0
    log_odds_alone: Annotated[float, Field(ge=1, le=100, description="the same without a cue")] = 10.0
    least_errors: Annotated[int, Field(ge=2, le=1000, description="fewer failures never fire")] = 8
    min_history: Annotated[int, Field(ge=10, le=100_000, description="reads known before it may fire")] = 300
    cues: Annotated[tuple[Token, ...], Field(description="reports that somebody was at the machine")] = _CUES
    near: Annotated[Span, Field(description="so long before the change a cue speaks for it")] = timedelta(
        hours=12
    )
    short: Annotated[Span, Field(description="reader out of order so long may be somebody's work")] = (
        timedelta(minutes=30)
    )
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=60)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> Reads:
        return Reads()

    def dump(self, state: Reads) -> tuple[Any, ...]:
        return state.dump()

    def load(self, dumped: list[Any], state_version: int) -> Reads:
        return Reads.load(dumped)

    def step(self, state: Reads, event: Telemetry | Transaction) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state.newest_ms > self._memory_ms:
            for name, fresh in zip(state.__struct_fields__, astuple(Reads()), strict=True):
                setattr(state, name, fresh)
        state.newest_ms = max(state.newest_ms, at_ms)
        if isinstance(event, Transaction):
            return self._use(state, event)
        if event.edge == "count":
            return self._count(state, event) if event.component == "card_reader" else QUIET
        holds = standing(event)
        if holds and event.code == "card_track_error":
            again = 0 <= at_ms - state.error_ms < _SAME_CARD_MS
            state.error_ms = max(at_ms, state.error_ms)
            return QUIET if again or state.counts_itself else self._add(state, at_ms, 1, 1)
        if holds and event.code in self.cues:
            self._note(state, at_ms, event.code)
        elif event.code == "card_reader_fault" and holds is not None:
            self._reader_fault(state, at_ms, holds)
        return QUIET

    def _use(self, state: Reads, event: Transaction) -> tuple[Finding, ...]:
        if event.entry not in _INSERTED:
            return QUIET
        state.uses = [*state.uses, Use(event.at_ms, event.card, event.customer, event.last4)][-_MOST_USES:]
        return QUIET if state.counts_itself else self._add(state, event.at_ms, 1, 0)

    def _reader_fault(self, state: Reads, at_ms: int, holds: bool) -> None:
        if holds:
            state.fault_ms = at_ms if state.fault_ms is None else state.fault_ms
            return
        if state.fault_ms is not None and 0 <= at_ms - state.fault_ms <= span_ms(self.short):
            self._note(state, state.fault_ms, "card_reader_fault")
        state.fault_ms = None

    def _note(self, state: Reads, at_ms: int, code: str) -> None:
        if state.weight >= _HELD_FROM:
            # Reads fail already: who comes now comes because of it.
            return
        state.cues = [*state.cues, (at_ms, code)][-_MOST_CUES:]

    def _count(self, state: Reads, event: Telemetry) -> tuple[Finding, ...]:
        counters = event.counters
        if counters is None or counters.attempts is None or counters.errors is None:
            return QUIET
        units, before = state.units, state.units.get(event.unit)
        if before is not None and event.at_ms <= before[0]:
            return QUIET
        units[event.unit] = [event.at_ms, counters.attempts, counters.errors, counters.load]
        if len(units) > _MOST_UNITS:
            del units[min(units, key=lambda unit: units[unit][0])]
        if not state.counts_itself:
            # What was guessed from reports beside uses is no measure of what is counted.
            state.counts_itself = True
            state.begin_anew(event.at_ms)
        if before is None or before[3] != counters.load:
            return QUIET
        reads, errors = counters.attempts - before[1], counters.errors - before[2]
        return QUIET if reads < 0 or errors < 0 else self._add(state, event.at_ms, reads, min(errors, reads))

    def _add(self, state: Reads, at_ms: int, reads: int, errors: int) -> tuple[Finding, ...]:
        """Weigh reads, of which some failed, and say so when there is too much for chance."""
        if not reads:
            return QUIET
        usual, known = state.share, state.usual.reads >= self.min_history
        state.reads += reads
        state.errors += errors
        if state.told:
            self._follow(state, at_ms)
            return QUIET
        high = max(min(_MOST_SHARE, max(_LEAST_SHARE, self.times * usual)), usual)
        odds = errors * log(high / usual) + (reads - errors) * log((1 - high) / (1 - usual))
        state.weight += odds / state.dispersion
        state.held = state.held.with_block(reads, errors, usual)
        if state.weight < _HELD_FROM or not known:
            state.learn(_MOST_USUAL)
        if state.weight <= 0 or not known:
            state.begin_anew(at_ms)
            return QUIET
        near = self._near(state)
        log_odds = self.log_odds if near else self.log_odds_alone
        if state.errors < self.least_errors or state.weight < log_odds * log(10):
            return QUIET
        found = (self._finding(state, near, at_ms),)
        state.begin_anew(at_ms)
        state.told = True
        return found

    def _near(self, state: Reads) -> list[tuple[int, str]]:
        """Give the cues from before a change or its first signs."""
        return [cue for cue in state.cues if cue[0] >= state.since_ms - span_ms(self.near)]

    def _follow(self, state: Reads, at_ms: int) -> None:
        """Wait, after it was told, for the reader to be as before, or for a new habit."""
        if state.reads < _BLOCK:
            return
        # Half way, in proportion, between the usual and what it looks for.
        if state.errors / state.reads <= min(_MOST_SHARE, state.share * self.times**0.5):
            state.told, state.high_blocks = False, 0
        else:
            state.high_blocks += 1
            if state.high_blocks >= _SETTLED_BLOCKS:
                state.told, state.high_blocks, state.usual = False, 0, Tally()
        state.begin_anew(at_ms)

    def _finding(self, state: Reads, near: list[tuple[int, str]], at_ms: int) -> Finding:
        # What comes late may be older than the beginning that it confirms.
        since_ms = min(state.since_ms, at_ms)
        alarm = Alarm(code="reader_tampering", component="card_reader", since_ms=since_ms)
        share = state.errors / state.reads
        reason = (
            f"{state.errors:,} of {counted(state.reads, 'card read')} failed within "
            f"{span_words(at_ms - since_ms)}, {share:.1%} where {state.share:.1%} are usual"
        )
        if near:
            reason += f"; {near[-1][1].replace('_', ' ')} was reported around the time when that began"
        cards = {
            use.card: Member(card=use.card, customer=use.customer, last4=use.last4) for use in state.uses
        }
        return Finding(
            reason=f"{reason}.",
            probability=self.prior if near else self.prior / 2,
            members=tuple(cards.values()),
            anchor=alarm.anchor,
            evidence={
                "since": iso(since_ms),
                "reads": state.reads,
                "errors": state.errors,
                "share": round(share, 6),
                "usual_share": round(state.share, 6),
                "history": round(state.usual.reads),
                "dispersion": round(state.dispersion, 2),
                "log_odds": round(state.weight / log(10), 2),
                "cues": [{"at": iso(cue_ms), "code": code} for cue_ms, code in near],
                "times": self.times,
                "near_s": self.near.total_seconds(),
                "count_declined": self.count_declined,
            },
            alarm=alarm,
        )
