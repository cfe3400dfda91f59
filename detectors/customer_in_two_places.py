"""Two cards of one customer in use far apart at once."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any

from msgspec import Struct
from msgspec.structs import astuple
from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.events import CARD_PRESENT, Transaction
from domain.findings import QUIET, Finding, Member, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words, to_ms
from domain.places import no_further_than_km, place_words
from domain.rings import CardUse, money_left
from domain.tables import Tables
from domain.travel import Hop, Limits, hop_between

_REMEMBERED_PAIRS = 4


class Use(CardUse, frozen=True, gc=False):
    """A use that puts a card at a place; an ATM session ends at `end_ms`, and `cash` is drawn there."""

    end_ms: int
    lat: float
    lon: float
    error_km: float
    city: str
    atm: bool
    cash: bool
    event_id: str
    last4: str | None

    @property
    def where(self) -> str:
        """The place as it is said aloud."""
        return place_words(self.lat, self.lon, self.city)


class Pair(Struct, gc=False):
    """Two ends that were reported, when the way between them was last made, and whether as worse."""

    one: Use
    other: Use
    last_ms: int
    worse: bool


# The latest uses of all cards in the order of their times, and the pairs of ends reported.
State = tuple[list[Use], list[Pair]]


@dataclass(frozen=True, kw_only=True)
class CustomerInTwoPlaces(Detector[Transaction, State]):
    """Fire when two cards of one customer are used at places that no one can travel between.

    Why: whoever robs or copies a wallet has all its cards, and uses one of them where its owner is not.

    Misses: copies used within `min_km` of the owner or first used after a flight's time, uses without the
    card (ecom, moto, mobile, a number keyed in by hand) or without a place, and two uses of one card:
    these are impossible_travel's, which is to run beside it. Only neighbours in time are compared: where a
    third use lies between two, one of the steps over it is as impossible, whoever's of the two rules it is.

    False alarms: a child at school, a parent or a partner who carries a second card of the same customer;
    a terminal registered at its owner's head office, a clock that runs wrong.

    Judgement: as impossible_travel measures, with both error radii taken off the distance. Two places with
    one card each may be a family, so that is of medium severity and joins no ring. It is high when cash is
    drawn at machines at both ends, when one of the cards was itself at the other end too soon, or when
    another card than before turns up at a known end. A pair of ends is reported once, in whichever direction,
    for as long as the way is made again within `memory`, and once more only when it becomes worse.

    Late: a use that is older than the newest is judged against both its neighbours in time and kept in
    its place. Beyond `memory` it is not looked at.

    Prior: three in ten are taken to be true at the speed limit, half far above it; eight in ten of the
    worse ones.

    State: the last `places` uses within `memory` and the ends of 4 reported pairs; 120 bytes for each use
    of the last day, at most 25,000 bytes.

    Source: 900 km/h is a jet's cruise, 500 km/h between cash machines is what public card rules use.
    """

    scope = Scope.CUSTOMER
    # What somebody stands at a till or a machine for; the rest is booked without anybody.
    types = frozenset({"purchase", "withdrawal", "deposit", "transfer_out", "balance_inquiry"})
    channels = CARD_PRESENT
    severity = Severity.MEDIUM
    prior = 0.3
    needs = ("customer", "place")

    max_kmh: Annotated[float, Field(gt=0, le=100_000, description="fastest believable travel")] = 900.0
    atm_kmh: Annotated[float, Field(gt=0, le=100_000, description="the same between cash machines")] = 500.0
    min_km: Annotated[float, Field(ge=0, le=20_000, description="less, beyond both errors, is near")] = 50.0
    min_gap: Annotated[Span, Field(description="shorter gaps count as this")] = timedelta(seconds=1)
    memory: Annotated[Span, Field(description="how far back uses are compared")] = timedelta(hours=24)
    places: Annotated[int, Field(ge=2, le=16, description="how many of the latest uses are kept")] = 4
    count_declined: Annotated[bool, Field(description="whether a declined use puts the card there")] = True

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    @cached_property
    def _limits(self) -> Limits:
        return Limits(self.max_kmh, self.atm_kmh, self.min_km, span_ms(self.min_gap))

    def start(self) -> State:
        return [], []

    def dump(self, state: State) -> tuple[Any, ...]:
        uses, pairs = state
        told = [(astuple(pair.one), astuple(pair.other), pair.last_ms, pair.worse) for pair in pairs]
        return [astuple(use) for use in uses], told

    def load(self, dumped: list[Any], state_version: int) -> State:
        uses, told = dumped
        pairs = [Pair(Use(*one), Use(*other), last_ms, worse) for one, other, last_ms, worse in told]
        return [Use(*use) for use in uses], pairs

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        place = event.place
        if (
            place is None
            or event.entry == "manual"
            or (event.outcome == "declined" and not self.count_declined)
        ):
            return QUIET
        at_ms = event.at_ms
        atm = event.channel == "atm"
        use = Use(
            at_ms,
            event.card,
            event.amount_minor,
            event.currency,
            event.balance_after_minor,
            at_ms if event.ended_at is None else max(at_ms, to_ms(event.ended_at)),
            place.lat,
            place.lon,
            place.error_km,
            place.city,
            atm,
            atm and event.type == "withdrawal",
            event.event_id,
            event.last4,
        )
        uses = state[0]
        if not uses:
            uses.append(use)
            return QUIET
        if at_ms < uses[-1].at_ms:
            return self._put_late(state, event, use)
        if uses[0].at_ms < at_ms - self._memory_ms:
            self._forget(state, at_ms)
        uses.append(use)
        # By far the most customers use one card after another.
        found = QUIET
        if len(uses) > 1 and uses[-2].card != use.card:
            found = self._judge(state, event, self._hops(uses[-2], use))
        if len(uses) > self.places:
            del uses[0]
        return found

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (Use, self.count_declined, self._memory_ms, self.places)
        return quick("customer_in_two_places", self.step, facts)

    def _put_late(self, state: State, event: Transaction, use: Use) -> tuple[Finding, ...]:
        uses = state[0]
        if use.at_ms < uses[-1].at_ms - self._memory_ms:
            return QUIET
        position = bisect_right(uses, use.at_ms, key=attrgetter("at_ms"))
        hops = self._hops(use, uses[position])
        if position:
            hops += self._hops(uses[position - 1], use)
        uses.insert(position, use)
        found = self._judge(state, event, hops)
        if len(uses) > self.places:
            del uses[0]
        return found

    def _hops(self, earlier: Use, later: Use) -> list[Hop[Use]]:
        """Give the way between two uses, nothing where it is of one card or can be travelled."""
        near = no_further_than_km(earlier.lat, earlier.lon, later.lat, later.lon) <= self.min_km
        way = None if near or earlier.card == later.card else hop_between(earlier, later, self._limits)
        return [] if way is None else [way]

    def _forget(self, state: State, newest_ms: int) -> None:
        uses, pairs = state
        oldest_ms = newest_ms - self._memory_ms
        while uses and uses[0].at_ms < oldest_ms:
            del uses[0]
        pairs[:] = [pair for pair in pairs if pair.last_ms >= oldest_ms]

    def _judge(self, state: State, event: Transaction, hops: list[Hop[Use]]) -> tuple[Finding, ...]:
        """Report the worst of the ways to and from a use, if it is news."""
        uses, pairs = state
        for way in sorted(hops, key=lambda way: -way.times):
            known = next((pair for pair in pairs if way.joins(pair.one, pair.other)), None)
            mixed = (known is not None and not _same_cards(way, known)) or self._crossed(uses, way)
            worse = mixed or (way.earlier.cash and way.later.cash)
            if known is None:
                known = Pair(way.earlier, way.later, way.later.at_ms, worse)
                pairs[:] = [*pairs[1 - _REMEMBERED_PAIRS :], known]
            else:
                known.last_ms = max(known.last_ms, way.later.at_ms)
                if known.worse or not worse:
                    continue
                known.worse = True
            return (self._finding(event, uses, way, known, mixed),)
        return QUIET

    def _crossed(self, uses: list[Use], way: Hop[Use]) -> bool:
        """Whether one of the cards was itself at the other end, too soon before or after."""
        for end, opposite in ((way.earlier, way.later), (way.later, way.earlier)):
            for use in uses:
                if use.card == end.card and way.ends_near(use, opposite):
                    earlier, later = (use, end) if use.at_ms <= end.at_ms else (end, use)
                    if hop_between(earlier, later, self._limits) is not None:
                        return True
        return False

    def _finding(
        self, event: Transaction, uses: list[Use], way: Hop[Use], ends: Pair, mixed: bool
    ) -> Finding:
        one, other = way.earlier, way.later
        gap = f"{span_words(way.gap_ms)} later" if other.at_ms > one.end_ms else "at the same moment"
        cash = one.cash and other.cash
        if mixed:
            besides = "and not each at one end alone"
        elif cash:
            besides = "and cash was drawn with both"
        else:
            besides = "perhaps by two of a family"
        cards = (one.card, other.card)
        likely = (self.prior + 0.3 if ends.worse else self.prior) + 0.2 * (1 - 1 / way.times)
        return Finding(
            reason=(
                f"Two cards of one customer were used in {one.where} and {gap} in {other.where}, "
                f"{way.km:,.0f} km away, {besides}: that is {way.kmh:,.0f} km/h, and more than "
                f"{way.limit_kmh:,.0f} km/h is not believed."
            ),
            probability=round(likely, 3),
            severity=Severity.HIGH if ends.worse else None,
            exposure_minor=money_left([use for use in uses if use.card in cards], event.currency),
            currency=event.currency,
            members=tuple(
                Member(card=use.card, customer=event.customer, last4=use.last4) for use in (one, other)
            ),
            # Families are apart on the same ways every day: theirs must not become one ring.
            ring=f"travel:{ends.one.where}>{ends.other.where}" if ends.worse else "",
            evidence={
                "cards": list(cards),
                "from": one.where,
                "to": other.where,
                "km": round(way.km, 1),
                "gap_s": way.gap_ms / 1000,
                "kmh": round(way.kmh),
                "limit_kmh": way.limit_kmh,
                "error_km": one.error_km + other.error_km,
                "left_at": iso(one.end_ms),
                "arrived_at": iso(other.at_ms),
                "cash_at_both": cash,
                "cards_mixed": mixed,
                "events": [one.event_id, other.event_id],
                "count_declined": self.count_declined,
            },
        )


def _same_cards(way: Hop[Use], known: Pair) -> bool:
    """Whether the ends of a known pair are used with the cards that were reported there."""
    seen = (way.earlier.card, way.later.card)
    if not way.leads(known.one, known.other):
        seen = seen[::-1]
    return seen == (known.one.card, known.other.card)
