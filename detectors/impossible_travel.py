"""Two uses of a card that no one can travel between."""

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
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words, to_ms
from domain.places import KM_PER_DEGREE, place_words
from domain.tables import Tables
from domain.travel import Hop, Limits, hop_between

# Booked by machines, often days later: nobody need be there with the card.
_NO_CARD_NEEDED = frozenset({"transfer_in", "refund", "reversal"})
_REMEMBERED_HOPS, _HOME_AGAIN = 4, 2  # away and home: the hop after that needs two cards


class Use(Struct, frozen=True, gc=False):
    """A use that puts the card at a place; an ATM session ends at `end_ms`."""

    at_ms: int
    end_ms: int
    lat: float
    lon: float
    error_km: float
    city: str
    atm: bool
    amount_minor: int
    currency: str
    event_id: str

    @property
    def where(self) -> str:
        """The place as it is said aloud."""
        return place_words(self.lat, self.lon, self.city)


class Reported(Struct, gc=False):
    """Both ends of a hop that was reported, how often it was made, and whether it was reported as worse."""

    one: Use
    other: Use
    there_and_back: bool
    hops: int = 1


# There, away and back again.
Trip = tuple[Use, Use, Use]
# The latest uses in the order of their times, and the hops reported.
State = tuple[list[Use], list[Reported]]


@dataclass(frozen=True, kw_only=True)
class ImpossibleTravel(Detector[Transaction, State]):
    """Fire when a card is used at two places faster than anyone can travel between them.

    Why: a copied card is used where its owner is not, often at the same moment. Two uses at the same
    moment count as `min_gap` apart.

    Misses: copies used within `min_km` of the owner, or first used after a flight's time; uses without
    the card (ecom, moto, mobile, a number keyed in by hand) and uses without a place.

    False alarms: a family using two cards of one number, a terminal registered at its owner's head
    office, a mobile terminal that carries its home address, a clock that runs wrong.

    Judgement: the two error radii are taken off the distance before it is compared with `min_km` and
    with the speed limit. A pair of ends is reported once in `memory`, in whichever direction: the hop back
    home is no second alarm. Only when the card is then used away once more, there and back within
    `round_trip`, is there one more alert, critical, since two cards must then be in use; where that is
    known at once, there is that one alone.

    Late: a use that is older than the newest is judged against both its neighbours in time and kept in
    its place; it never moves the card back. Beyond `memory` it is not looked at.

    Prior: half of such pairs are taken to be true at the speed limit, nine in ten far above it.

    State: the last `places` uses within `memory` and the ends of 4 reported hops; 200 bytes for an
    ordinary card, at most 20,000 bytes.

    Source: 900 km/h is a jet's cruise. The 500 km/h between cash machines, from the end of one session
    to the start of the next, is what public card rules use; distances are on the IUGG mean radius.
    """

    scope = Scope.CARD
    channels = CARD_PRESENT
    severity = Severity.HIGH
    prior = 0.5
    needs = ("place",)

    max_kmh: Annotated[float, Field(gt=0, le=100_000, description="fastest believable travel")] = 900.0
    atm_kmh: Annotated[float, Field(gt=0, le=100_000, description="the same between cash machines")] = 500.0
    min_km: Annotated[float, Field(ge=0, le=20_000, description="less, beyond both errors, is near")] = 50.0
    min_gap: Annotated[Span, Field(description="shorter gaps count as this")] = timedelta(seconds=1)
    memory: Annotated[Span, Field(description="how far back uses are compared")] = timedelta(hours=24)
    round_trip: Annotated[Span, Field(description="back within less is worse")] = timedelta(hours=1)
    places: Annotated[int, Field(ge=2, le=16, description="how many of the latest uses are kept")] = 8
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
        uses, hops = state
        reported = [(astuple(hop.one), astuple(hop.other), hop.there_and_back, hop.hops) for hop in hops]
        return [astuple(use) for use in uses], reported

    def load(self, dumped: list[Any], state_version: int) -> State:
        uses, reported = dumped
        hops = [Reported(Use(*one), Use(*other), *told) for one, other, *told in reported]
        return [Use(*use) for use in uses], hops

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        place = event.place
        if (
            place is None
            or event.type in _NO_CARD_NEEDED
            or event.entry == "manual"
            or (event.outcome == "declined" and not self.count_declined)
        ):
            return QUIET
        at_ms = event.at_ms
        use = Use(
            at_ms,
            at_ms if event.ended_at is None else max(at_ms, to_ms(event.ended_at)),
            place.lat,
            place.lon,
            place.error_km,
            place.city,
            event.channel == "atm",
            event.amount_minor,
            event.currency,
            event.event_id,
        )
        uses = state[0]
        found = QUIET
        if uses:
            if at_ms < uses[-1].at_ms:
                return self._put_late(state, event, use)
            if uses[0].at_ms < at_ms - self._memory_ms:
                self._forget(state, at_ms)
            if uses:
                last = uses[-1]
                # By far the most are near, which takes no trigonometry to know.
                if (abs(last.lat - place.lat) + abs(last.lon - place.lon)) * KM_PER_DEGREE > self.min_km:
                    hop = hop_between(last, use, self._limits)
                    if hop is not None:
                        found = self._judge(state, event, len(uses), use, [hop])
        uses.append(use)
        if len(uses) > self.places:
            del uses[0]
        return found

    def bound(self, tables: Tables) -> Step:
        del tables
        facts = (Use, self.count_declined, self._memory_ms, self.min_km, KM_PER_DEGREE, self.places)
        return quick("impossible_travel", self.step, facts)

    def _put_late(self, state: State, event: Transaction, use: Use) -> tuple[Finding, ...]:
        uses = state[0]
        if use.at_ms < uses[-1].at_ms - self._memory_ms:
            return QUIET
        position = bisect_right(uses, use.at_ms, key=attrgetter("at_ms"))
        hops = [hop_between(use, uses[position], self._limits)]
        if position:
            hops.append(hop_between(uses[position - 1], use, self._limits))
        found = self._judge(state, event, position, use, [hop for hop in hops if hop is not None])
        uses.insert(position, use)
        if len(uses) > self.places:
            del uses[0]
        return found

    def _judge(
        self, state: State, event: Transaction, position: int, use: Use, hops: list[Hop[Use]]
    ) -> tuple[Finding, ...]:
        """Report the worst of the hops to and from a use, if it is news."""
        uses, reported = state
        for hop in sorted(hops, key=lambda hop: -hop.times):
            known = next((pair for pair in reported if hop.joins(pair.one, pair.other)), None)
            if known is not None and known.there_and_back:
                continue
            back = self._round_trip([*uses[:position], use, *uses[position:]], hop)
            if known is None:
                known = Reported(*(back or (hop.earlier, hop.later))[:2], back is not None)
                reported[:] = [*reported[1 - _REMEMBERED_HOPS :], known]
                return (self._finding(event, uses, hop, back, known),)
            known.hops += 1
            if back is not None and known.hops > _HOME_AGAIN:
                known.there_and_back = True
                return (self._finding(event, uses, hop, back, known),)
        return QUIET

    def _round_trip(self, uses: list[Use], hop: Hop[Use]) -> Trip | None:
        """Give the uses there, away and back again that a hop belongs to, if they are quick enough."""
        one, other = hop.earlier, hop.later
        trips = [(use, one, other) for use in uses if use.at_ms < one.at_ms and hop.ends_near(use, other)]
        trips += [(one, other, use) for use in uses if use.at_ms > other.at_ms and hop.ends_near(use, one)]
        shortest = min(trips, key=lambda trip: trip[2].at_ms - trip[0].at_ms, default=None)
        if shortest is None or shortest[2].at_ms - shortest[0].at_ms >= span_ms(self.round_trip):
            return None
        return shortest

    def _forget(self, state: State, newest_ms: int) -> None:
        oldest_ms = newest_ms - self._memory_ms
        uses, reported = state
        while uses and uses[0].at_ms < oldest_ms:
            del uses[0]
        reported[:] = [pair for pair in reported if pair.other.at_ms >= oldest_ms]

    def _finding(
        self, event: Transaction, uses: list[Use], hop: Hop[Use], trip: Trip | None, ends: Reported
    ) -> Finding:
        one, other = hop.earlier, hop.later
        if trip:
            there, away, back = trip
            time = span_words(back.at_ms - there.at_ms)
            reason = (
                f"Used in {there.where}, in {away.where} and in {back.where} again within {time}, "
                f"{hop.km:,.0f} km each way: two cards must be in use."
            )
        else:
            later = other.at_ms > one.end_ms
            gap = f"{span_words(hop.gap_ms)} later" if later else "at the same moment"
            reason = (
                f"Used in {one.where} and {gap} in {other.where}, {hop.km:,.0f} km away: "
                f"that is {hop.kmh:,.0f} km/h, and more than {hop.limit_kmh:,.0f} km/h is not believed."
            )
        amounts = (use.amount_minor for use in uses if use.currency == event.currency)
        balance = event.balance_after_minor
        return Finding(
            reason=reason,
            probability=0.95 if trip else round(self.prior + 0.4 * (1 - 1 / hop.times), 3),
            severity=Severity.CRITICAL if trip else None,
            exposure_minor=max(0, balance) if balance is not None else max([event.amount_minor, *amounts]),
            currency=event.currency,
            ring=f"travel:{ends.one.where}>{ends.other.where}",
            evidence={
                "from": one.where,
                "to": other.where,
                "km": round(hop.km, 1),
                "gap_s": hop.gap_ms / 1000,
                "kmh": round(hop.kmh),
                "limit_kmh": hop.limit_kmh,
                "error_km": one.error_km + other.error_km,
                "left_at": iso(one.end_ms),
                "arrived_at": iso(other.at_ms),
                "there_and_back": trip is not None,
                "events": [use.event_id for use in trip or (one, other)],
                "count_declined": self.count_declined,
            },
        )
