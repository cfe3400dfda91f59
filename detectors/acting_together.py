"""Cards of different customers that go from cash machine to cash machine in step."""

from bisect import insort
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.events import Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.instants import iso, span_ms, span_words
from domain.meetings import Meeting, Visit, meetings
from domain.rings import CardUse, Group, grow, money_left, people
from domain.windows import Boundary, reach_ms
from domain.wording import counted

# The newest use (ms), when what is over was last forgotten (ms), who was at each machine just now, the cards
# of the window, and those in step. Who was heard of longest ago comes first.
NEWEST_MS, TIDIED_MS, TERMINALS, CARDS, GROUPS = range(5)
State = list[Any]

_MOST_CARDS, _MOST_VISITS, _MOST_TERMINALS, _MOST_AT_ONE = 512, 6, 64, 12
_MOST_GROUPS, _MOST_MEMBERS = 16, 64
_AT_MS = attrgetter("at_ms")
_TIDY_MS = 600_000


class Known(Struct):
    """A card of the cell: whose it is, and its visits to machines in the order of their times."""

    customer: str | None
    last4: str | None
    visits: list[Visit]


@dataclass(frozen=True, kw_only=True)
class ActingTogether(Detector[Transaction, State]):
    """Fire when cards of different customers go from cash machine to cash machine in step.

    Why: a runner works through a stack of cards at one machine and then at the next, so cards that have
    nothing in common meet again and again.

    Misses: rings that only shop, use each card once or again before `apart` has passed, take more than
    `within` from card to card, shuffle the stack at each machine, or go on in another cell (a square of about
    2 km); machines whose place is not known to 2 km. Where very many draw cash: those who come back after
    512 other cards.

    False alarms: a party of tourists with one guide, a shift that draws its wages at two machines at once.

    Judgement: two cards meet when they are at one machine at most `within` apart, to draw cash or to look,
    whosever they are: a stack often holds one customer's cards one behind the other. What follows less than
    `apart` later is the same meeting: all who queue at a machine that is empty go on to the next one. Cards
    that met `min_times` are in step; colleagues have lunch together and couples shop, which is why tills do
    not count, but they do not queue at one machine after another. Whoever hangs together by being in step is
    a ring; it fires at `min_cards` cards of `min_customers` customers and again for each card that joins, and
    lists all of them each time. It is critical once two of the customers have several cards in it.

    Late: a use up to `lateness` older than the newest is put in its place; an older one is not counted.

    Prior: half are taken to be true, more with each further customer and with customers with several cards.

    State: the last 512 cards of one window with 6 visits each, 64 machines with 12 cards each, 16 groups of
    64 cards; 100 bytes for each card of the window, at most 2,000,000 bytes.
    """

    scope = Scope.CELL
    types = frozenset({"withdrawal", "balance_inquiry"})
    channels = frozenset({"atm"})
    severity = Severity.HIGH
    # Whoever joins is told of at once.
    include_current: ClassVar[bool] = True
    prior = 0.5
    needs = ("place", "terminal")

    window: Annotated[Span, Field(description="all that counts lies within this")] = timedelta(hours=6)
    within: Annotated[Span, Field(description="most between two that meet at a machine")] = timedelta(
        minutes=3
    )
    apart: Annotated[Span, Field(description="least between two meetings that count")] = timedelta(minutes=10)
    min_times: Annotated[int, Field(ge=2, le=6, description="cards that meet so often are in step")] = 2
    min_cards: Annotated[int, Field(ge=2, le=50, description="so many cards in step fire")] = 4
    min_customers: Annotated[int, Field(ge=2, le=50, description="of so many customers")] = 3
    lateness: Annotated[Span, Field(description="how late a use may come and still count")] = timedelta(
        minutes=5
    )
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = True

    @property
    def memory(self) -> timedelta:
        return self.window

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.window), self.boundary)

    @cached_property
    def _within_ms(self) -> int:
        return span_ms(self.within)

    @cached_property
    def _lateness_ms(self) -> int:
        return span_ms(self.lateness)

    def start(self) -> State:
        return [0, 0, OrderedDict(), OrderedDict(), []]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, tidied_ms, terminals, cards, groups = state
        return (
            newest_ms,
            tidied_ms,
            [(terminal, here.copy()) for terminal, here in terminals.items()],
            [
                (card, known.customer, known.last4, [astuple(visit) for visit in known.visits])
                for card, known in cards.items()
            ],
            [
                (group.began_ms, group.last_ms, group.told, [astuple(member) for member in group.members])
                for group in groups
            ],
        )

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, tidied_ms, terminals, cards, groups = dumped
        state = [newest_ms, tidied_ms, OrderedDict(), OrderedDict(), []]
        for terminal, here in terminals:
            state[TERMINALS][terminal] = [(at_ms, card) for at_ms, card in here]
        for card, customer, last4, visits in cards:
            state[CARDS][card] = Known(customer, last4, [Visit(*visit) for visit in visits])
        for began_ms, last_ms, told, members in groups:
            known = [Member(card=card, customer=customer, last4=last4) for card, customer, last4 in members]
            state[GROUPS].append(Group(began_ms, last_ms, told, known))
        return state

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        terminal = event.terminal
        if terminal is None or (event.outcome == "declined" and not self.count_declined):
            return QUIET
        at_ms = event.at_ms
        if at_ms > state[NEWEST_MS]:
            state[NEWEST_MS] = at_ms
            if at_ms - state[TIDIED_MS] > _TIDY_MS:
                self._forget(state)
        elif at_ms < state[NEWEST_MS] - self._lateness_ms:
            return QUIET
        known = _remember(state, event, terminal)
        here = _come(state, terminal, at_ms, event.card)
        # By far the most cards are in a cell once.
        if len(known.visits) < self.min_times or len(here) < 2:
            return QUIET
        return self._judge(state, event, known, here)

    def _forget(self, state: State) -> None:
        """Forget what no longer counts; nothing that is kept longer is looked at."""
        state[TIDIED_MS], oldest_ms = state[NEWEST_MS], state[NEWEST_MS] - self._reach_ms
        cards: OrderedDict[str, Known] = state[CARDS]
        while cards and next(iter(cards.values())).visits[-1].at_ms < oldest_ms:
            cards.popitem(last=False)
        terminals: OrderedDict[str, list[tuple[int, str]]] = state[TERMINALS]
        just_now_ms = state[NEWEST_MS] - self._within_ms - self._lateness_ms
        while terminals and next(iter(terminals.values()))[-1][0] < just_now_ms:
            terminals.popitem(last=False)

    def _judge(
        self, state: State, event: Transaction, known: Known, here: list[tuple[int, str]]
    ) -> tuple[Finding, ...]:
        """See whether the card moves in step with others that are at its terminal."""
        cards: OrderedDict[str, Known] = state[CARDS]
        near = (card for at_ms, card in here if abs(at_ms - event.at_ms) <= self._within_ms)
        in_step = {event.card: known}
        met: list[Meeting] = []
        for card in dict.fromkeys(near):
            other = cards.get(card)
            if other is not None:
                held = self._meetings(state, known, other)
                if held:
                    in_step[card] = other
                    met += held
        if not met:
            return QUIET
        linked = [
            Member(card=card, customer=other.customer, last4=other.last4) for card, other in in_step.items()
        ]
        oldest_ms = state[NEWEST_MS] - self._reach_ms
        groups = state[GROUPS] = [group for group in state[GROUPS] if group.last_ms >= oldest_ms]
        group = grow(groups, linked, min(met).at_ms, max(met).at_ms, _MOST_MEMBERS)
        if len(groups) > _MOST_GROUPS:
            groups.remove(min(groups, key=lambda group: (len(group.members), group.last_ms)))
        fires = (
            len(group.members) > max(group.told, self.min_cards - 1)
            and people(group.members) >= self.min_customers
        )
        return (self._finding(cards, event, group, met),) if fires else QUIET

    def _meetings(self, state: State, one: Known, other: Known) -> list[Meeting]:
        """Give where two cards met, nothing where that is too seldom to be in step."""
        if one is other or len(other.visits) < self.min_times:
            return []
        oldest_ms = state[NEWEST_MS] - self._reach_ms
        ours, theirs = ([visit for visit in of.visits if visit.at_ms >= oldest_ms] for of in (one, other))
        met = meetings(ours, theirs, self._within_ms, span_ms(self.apart))
        return met if len(met) >= self.min_times else []

    def _finding(
        self, cards: OrderedDict[str, Known], event: Transaction, group: Group, met: list[Meeting]
    ) -> Finding:
        members, holders = tuple(group.members), people(group.members)
        group.told = len(members)
        several = sum(n > 1 for n in Counter(m.customer for m in members if m.customer).values())
        uses = [
            CardUse(visit.at_ms, member.card, visit.amount_minor, visit.currency, visit.balance_minor)
            for member in members
            if member.card in cards
            for visit in cards[member.card].visits
        ]
        ring = f"acting:{event.cell}:{members[0].card}:{iso(group.began_ms)}"
        likely = self.prior + 0.1 * (holders - self.min_customers) + (0.1 if several > 1 else 0)
        return Finding(
            reason=(
                f"{counted(len(members), 'card')} of {counted(holders, 'customer')} went from cash machine "
                f"to cash machine in step, at most {span_words(self._within_ms)} behind one another, within "
                f"{span_words(group.last_ms - group.began_ms)}; the last at {event.terminal}."
            ),
            probability=round(min(0.9, likely), 3),
            severity=Severity.CRITICAL if several > 1 else None,
            exposure_minor=money_left(uses, event.currency),
            currency=event.currency,
            members=members,
            ring=ring,
            anchor=f"{ring}:{len(members)}",
            evidence={
                "cards": len(members),
                "customers": holders,
                "customers_with_several": several,
                "began_at": iso(group.began_ms),
                "last_at": iso(group.last_ms),
                "terminals": sorted({meeting.terminal for meeting in met}),
                "within_s": self._within_ms / 1000,
                "window_s": self.window.total_seconds(),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )


def _remember(state: State, event: Transaction, terminal: str) -> Known:
    """Keep a use with its card."""
    cards: OrderedDict[str, Known] = state[CARDS]
    visit = Visit(
        event.at_ms,
        terminal,
        event.amount_minor,
        event.currency,
        event.balance_after_minor,
    )
    known = cards.get(event.card)
    if known is None:
        known = cards[event.card] = Known(event.customer, event.last4, [visit])
        if len(cards) > _MOST_CARDS:
            cards.popitem(last=False)
    else:
        insort(known.visits, visit, key=_AT_MS)
        if len(known.visits) > _MOST_VISITS:
            del known.visits[0]
        cards.move_to_end(event.card)
    return known


def _come(state: State, terminal: str, at_ms: int, card: str) -> list[tuple[int, str]]:
    """Note a card at a terminal, and give who was there just now."""
    terminals: OrderedDict[str, list[tuple[int, str]]] = state[TERMINALS]
    here = terminals.get(terminal)
    if here is None:
        here = terminals[terminal] = []
        if len(terminals) > _MOST_TERMINALS:
            terminals.popitem(last=False)
    else:
        terminals.move_to_end(terminal)
    insort(here, (at_ms, card))
    if len(here) > _MOST_AT_ONE:
        del here[0]
    return here
