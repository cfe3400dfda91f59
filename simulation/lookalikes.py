"""Honest life that looks like an incident: what a detector must not mistake."""

import numpy as np

from simulation import uses
from simulation.amounts import cash, lognormal
from simulation.errors import DoesNotFitError
from simulation.habits import wages
from simulation.hours import HOUR_MS, MINUTE_MS, SECOND_MS, pick_moment
from simulation.network import ATM, DAY_SHOP, NIGHT_SHOP
from simulation.openings import ColleaguesOpened, ColleaguesOpening, FamilyOpening
from simulation.people import NO_EMPLOYER
from simulation.stage import Plot, Stage, joined
from simulation.timetable import FLIGHT, FLIGHT_ABROAD, ROUTES, Journey, Stay, journey
from simulation.uses import Ints, Rows


class FrequentFlyer(Plot):
    """Someone pays at one airport, flies, and pays at the other and in the city behind it."""

    kind = "frequent_flyer"
    detector = "impossible_travel"
    incident = False

    # Long enough for the uses in the city.
    _IN_CITY_MS = 2 * HOUR_MS

    def prepare(self, stage: Stage) -> None:
        self._go(stage, stage.take(1))

    def _go(self, stage: Stage, customers: Ints) -> None:
        """Send customers on a flight that they leave for, and land from, within the window."""
        possible = self._journeys(stage)
        if not possible:
            raise DoesNotFitError("no flight fits into the window; simulate more hours")
        chosen = possible[int(stage.rng.integers(len(possible)))]
        self.customers, self.cards = customers, stage.people.cards_of(customers, 1)
        self._stays: list[Stay] = chosen.stays()
        stage.stays.update(dict.fromkeys(customers.tolist(), self._stays))

    def _journeys(self, stage: Stage) -> list[Journey]:
        window = stage.window
        planned = [
            journey(route, out_ms, self._IN_CITY_MS)
            for route in ROUTES
            if route.manners in (FLIGHT, FLIGHT_ABROAD)
            for out_ms in range(window.start_ms, window.end_ms, HOUR_MS)
        ]
        return [
            flight
            for flight in planned
            if flight.stays()[1][0] >= window.start_ms
            and flight.stays()[3][0] + self._IN_CITY_MS <= window.end_ms
        ]

    def act(self, stage: Stage, part: int) -> Rows:
        return joined(
            [
                self._spend(stage, customer, card)
                for customer, card in zip(self.customers.tolist(), self.cards.tolist(), strict=True)
            ]
        )

    def _spend(self, stage: Stage, customer: int, card: int) -> Rows:
        rng, network = stage.rng, stage.network
        _, departure, arrival, city, *_ = self._stays
        moments = [int(rng.integers(since, until)) for since, until, _ in (departure, arrival)]
        moments.append(int(rng.integers(city[0], city[0] + self._IN_CITY_MS // 2)))
        area = np.array([departure[2], arrival[2], city[2]])
        who, what = np.full(3, customer), np.full(3, card)
        spends = float(stage.people.spends[customer])
        fen = lognormal(rng, np.full(3, 7_000 * spends), 0.4).astype(np.int64)
        shopped = uses.at_shop(np.array(moments), who, what, network.pick(rng, area, DAY_SHOP), fen)
        cash_ms = np.array([moments[-1] + 45 * MINUTE_MS])
        machine = network.pick(rng, area[2:], ATM)
        return joined((shopped, uses.at_atm(rng, cash_ms, who[:1], what[:1], machine, cash(np.array([1e5])))))


class FamilyTrip(FrequentFlyer):
    """All of a family fly together, each with a card of their own."""

    kind = "family_trip"
    detector = "impossible_travel"

    def prepare(self, stage: Stage) -> None:
        people = stage.people
        together = np.bincount(people.family, weights=stage.free)[people.family]
        able = stage.free & (together > 1)
        if not able.any():
            raise DoesNotFitError("no family is left to travel together; simulate more customers")
        family = people.family[int(stage.rng.choice(np.flatnonzero(able)))]
        members = stage.free & (people.family == family)
        self._go(stage, stage.take(int(members.sum()), members))


class PaydayQueue(Plot):
    """A dozen colleagues, just paid, draw ordinary amounts at the ATM by work, one after another."""

    kind = "payday_queue"
    detector = "many_cards_one_terminal"
    incident = False

    _STAFF = 12
    _TAKES_MS = 60 * MINUTE_MS
    _PAID_BEFORE_MS = 2 * HOUR_MS

    def prepare(self, stage: Stage) -> None:
        people, rng = stage.people, stage.rng
        self._area = int(rng.choice(people.work))
        self._employer = int(rng.integers(len(people.payday)))
        self.customers = stage.take(self._STAFF, people.work == self._area)
        self.cards = people.cards_of(self.customers, 1)
        # Nobody is paid twice.
        people.employer[self.customers] = NO_EMPLOYER

    def act(self, stage: Stage, part: int) -> Rows:
        rng = stage.rng
        start_ms = pick_moment(rng, stage.window, self._TAKES_MS, 17, 20)
        at_ms = start_ms + np.cumsum(rng.integers(150 * SECOND_MS, 290 * SECOND_MS, size=self._STAFF))
        machine = stage.network.pick(rng, np.array([self._area]), ATM).repeat(self._STAFF)
        fen = cash(np.minimum(lognormal(rng, np.full(self._STAFF, 80_000.0), 0.5), 300_000))
        turn = rng.permutation(self._STAFF)
        drawn = uses.at_atm(rng, at_ms, self.customers[turn], self.cards[turn], machine, fen)
        paid_ms = start_ms - self._PAID_BEFORE_MS + rng.integers(20 * SECOND_MS, size=self._STAFF)
        employer = np.full(self._STAFF, self._employer)
        paid = wages(rng, stage.people, stage.parties, self.customers, employer, paid_ms)
        return joined((paid[paid["at_ms"] >= stage.window.start_ms], drawn))


class BigPurchase(Plot):
    """Someone with money leaves a deposit of five to eight times what the card usually pays."""

    kind = "big_purchase"
    detector = "amount_outlier"
    incident = False

    _USES = 14
    _EARLIER = 9

    def prepare(self, stage: Stage) -> None:
        self.customers = stage.take(1, stage.people.tier > 0)
        self.cards = stage.people.cards_of(self.customers, 1)
        stage.regulars[int(self.customers[0])] = self._USES

    def act(self, stage: Stage, part: int) -> Rows:
        rng, life = stage.rng, stage.life
        own = life[(life["card"] == self.cards[0]) & (life["channel"] == uses.POS)]
        own = own[np.argsort(own["at_ms"], kind="stable")]
        if len(own) < self._EARLIER:
            raise DoesNotFitError("a card's habit does not fit into the window; simulate more hours")
        last = own[int(rng.integers(self._EARLIER - 1, len(own)))]
        earlier = own["fen"][own["at_ms"] <= last["at_ms"]]
        fen = int(np.exp(np.log(earlier).mean()) * rng.uniform(5, 8)) // 10_000 * 10_000
        at_ms = min(
            int(last["at_ms"]) + int(rng.integers(2 * MINUTE_MS, 4 * MINUTE_MS)), stage.window.end_ms - 1
        )
        return uses.at_shop(
            np.array([at_ms]), self.customers, self.cards, np.array([last["terminal"]]), np.array([fen])
        )


class NightMarket(Plot):
    """Four small purchases within ten minutes at the stalls of one night market."""

    kind = "night_market"
    detector = "burst"
    incident = False

    _STALLS = 4

    def prepare(self, stage: Stage) -> None:
        self.customers = stage.take(1)
        self.cards = stage.people.cards_of(self.customers, 1)

    def act(self, stage: Stage, part: int) -> Rows:
        rng = stage.rng
        start_ms = pick_moment(rng, stage.window, 10 * MINUTE_MS, 19, 24)
        at_ms = start_ms + np.cumsum(rng.integers(70 * SECOND_MS, 140 * SECOND_MS, size=self._STALLS))
        market = stage.network.pick(rng, stage.people.home[self.customers], NIGHT_SHOP)
        return uses.at_shop(
            at_ms,
            self.customers.repeat(self._STALLS),
            self.cards.repeat(self._STALLS),
            market.repeat(self._STALLS),
            rng.integers(800, 4_500, self._STALLS),
        )


# Every kind of lookalike, with how many of it a stream has where they fit.
USUAL_LOOKALIKES: dict[type[Plot], int] = {
    FrequentFlyer: 3,
    FamilyTrip: 1,
    PaydayQueue: 1,
    BigPurchase: 3,
    NightMarket: 3,
    ColleaguesOpened: 1,
    ColleaguesOpening: 1,
    FamilyOpening: 2,
}
