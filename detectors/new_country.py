"""The first use of a card in a country, weighed by the way there."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from math import exp2
from typing import Annotated, Any

from pydantic import Field

from detectors.base import Detector, MinorByCurrency, Scope, Span, Step
from domain.corridors import RISKS, risk_of
from domain.day_profile import solar_hour
from domain.event_fields import MOST_MINOR
from domain.events import CARD_PRESENT, MONEY_OUT, Place, Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import quick
from domain.instants import iso, span_ms
from domain.money import money_words
from domain.tables import Tables
from domain.wording import counted, listed

# Where the card itself was last (day since 1970, country), the newest purchase of a journey (day, 0 for
# none), the countries where the card was used, and those where only its number was.
DAY, COUNTRY, TICKET, PRESENT, NUMBER = range(5)
# Of a country: its code, for how many days of use it speaks, and the day of the newest.
CODE, WEIGHT, NEWEST = range(3)
State = list[Any]

_TRIES = frozenset({*MONEY_OUT, "balance_inquiry"})
# Airlines, each with its own code and together; travel agencies. Merchant category codes of ISO 18245.
_TRAVEL = frozenset({*map(str, range(3000, 3351)), "4511", "4722"})
_DAY_MS = 86_400_000
_MOST_COUNTRIES = 8
_HALF_LIFE_DAYS = 180
_NIGHT_ENDS = 6
# How many times likelier each of these makes it that the use is a thief's.
_SIGNS = {"cash": 2.0, "at night": 1.5, "by magnetic stripe": 2.0, "much money": 1.5}
_TRAVELLER, _NUMBER_ONLY = 0.3, 0.5
_MOST_LIKELY, _GRAVE = 0.9, 0.5
Corridors = dict[
    Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)>([A-Z]{2}|\*)$")], Annotated[float, Field(ge=0, le=1)]
]
# 5,000 yuan, and about as much elsewhere.
_MUCH = {
    "CNY": 500_000,
    "HKD": 550_000,
    "TWD": 2_200_000,
    "JPY": 100_000,
    "KRW": 1_000_000,
    "THB": 2_500_000,
    "SGD": 100_000,
    "USD": 70_000,
    "EUR": 65_000,
    "GBP": 55_000,
}
_WORDS = {"purchase": "a purchase of", "withdrawal": "a withdrawal of", "transfer_out": "a transfer of"}


@dataclass(frozen=True, kw_only=True)
class NewCountry(Detector[Transaction, State]):
    """Fire when a card is used in a country for the first time, and the way there is a risky one.

    Why: copies of cards are cashed out abroad, where the stripe still works and nobody knows the owner;
    some ways are taken by thieves more than by travellers.

    Misses: cards without `min_days` days of use, a fresh card used abroad at once, uses at places whose
    country is not on record (online ones mostly), thieves in the owner's country or on harmless ways.

    False alarms: the first journey to a country that few visit, cash from a machine on arrival at night, an
    online shop that books abroad.

    Judgement: home is the country of the most days of use, older days fading by half in 180 days. The way
    leads from where the card was last used, if that was within `trip`, else from home. `corridors` gives
    the risk of the way, from the closest of CN>KH, CN>*, *>KH and *>*. Cash doubles it, the magnetic stripe
    doubles it, night where the card is used (midnight to six by the sun) and an amount above
    `high_minor` each make it half as much again; a ticket bought or a use away from home within `trip` leaves
    three tenths. Where only the number was used (online, by telephone, keyed in) half is left, such uses tell
    nothing about where the card is, and the severity is low. It fires from `least_risk` on, once for each
    country: from then on the country is known, but no origin of a way and no home until a later day.

    Late: a late use is judged when it comes, and does not move the card back.

    Prior: what is risked is the probability; one in six for the ordinary of those that fire.

    State: 8 countries at most with their days and weights, for the card and for its number; 26 bytes for an
    ordinary card, at most 400 bytes. As `memory` is long, the cell of a card, with all that every detector
    last held of it, lies for so long after its last use: some 800 bytes.

    Source: the countries of higher risk are those where the UN Office on Drugs and Crime found the centres of
    cyber-enabled fraud: Casinos, Money Laundering, Underground Banking and Transnational Organized Crime in
    East and Southeast Asia (2024). All figures are judgement, to be set by the bank.
    """

    scope = Scope.CARD
    types = _TRIES
    severity = Severity.MEDIUM
    prior = 0.17
    needs = ("place",)

    corridors: Annotated[Corridors, Field(description="risk of a way, 0 to 1, such as CN>KH; * is any")] = (
        field(default_factory=RISKS.copy)
    )
    least_risk: Annotated[float, Field(gt=0, le=1, description="weighed risk from which it fires")] = 0.15
    min_days: Annotated[int, Field(ge=1, le=100, description="days of use before it may fire")] = 3
    trip: Annotated[Span, Field(description="a journey is as long, from ticket or first use")] = timedelta(
        days=45
    )
    high_minor: Annotated[MinorByCurrency, Field(description="more weighs as much money")] = field(
        default_factory=_MUCH.copy
    )
    memory: Annotated[Span, Field(description="a country unused so long is new again")] = timedelta(days=400)
    count_declined: Annotated[bool, Field(description="whether declined uses are judged and learnt")] = True

    @cached_property
    def _memory_days(self) -> int:
        return span_ms(self.memory) // _DAY_MS

    @cached_property
    def _trip_days(self) -> int:
        return min(span_ms(self.trip) // _DAY_MS, self._memory_days)

    def start(self) -> State:
        return [0, "", 0, [], []]

    def dump(self, state: State) -> tuple[Any, ...]:
        day, country, ticket, present, number = state
        return day, country, ticket, [*map(tuple, present)], [*map(tuple, number)]

    def load(self, dumped: list[Any], state_version: int) -> State:
        return [*dumped]

    def step(self, state: State, event: Transaction) -> tuple[Finding, ...]:
        if event.outcome == "declined" and not self.count_declined:
            return QUIET
        day = event.at_ms // _DAY_MS
        if event.mcc in _TRAVEL and event.outcome == "approved":
            state[TICKET] = max(day, state[TICKET])
        place = event.place
        if place is None or place.country is None:
            return QUIET
        if event.channel in CARD_PRESENT and event.entry != "manual":
            if place.country == state[COUNTRY] and day == state[DAY]:
                return QUIET
            return self._use_of_the_card(state, event, place, place.country, day)
        return self._use_of_the_number(state, event, place, place.country, day)

    def bound(self, tables: Tables) -> Step:
        del tables
        return quick("new_country", self.step, (self.count_declined, _TRAVEL, self._memory_days))

    def _use_of_the_card(
        self, state: State, event: Transaction, place: Place, country: str, day: int
    ) -> tuple[Finding, ...]:
        countries = _forget(state[PRESENT], day - self._memory_days)
        known = _known(countries, country)
        found = QUIET
        if known is None:
            found = self._judge(state, event, place, country, day, by_number=False)
            # What fires is no habit yet: it weighs nothing until a later day.
            _remember(countries, [country, 0.0 if found else 1.0, day], _home(countries, day))
        else:
            newer = max(day, known[NEWEST])
            if day != known[NEWEST]:
                known[WEIGHT] = _faded(known, newer) + _fading(newer - day)
            known[NEWEST] = newer
        if day >= state[DAY]:
            state[DAY], state[COUNTRY] = day, country
        return found

    def _use_of_the_number(
        self, state: State, event: Transaction, place: Place, country: str, day: int
    ) -> tuple[Finding, ...]:
        countries = _forget(state[PRESENT], day - self._memory_days)
        numbers = _forget(state[NUMBER], day - self._memory_days)
        known = _known(numbers, country)
        if known is not None:
            known[NEWEST] = max(day, known[NEWEST])
            return QUIET
        _remember(numbers, [country, 0.0, day], "")
        if _known(countries, country) is not None:
            return QUIET
        return self._judge(state, event, place, country, day, by_number=True)

    def _judge(
        self, state: State, event: Transaction, place: Place, country: str, day: int, *, by_number: bool
    ) -> tuple[Finding, ...]:
        countries = state[PRESENT]
        # Days of use fade within the week already: half a day of it is forgiven.
        if sum(_faded(known, day) for known in countries) < self.min_days - 0.5:
            return QUIET
        home = _home(countries, day)
        last = _known(countries, state[COUNTRY])
        under_way = last is not None and last[WEIGHT] > 0 and abs(day - state[DAY]) <= self._trip_days
        origin = state[COUNTRY] if under_way else home
        corridor, risk = risk_of(self.corridors, origin, country)
        signs = self._signs(event, place)
        travelling = origin != home or self._has_ticket(state, day)
        weighed = risk * (_TRAVELLER if travelling else 1.0) * (_NUMBER_ONLY if by_number else 1.0)
        for sign in signs:
            weighed *= _SIGNS[sign]
        if weighed < self.least_risk:
            return QUIET
        weighed = min(_MOST_LIKELY, weighed)
        return (self._finding(state, event, place, (home, origin, corridor), weighed, signs, by_number),)

    def _has_ticket(self, state: State, day: int) -> bool:
        away: int = abs(day - state[TICKET])
        return away <= self._trip_days

    def _signs(self, event: Transaction, place: Place) -> list[str]:
        told = (
            event.type == "withdrawal",
            solar_hour(event.at_ms, place.lon) < _NIGHT_ENDS,
            event.entry == "magstripe",
            event.amount_minor > self.high_minor.get(event.currency, MOST_MINOR),
        )
        return [sign for sign, is_so in zip(_SIGNS, told, strict=True) if is_so]

    def _finding(
        self,
        state: State,
        event: Transaction,
        place: Place,
        way: tuple[str, str, str],
        risk: float,
        signs: list[str],
        by_number: bool,
    ) -> Finding:
        home, origin, corridor = way
        ticket = self._has_ticket(state, event.at_ms // _DAY_MS)
        days = round(sum(known[WEIGHT] for known in state[PRESENT]))
        where = f"{place.city} ({place.country})" if place.city else str(place.country)
        what = "a balance inquiry"
        if event.type in _WORDS:
            what = f"{_WORDS[event.type]} {money_words(event.amount_minor, event.currency)}"
        balance = event.balance_after_minor
        grave = Severity.HIGH if risk >= _GRAVE else Severity.MEDIUM
        return Finding(
            reason=(
                f"First use of the {'number' if by_number else 'card'} in {where}: {what}"
                f"{', ' if signs else ''}{listed(signs)}. Home is {home}, by {counted(days, 'day')} of use"
                f"{'' if origin == home else f', and the card was in {origin} last'}."
            ),
            probability=round(risk, 3),
            severity=Severity.LOW if by_number else grave,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence={
                "country": place.country,
                "home": home,
                "from": origin,
                "corridor": corridor,
                "corridor_risk": self.corridors[corridor],
                "risk": round(risk, 3),
                "least_risk": self.least_risk,
                "signs": signs,
                "card_present": not by_number,
                "ticket_at": iso(state[TICKET] * _DAY_MS)[:10] if ticket else None,
                "countries_before": [known[CODE] for known in state[PRESENT]],
                "days_of_use": days,
                "count_declined": self.count_declined,
            },
        )


def _fading(days: int) -> float:
    return exp2(-days / _HALF_LIFE_DAYS)


def _faded(known: list[Any], day: int) -> float:
    weight: float = known[WEIGHT] * _fading(max(0, day - known[NEWEST]))
    return weight


def _known(countries: list[list[Any]], country: str) -> list[Any] | None:
    return next((known for known in countries if known[CODE] == country), None)


def _home(countries: list[list[Any]], day: int) -> str:
    """Give the country of the most days of use; of equals the one known for longer."""
    code: str = max(countries, key=lambda known: _faded(known, day), default=[""])[CODE]
    return code


def _forget(countries: list[list[Any]], oldest_day: int) -> list[list[Any]]:
    if any(known[NEWEST] <= oldest_day for known in countries):
        countries[:] = [known for known in countries if known[NEWEST] > oldest_day]
    return countries


def _remember(countries: list[list[Any]], new: list[Any], home: str) -> None:
    """Add a country; where there are too many, the longest unused that is not home goes."""
    countries.append(new)
    if len(countries) > _MOST_COUNTRIES:
        away = [known for known in countries if known[CODE] != home]
        countries.remove(min(away, key=lambda known: known[NEWEST]))
