"""Cards that were opened together and now act together."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span
from domain.events import CARD_PRESENT, MONEY_OUT, CardIssued, Issued, Place, Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.homes import Home, settled, voted
from domain.instants import iso, span_ms, span_words, to_ms
from domain.places import distance_km, least_km, no_further_than_km, place_words
from domain.rings import CardUse, fullest, money_left, people
from domain.windows import Boundary, reach_ms
from domain.wording import counted

# The key's newest event (ms), where home is, the cards opened, their recent uses, and the rings found.
NEWEST_MS, HOME, CARDS, USES, RINGS = range(5)
State = list[Any]

_MOST_CARDS, _MOST_USES, _MOST_USES_OF_A_CARD, _MOST_RINGS = 512, 128, 4, 4
_SAME_PLACE_KM = 50.0  # beyond both error radii
# Cards that take cash at so many of the same machines move in step; one machine is only the nearest.
_SHARED_MACHINES = 2
# With so many cards of a known ring a further one must be seen.
_JOINED_BY = 2
_MOST_NAMED = 20
_NOWHERE = Place(lat=0.0, lon=0.0)


class Opened(Struct, gc=False):
    """A card of the key: when it was opened, whose it is, and whether it has been used."""

    at_ms: int
    customer: str | None
    last4: str | None
    used: bool = False


class Use(CardUse, frozen=True, gc=False):
    """A use that may be part of something: far from home, or cash at a machine; a place where known."""

    away_km: float
    lat: float
    lon: float
    error_km: float
    city: str
    cash: bool
    machine: str | None


@dataclass(frozen=True, kw_only=True)
class OpenedTogether(Detector[Transaction | CardIssued, State]):
    """Fire when cards opened within an hour at one branch by different customers act alike later.

    Why: rings have people open cards in one errand, keep the cards, and use them all on one day.

    Misses: rings that open at several branches or over several days, act more than `together` apart,
    without the cards present, or at home through different machines; more than 512 cards of one branch and
    day; far uses where neither the branch's place nor most cards' first uses tell where home is.

    False alarms: colleagues who open cards in one hour and travel together.

    Judgement: acting alike is being used at one place more than `away_km` from the branch, or taking cash
    at two or more of the same machines, wherever these are. It fires for `min_cards` cards of
    `min_customers` customers whose openings lie at most `within` apart. Up to `household` customers may be
    a family on a journey: of so few, only withdrawals and transfers count. It fires again each time that
    a card joins, seen with two of the ring, and lists all of them each time.

    Late: a use counts while it lies within `together` of the newest of the branch and day. An older
    one only makes its card known.

    Prior: seven in ten are taken to be true, more with each customer above `household`.

    State: 512 cards of one branch and day with their openings, 128 recent uses, 4 rings; 40 bytes for
    each card, at most 600,000 bytes.
    """

    scope = Scope.ISSUANCE
    reads = (Transaction, CardIssued)
    types = MONEY_OUT
    channels = CARD_PRESENT
    severity = Severity.CRITICAL
    # Whoever joins is told of at once.
    include_current: ClassVar[bool] = True
    prior = 0.7
    needs = ("issuance", "issued")

    within: Annotated[Span, Field(description="most between first and last opening")] = timedelta(hours=1)
    together: Annotated[Span, Field(description="uses within this belong together")] = timedelta(hours=6)
    min_cards: Annotated[int, Field(ge=2, le=100, description="so many cards fire")] = 4
    min_customers: Annotated[int, Field(ge=2, le=100, description="of so many customers")] = 3
    household: Annotated[int, Field(ge=0, le=100, description="so few customers may be a family")] = 4
    away_km: Annotated[float, Field(gt=0, le=20_000, description="more from the branch is far")] = 100.0
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=400)
    boundary: Annotated[Boundary, Field(description="which edges of the window count")] = "end"
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = True

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _reach_ms(self) -> int:
        return reach_ms(span_ms(self.together), self.boundary)

    def start(self) -> State:
        return [0, None, {}, [], []]

    def dump(self, state: State) -> tuple[Any, ...]:
        newest_ms, home, cards, uses, rings = state
        opened = [(card, *astuple(known)) for card, known in cards.items()]
        return newest_ms, home and astuple(home), opened, [astuple(use) for use in uses], [*map(list, rings)]

    def load(self, dumped: list[Any], state_version: int) -> State:
        newest_ms, home, cards, uses, rings = dumped
        opened = {card: Opened(*rest) for card, *rest in cards}
        return [newest_ms, home and Home(*home), opened, [Use(*use) for use in uses], rings]

    def step(self, state: State, event: Transaction | CardIssued) -> tuple[Finding, ...]:
        at_ms = event.at_ms
        if at_ms - state[NEWEST_MS] > self._memory_ms:
            state[:] = self.start()
        if at_ms > state[NEWEST_MS]:
            state[NEWEST_MS] = at_ms
        if isinstance(event, CardIssued):
            state[HOME] = settled(state[HOME], event.place)
            _register(state, event.card, Opened(at_ms, event.customer, event.last4))
            return QUIET
        issued = event.issued
        if issued is None or (event.outcome == "declined" and not self.count_declined):
            return QUIET
        opened = state[CARDS].get(event.card)
        if (opened is None or not opened.used) and not self._meet(state, event, issued):
            return QUIET
        use = self._use(state[HOME], event)
        if use is None or at_ms < state[NEWEST_MS] - self._reach_ms:
            return QUIET
        self._remember(state, use)
        return self._judge(state, event, use)

    def _meet(self, state: State, event: Transaction, issued: Issued) -> bool:
        """Take in a card at its first use; False when there are too many."""
        state[HOME] = settled(state[HOME], issued.place)
        opened = _register(state, event.card, Opened(to_ms(issued.at), event.customer, event.last4))
        if opened is not None and event.place is not None:
            opened.used = True
            near = not self._away_km(state[HOME], event.place)
            state[HOME] = voted(state[HOME], event.place, near=near)
        return opened is not None

    def _away_km(self, home: Home | None, place: Place | None) -> float:
        """Give how far a place is from home, 0 when it is not far or nobody knows."""
        if home is None or place is None:
            return 0.0
        if no_further_than_km(home.lat, home.lon, place.lat, place.lon) <= self.away_km:
            return 0.0
        km = distance_km(home.lat, home.lon, place.lat, place.lon)
        return km if km - place.error_km > self.away_km else 0.0

    def _use(self, home: Home | None, event: Transaction) -> Use | None:
        """Give what is worth remembering of a use, None for one like any other."""
        away_km = self._away_km(home, event.place)
        machine = event.terminal if event.channel == "atm" and event.type == "withdrawal" else None
        if not away_km and machine is None:
            return None
        place = event.place or _NOWHERE
        return Use(
            event.at_ms,
            event.card,
            event.amount_minor,
            event.currency,
            event.balance_after_minor,
            away_km,
            place.lat,
            place.lon,
            place.error_km,
            place.city,
            event.type != "purchase",
            machine,
        )

    def _remember(self, state: State, use: Use) -> None:
        oldest_ms = state[NEWEST_MS] - self._reach_ms
        uses = [other for other in state[USES] if other.at_ms >= oldest_ms]
        own = [index for index, other in enumerate(uses) if other.card == use.card]
        if len(own) >= _MOST_USES_OF_A_CARD:
            del uses[own[0]]
        uses.append(use)
        state[USES] = uses[-_MOST_USES:]

    def _judge(self, state: State, event: Transaction, use: Use) -> tuple[Finding, ...]:
        group = self._group(state, use, cash=False)
        if len(group) < 2:
            return QUIET
        rings: list[list[str]] = state[RINGS]
        ring = next((ring for ring in rings if any(card in ring for card in group)), None)
        if ring is not None:
            new = [card for card in group if card not in ring]
            if not new or len(group) - len(new) < _JOINED_BY:
                return QUIET
            ring += new
        else:
            if people(_members(state[CARDS], group)) <= self.household:
                group = self._group(state, use, cash=True) if use.cash else []
            if len(group) < self.min_cards or people(_members(state[CARDS], group)) < self.min_customers:
                return QUIET
            ring = group
            rings.append(ring)
            del rings[:-_MOST_RINGS]
        return (self._finding(state, event, use, ring),)

    def _group(self, state: State, use: Use, *, cash: bool) -> list[str]:
        """Give the cards that act like this use's and were opened with it, itself included."""
        uses = [other for other in state[USES] if other.cash or not cash]
        if use.away_km:
            far = (other for other in uses if other.away_km)
            alike = {other.card for other in far if least_km(use, other) <= _SAME_PLACE_KM}
        else:
            alike = _in_step(uses, use)
        cards = state[CARDS]
        own_ms, within_ms = cards[use.card].at_ms, span_ms(self.within)
        return fullest(sorted(alike), lambda card: int(cards[card].at_ms), own_ms, within_ms)

    def _finding(self, state: State, event: Transaction, use: Use, ring: list[str]) -> Finding:
        cards: dict[str, Opened] = state[CARDS]
        members = _members(cards, ring)
        holders = people(members)
        opened = sorted(cards[card].at_ms for card in ring)
        errand = range(opened[-1] - span_ms(self.within), opened[0] + span_ms(self.within) + 1)
        beside = [card for card in cards if cards[card].at_ms in errand and card not in ring]
        uses = [other for other in state[USES] if other.card in ring]
        times = [other.at_ms for other in uses]
        branch = event.issued.branch if event.issued else ""
        where = place_words(use.lat, use.lon, use.city) if use.away_km else ""
        how = f"used in {where}, {use.away_km:,.0f} km away," if where else "at the same cash machines"
        name = f"opened:{event.issuance}:{ring[0]}"
        return Finding(
            reason=(
                f"{counted(len(ring), 'card')} of {counted(holders, 'customer')}, opened at branch {branch} "
                f"within {span_words(opened[-1] - opened[0])}, were {how} "
                f"within {span_words(max(times) - min(times))}."
            ),
            probability=round(min(0.95, self.prior + 0.05 * (holders - self.household)), 3),
            exposure_minor=money_left(uses, event.currency),
            currency=event.currency,
            members=members,
            ring=name,
            anchor=f"{name}:{len(ring)}",
            evidence={
                "cards": len(ring),
                "customers": holders,
                "branch": branch,
                "opened_from": iso(opened[0]),
                "opened_until": iso(opened[-1]),
                "where": where,
                "away_km": round(use.away_km),
                "used_from": iso(min(times)),
                "used_until": iso(max(times)),
                # Cards of the same errand that have not stirred: the desk looks at them next.
                "opened_beside": beside[:_MOST_NAMED],
                "opened_beside_count": len(beside),
                "boundary": self.boundary,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
            },
        )


def _register(state: State, card: str, opened: Opened) -> Opened | None:
    """Give what is known of a card, taking it in when it is new; None when there are too many."""
    cards: dict[str, Opened] = state[CARDS]
    known = cards.get(card)
    if known is None and len(cards) < _MOST_CARDS:
        known = cards[card] = opened
    return known


def _members(cards: dict[str, Opened], chosen: list[str]) -> tuple[Member, ...]:
    known = ((card, cards[card]) for card in chosen)
    return tuple(Member(card=card, customer=opened.customer, last4=opened.last4) for card, opened in known)


def _in_step(uses: list[Use], use: Use) -> set[str]:
    """Give the cards that took cash at enough of the machines where this use's card did."""
    machines: defaultdict[str, set[str]] = defaultdict(set)
    for other in uses:
        if other.machine is not None:
            machines[other.card].add(other.machine)
    own = machines[use.card]
    return {card for card, others in machines.items() if len(own & others) >= _SHARED_MACHINES}
