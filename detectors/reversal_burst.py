"""Withdrawals that are reversed again and again at one device."""

from bisect import insort
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.alarms import Alarm
from domain.conditions import standing
from domain.event_fields import Token
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity, over
from domain.instants import iso, span_ms, span_words
from domain.money import money_words
from domain.telemetry import Telemetry
from domain.windows import Boundary, reach_ms
from domain.wording import counted, listed

# The newest event (ms), the reversals and the jams (ms) of one window in order, and until when and since when
# (ms, None: it does not) the burst that was told of goes on.
_NEWEST_MS, _REVERSALS, _JAMS, _UNTIL_MS, _SINCE_MS = range(5)
State = list[Any]

_MOST_REVERSALS = _MOST_JAMS = 64
_MOST_NAMED = 10


class Reversal(Struct, frozen=True, gc=False, order=True):
    """A withdrawal that was taken back."""

    at_ms: int
    card: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ReversalBurst(Detector[Transaction | Telemetry, State]):
    """Fire at `reversals` within `window`, or at fewer when the reader or shutter was jammed beside them.

    Why: whoever holds the card or the shutter fast takes the notes while the host takes the booking back;
    and a dispenser about to fail reverses what it cannot pay.

    Misses: reversals by hand at the counter, by a host that does not name the device; one reversal alone.

    False alarms: a line that answers too late, a cassette with bad notes.

    Judgement: it fires at `reversals` reversals, or at `jammed_reversals` that each have one of
    `jam_codes` within `beside` before or after. It fires once, says that it is over after a whole
    window without a reversal, and only then fires again.

    Late: a reversal or jam within the window of the newest event is put in its place; an older one is not
    counted.

    Prior: four in ten are taken to be true, seven in ten with jams.

    State: 64 reversals and 64 jams of one window; 30 bytes for a quiet device, at most 25,000 bytes.
    """

    scope = Scope.DEVICE
    reads = (Transaction, Telemetry)
    severity = Severity.HIGH
    prior = 0.4
    needs = ("device",)
    about_the_unusual = False
    state_version = 2
    include_current: ClassVar[bool] = True
    # A reversal that the host declined has taken nothing back.
    count_declined: ClassVar[bool] = False

    window: Annotated[Span, Field(description="length of the sliding window")] = timedelta(hours=3)
    reversals: Annotated[int, Field(ge=1, le=64, description="so many fire")] = 4
    jammed_reversals: Annotated[int, Field(ge=1, le=64, description="so many beside a jam fire")] = 2
    beside: Annotated[Span, Field(description="a jam so near belongs to a reversal")] = timedelta(minutes=3)
    jam_codes: Annotated[tuple[Token, ...], Field(description="codes that are a jam")] = (
        "card_jam",
        "note_jam",
        "shutter_jam",
        "transport_inop",
    )
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"

    @property
    def memory(self) -> timedelta:
        return self.window + self.beside

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    def start(self) -> State:
        return [0, [], [], None, None]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, reversals, jams, *burst = state
        return newest_ms, [astuple(reversal) for reversal in reversals], jams.copy(), *burst

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, held, jams, until_ms, *since = dumped
        reversals = [Reversal(*reversal) for reversal in held]
        if state_version < 2:
            # It did not say since when; it said until when of bursts that had ended too.
            goes_on = until_ms is not None and newest_ms <= until_ms and reversals
            until_ms, since = (until_ms, [reversals[0].at_ms]) if goes_on else (None, [None])
        return [newest_ms, reversals, jams, until_ms, *since]

    def step(self, state: State, event: Transaction | Telemetry) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[_NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        state[_NEWEST_MS] = max(state[_NEWEST_MS], at_ms)
        if isinstance(event, Transaction):
            if event.type != "reversal" or event.outcome == "declined" or self._too_old(state, at_ms):
                return QUIET
            insort(state[_REVERSALS], Reversal(at_ms, event.card, event.amount_minor, event.currency))
        elif event.code in self.jam_codes and standing(event):
            if self._too_old(state, at_ms):
                return QUIET
            insort(state[_JAMS], at_ms)
        else:
            return QUIET
        return self._judge(state, event)

    def _too_old(self, state: State, at_ms: int) -> bool:
        return at_ms < int(state[_NEWEST_MS]) - self._reach_ms

    def _judge(self, state: State, event: Transaction | Telemetry) -> tuple[Finding, ...]:
        oldest_ms = state[_NEWEST_MS] - self._reach_ms
        held = [one for one in state[_REVERSALS] if one.at_ms >= oldest_ms][-_MOST_REVERSALS:]
        near_ms = oldest_ms - span_ms(self.beside)
        jams = [jam_ms for jam_ms in state[_JAMS] if jam_ms >= near_ms][-_MOST_JAMS:]
        state[_REVERSALS], state[_JAMS] = held, jams
        jammed = [one for one in held if self._jammed(one, jams)]
        if state[_UNTIL_MS] is not None:
            if held:
                state[_UNTIL_MS] = held[-1].at_ms + self._reach_ms
            return QUIET
        if len(held) < self.reversals and len(jammed) < self.jammed_reversals:
            return QUIET
        state[_UNTIL_MS], state[_SINCE_MS] = held[-1].at_ms + self._reach_ms, held[0].at_ms
        return (self._finding(held, jammed, event),)

    def due(self, state: State) -> int | None:
        until_ms: int | None = state[_UNTIL_MS]
        return until_ms

    def expire(self, state: State, at_ms: int) -> tuple[Finding, ...]:
        until_ms, since_ms = state[_UNTIL_MS], state[_SINCE_MS]
        if until_ms is None or until_ms > at_ms:
            return QUIET
        # What was told of does not count for the next burst.
        state[_REVERSALS], state[_UNTIL_MS], state[_SINCE_MS] = [], None, None
        return (over(_alarm(since_ms), "burst of reversals", at_ms),)

    def _jammed(self, reversal: Reversal, jams: list[int]) -> bool:
        return any(abs(jam_ms - reversal.at_ms) <= span_ms(self.beside) for jam_ms in jams)

    def _finding(
        self, held: list[Reversal], jammed: list[Reversal], event: Transaction | Telemetry
    ) -> Finding:
        sums: dict[str, int] = {}
        for reversal in held:
            sums[reversal.currency] = sums.get(reversal.currency, 0) + reversal.amount_minor
        currency = max(sums, key=lambda code: sums[code])
        cards = list(dict.fromkeys(reversal.card for reversal in held))
        trapped = len(jammed) >= self.jammed_reversals
        money = listed([money_words(amount_minor, code) for code, amount_minor in sums.items()])
        beside = f", {len(jammed)} of them beside a jam" if jammed else ""
        alarm = _alarm(held[0].at_ms)
        return Finding(
            reason=(
                f"{counted(len(held), 'reversal')} of {money} with {counted(len(cards), 'card')} within "
                f"{span_words(held[-1].at_ms - held[0].at_ms)}{beside}."
            ),
            probability=0.7 if trapped else self.prior,
            exposure_minor=sums[currency],
            currency=currency,
            anchor=alarm.anchor,
            evidence={
                "reversals": len(held),
                "jammed": len(jammed),
                "cards": cards[:_MOST_NAMED],
                "card_count": len(cards),
                "sums_minor": sums,
                "device": event.device,
                "first_at": iso(held[0].at_ms),
                "last_at": iso(held[-1].at_ms),
                "window_s": self.window.total_seconds(),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
            alarm=alarm,
        )


def _alarm(since_ms: int) -> Alarm:
    return Alarm(code="reversal_burst", component="device", since_ms=since_ms)
