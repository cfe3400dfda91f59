"""A terminal at which cards were copied, and that is still in use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from math import log10
from typing import Annotated, Any

from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.events import CARD_PRESENT, Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, to_ms
from domain.prepared import Prepared
from domain.tables import CardSeen, CompromisePoint, CompromisePoints, Tables
from domain.wording import counted

# When it was told of last (ms), with how many bad cards; nothing before.
TOLD_MS, BAD = range(2)
State = list[int]

_MOST_BAD = 32
# A chance of one in ten thousand is the prior; each power of ten less adds as much.
_USUAL_DIGITS, _A_DIGIT, _MOST = 4, 0.03, 0.95


@dataclass(frozen=True)
class _Version:
    """The points of one version of the table at which a card is put into something."""

    version: str
    terminals: dict[str, CompromisePoint]
    devices: dict[str, CompromisePoint]

    @classmethod
    def of(cls, table: CompromisePoints) -> "_Version":
        """Sort the points of a table; those of merchants are no one terminal's."""
        return cls(
            table.version,
            {point.id: point for point in table.points if point.kind == "terminal"},
            {point.id: point for point in table.points if point.kind == "device"},
        )


@dataclass(frozen=True, kw_only=True)
class TerminalHotspot(Detector[Transaction, State]):
    """Fire when a terminal where cards were copied, as the table in force has it, is used again.

    Why: what copied the cards of a month may still be there, and copies the next ones; whoever looks after
    the machine must know, and the cards that it read must be watched or renewed.

    Misses: points that no label has shown yet, which takes weeks; merchants that lose numbers without any one
    terminal (their cards are watched all the same, by `exposed_card`).

    False alarms: a place next to the one where it happened, when both share most of their customers; one in a
    hundred points by design of the table.

    Judgement: the published table `compromise_points` names terminals and devices, learnt from labels. The
    first use while one is named fires, and again only a use under a version in which more cards have
    turned bad, or `again` after it was told. `members` are the bad cards, 32 at most, and the `recent`
    exposed ones that were used there last. The finding is about the place: its key is that of the case in
    which suspicions about the reader of the machine are looked at, so that both are worked together.

    Late: a use is judged by the version of its own time.

    Prior: six in ten are taken to be true, more the less chance explains it.

    State: when it was told and of how many cards; 1 byte for a terminal that was never told of, at most
    100 bytes.
    """

    scope = Scope.TERMINAL
    types = frozenset({"purchase", "withdrawal", "deposit", "balance_inquiry", "transfer_out"})
    channels = CARD_PRESENT
    rests_on = "compromise_points"
    severity = Severity.HIGH
    prior = 0.6
    about_the_unusual = False
    needs = ("terminal",)

    recent: Annotated[int, Field(ge=0, le=32, description="exposed cards named beside the bad ones")] = 8
    again: Annotated[Span, Field(description="told once more after so long")] = timedelta(days=30)
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = True

    @property
    def memory(self) -> timedelta:
        return self.again

    @cached_property
    def _again_ms(self) -> int:
        return span_ms(self.again)

    def start(self) -> State:
        return []

    def dump(self, state: State) -> tuple[Any, ...]:
        return tuple(state)

    def load(self, dumped: list[Any], state_version: int) -> State:
        return dumped

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        return QUIET

    def bound(self, tables: Tables) -> Step:
        points = Prepared(tables.compromise_points, _Version.of)
        return quick("terminal_hotspot", partial(self._step, points), (points,))

    def _step(
        self, published: Prepared[CompromisePoints, _Version], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        named = published.at(event.at_ms)
        if named is None:
            return QUIET
        point = named.terminals.get(event.terminal or "") or named.devices.get(event.device or "")
        if point is None or (event.outcome == "declined" and not self.count_declined):
            return QUIET
        if state and point.bad <= state[BAD] and event.at_ms - state[TOLD_MS] <= self._again_ms:
            return QUIET
        told_ms = max(event.at_ms, state[TOLD_MS]) if state else event.at_ms
        state[:] = [told_ms, point.bad]
        return (self._finding(point, named.version, event),)

    def _finding(self, point: CompromisePoint, version: str, event: Transaction) -> Finding:
        place = event.device or event.terminal
        left = point.seen - point.bad
        digits = max(0.0, -log10(max(point.p_value, 1e-300)) - _USUAL_DIGITS)
        return Finding(
            reason=(
                f"{counted(point.bad, 'card')} turned bad of {point.seen:,} that were used at {point.kind} "
                f"{point.id} from {_day(point.since)} to {_day(point.until)}, where {point.expected:,.1f} "
                f"were to be expected; it is in use again, and {counted(left, 'exposed card')} may follow."
            ),
            probability=round(min(_MOST, self.prior + _A_DIGIT * digits), 3),
            exposure_minor=point.loss_minor * left,
            currency=point.currency,
            members=(
                *(_member(card) for card in point.bad_cards[:_MOST_BAD]),
                *(_member(card) for card in point.cards[: self.recent]),
            ),
            ring=f"security:{place}",
            anchor=f"{point.name}:{version}:{iso(event.at_ms)[:10]}",
            evidence={
                "point": point.name,
                "since": iso(to_ms(point.since)),
                "until": iso(to_ms(point.until)),
                "seen": point.seen,
                "bad": point.bad,
                "expected": point.expected,
                "p_value": point.p_value,
                "loss_minor": point.loss_minor,
                "table": version,
                "used_at": iso(event.at_ms),
                "again_s": self.again.total_seconds(),
                "count_declined": self.count_declined,
            },
        )


def _day(at: datetime) -> str:
    return iso(to_ms(at))[:10]


def _member(card: CardSeen) -> Member:
    return Member(card=card.card, customer=card.customer)
