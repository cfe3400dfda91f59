"""A card that was used where cards were copied, and is now used as a copy would be."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Struct
from pydantic import Field

from detectors.base import Detector, Scope, Span, Step
from domain.events import CARD_PRESENT, MONEY_OUT, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms, span_words, to_ms
from domain.money import money_words
from domain.places import least_km, place_words
from domain.prepared import Prepared
from domain.tables import CompromisePoint, CompromisePoints, Tables

# The newest use (ms), when it was told of last (ms, None: never) and how severely, where the card itself was
# last (a Spot, None: not seen), and the merchants that were paid by number.
NEWEST_MS, TOLD_MS, SEVERITY, OWN, MERCHANTS = range(5)
State = list[Any]
Way = Literal["magstripe", "elsewhere", "keyed"]

# What only the card itself can do.
_OWN_ENTRIES = frozenset({"chip", "contactless", "token"})
_MOST_MERCHANTS = 8
# What owners do themselves now and then.
_COMMON = 0.2
# Cash, and a second sign that it is a copy, each add as much; never beyond the most.
_MORE, _MOST = 0.2, 0.95


class Spot(Struct, frozen=True, gc=False, array_like=True):
    """Where and when the card itself was used."""

    at_ms: int
    lat: float
    lon: float
    error_km: float
    city: str
    country: str | None


class _Listed(NamedTuple):
    """The point that a card was exposed at, when it was used there last, and the table that says so."""

    point: CompromisePoint
    at_ms: int
    version: str


@dataclass(frozen=True, kw_only=True)
class ExposedCard(Detector[Transaction, State]):
    """Fire when a card that was exposed at a common point of compromise is used as a copy would be.

    Why: of the cards that a skimmer read some are used within days, others after weeks: they are known by
    then, and the first use of the copy can be the last.

    Misses: copies used near the owner with a chip or a wallet, cards beyond those that the table lists, the
    first victims of every point: it is by them that it becomes known.

    False alarms: an owner whose chip is worn and who falls back on the stripe; a journey on which no use of
    the chip was seen; a new shop that is paid by number.

    Judgement: the published table `compromise_points` lists the exposed cards. What a listed card does
    by chip, contactless or wallet is its owner's, and shows where the card is. Three ways of use are a
    copy's: the stripe was read (also in fallback from a chip); the card was present, by no sure entry, more
    than `min_km` beyond both error radii away from where it was itself last, or in another country; and,
    where it is asked for and the point is a merchant, which may have lost numbers, a number keyed in at a
    merchant that the card has not paid so since it was listed: honest cards do that every few days. A stripe
    read at a till no further than that from where the card itself was is of medium severity. It fires once in
    `again`, and once more for what is worse.

    Late: judged by the version of its own time; where the card was itself is only moved by newer uses.

    Prior: half are taken to be true, more for cash and where two ways meet; one in five for keyed numbers,
    and for a stripe at a till near the card itself.

    State: nothing for cards that no table lists (1 byte); else a place and 8 merchants, 120 bytes for an
    ordinary card, at most 5,000 bytes.

    Source: of 3,000 cards of a simulated night, listed at random, 3 in 100 had their stripe read at a
    till within 20 hours, and 37 in 100 their number keyed in at a merchant new to them.
    """

    scope = Scope.CARD
    types = MONEY_OUT | {"balance_inquiry"}
    channels = frozenset({"pos", "atm", "counter", "ecom", "moto"})
    rests_on = "compromise_points"
    severity = Severity.HIGH
    prior = 0.5

    ways: Annotated[tuple[Way, ...], Field(min_length=1, description="which ways of use fire")] = (
        "magstripe",
        "elsewhere",
    )
    min_km: Annotated[float, Field(ge=0, le=20_000, description="less, beyond both errors, is near")] = 100.0
    again: Annotated[Span, Field(description="told once more after so long")] = timedelta(days=1)
    memory: Annotated[Span, Field(description="silence until all is forgotten")] = timedelta(days=60)
    count_declined: Annotated[bool, Field(description="whether declined uses count")] = True

    @cached_property
    def _again_ms(self) -> int:
        return span_ms(self.again)

    @cached_property
    def _memory_ms(self) -> int:
        return span_ms(self.memory)

    def start(self) -> State:
        return []

    def dump(self, state: State) -> tuple[Any, ...]:
        if not state:
            return ()
        newest_ms, told_ms, severity, own, merchants = state
        return newest_ms, told_ms, severity, own, list(merchants)

    def load(self, dumped: list[Any], state_version: int) -> State:
        if not dumped:
            return []
        newest_ms, told_ms, severity, own, merchants = dumped
        return [newest_ms, told_ms, severity, None if own is None else Spot(*own), merchants]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        return QUIET

    def bound(self, tables: Tables) -> Step:
        exposed = Prepared(tables.compromise_points, _listed)
        return quick("exposed_card", partial(self._step, exposed), (exposed,))

    def _step(
        self, published: Prepared[CompromisePoints, dict[str, _Listed]], state: State, event: Transaction
    ) -> tuple[Finding, ...]:
        exposed = published.at(event.at_ms)
        listed = None if exposed is None else exposed.get(event.card)
        if listed is None or (event.outcome == "declined" and not self.count_declined):
            return QUIET
        if not state or event.at_ms - state[NEWEST_MS] > self._memory_ms:
            state[:] = [event.at_ms, None, 0, None, []]
        state[NEWEST_MS] = max(state[NEWEST_MS], event.at_ms)
        ways = self._ways(state, event, listed)
        _learn(state, event)
        if not ways:
            return QUIET
        severity = self._severity(state[OWN], event, ways)
        told_ms = state[TOLD_MS]
        if told_ms is not None and event.at_ms - told_ms < self._again_ms and severity >= state[SEVERITY]:
            return QUIET
        state[TOLD_MS], state[SEVERITY] = max(event.at_ms, told_ms or 0), int(severity)
        return (self._finding(state[OWN], event, listed, ways, severity),)

    def _ways(self, state: State, event: Transaction, listed: _Listed) -> list[Way]:
        """Give in which of the ways a copy is used this use is one."""
        if event.channel not in CARD_PRESENT:
            keyed = (
                listed.point.kind == "merchant"
                and event.entry == "manual"
                and event.merchant is not None
                and event.merchant != listed.point.id
                and event.merchant not in state[MERCHANTS]
            )
            return ["keyed"] if keyed and "keyed" in self.ways else []
        if event.entry in _OWN_ENTRIES:
            return []
        found: list[Way] = []
        if event.entry == "magstripe" and "magstripe" in self.ways:
            found.append("magstripe")
        if "elsewhere" in self.ways and self._is_elsewhere(state[OWN], event):
            found.append("elsewhere")
        return found

    def _severity(self, own: Spot | None, event: Transaction, ways: list[Way]) -> Severity:
        """Keyed numbers, and a stripe at a till near the card itself, are mostly its owner's."""
        near = own is not None and event.place is not None and "elsewhere" not in ways
        at_till = event.channel != "atm" and event.type != "withdrawal"
        return Severity.MEDIUM if ways == ["keyed"] or (at_till and near) else self.severity

    def _is_elsewhere(self, own: Spot | None, event: Transaction) -> bool:
        place = event.place
        if own is None or place is None or event.at_ms < own.at_ms:
            return False
        abroad = None not in (own.country, place.country) and own.country != place.country
        return abroad or least_km(own, place) > self.min_km

    def _finding(
        self, own: Spot | None, event: Transaction, listed: _Listed, ways: list[Way], severity: Severity
    ) -> Finding:
        point = listed.point
        cash = event.channel == "atm" and event.type == "withdrawal"
        probability = self.prior if severity == self.severity else _COMMON
        probability += _MORE * (cash + len(ways) - 1)
        balance = event.balance_after_minor
        ago = span_words(max(0, event.at_ms - listed.at_ms))
        return Finding(
            reason=(
                f"This card was used at {point.kind} {point.id} {ago} before, where {point.bad} of "
                f"{point.seen:,} cards turned bad since; now {_use_words(event, own, ways)}."
            ),
            probability=round(min(_MOST, probability), 3),
            severity=severity,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            ring=f"compromise:{point.name}",
            evidence={
                "ways": list(ways),
                "point": point.name,
                "exposed_at": iso(listed.at_ms),
                "since": iso(to_ms(point.since)),
                "until": iso(to_ms(point.until)),
                "seen": point.seen,
                "bad": point.bad,
                "expected": point.expected,
                "p_value": point.p_value,
                "table": listed.version,
                "entry": event.entry,
                "amount_minor": event.amount_minor,
                "own_place": None if own is None else place_words(own.lat, own.lon, own.city),
                "own_at": None if own is None else iso(own.at_ms),
                "min_km": self.min_km,
                "count_declined": self.count_declined,
            },
        )


def _listed(table: CompromisePoints) -> dict[str, _Listed]:
    """Give the exposed cards of a table; of several points the one at which a card was last."""
    found: dict[str, _Listed] = {}
    for point in table.points:
        for card in point.cards:
            known = found.get(card.card)
            if known is None or card.at_ms > known.at_ms:
                found[card.card] = _Listed(point, card.at_ms, table.version)
    return found


def _learn(state: State, event: Transaction) -> None:
    """Note where the card itself is, and whom it pays by number."""
    place, own = event.place, state[OWN]
    if event.channel not in CARD_PRESENT:
        merchants, merchant = state[MERCHANTS], event.merchant
        if merchant is not None and event.entry == "manual" and merchant not in merchants:
            merchants[:] = [*merchants[1 - _MOST_MERCHANTS :], merchant]
    elif place is not None and event.entry in _OWN_ENTRIES and (own is None or event.at_ms >= own.at_ms):
        state[OWN] = Spot(event.at_ms, place.lat, place.lon, place.error_km, place.city, place.country)


def _use_words(event: Transaction, own: Spot | None, ways: list[Way]) -> str:
    amount = money_words(event.amount_minor, event.currency)
    if ways == ["keyed"]:
        return f"its number was keyed in at a merchant it has not paid so before, {amount}"
    said = f"{'its stripe was read' if 'magstripe' in ways else 'it was used'} for {amount}"
    if event.place is not None:
        said += f" in {place_words(event.place.lat, event.place.lon, event.place.city)}"
    if "elsewhere" in ways and own is not None:
        said += f", while the card itself was last seen in {place_words(own.lat, own.lon, own.city)}"
    return said
