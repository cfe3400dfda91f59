"""Many cards acting as one: the two nights that the desk must never miss."""

import numpy as np

from simulation import uses
from simulation.amounts import cash
from simulation.geography import CITIES, NUMBER, areas_beyond
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, pick_moment
from simulation.network import ATM, NIGHT_SHOP
from simulation.openings import open_cards, opening_before
from simulation.people import NO_EMPLOYER
from simulation.stage import Plot, Stage, joined
from simulation.uses import Ints, Rows

_OVER_LIMIT = uses.REFUSALS.index("over_limit")


class TravelRing(Plot):
    """Clones of eight cards of four customers, used in Shanghai and half an hour later in Taipei.

    In each city runners put one card after another into a few ATMs, two withdrawals each, and buy
    something with it. The owners are asleep at home.
    """

    kind = "travel_ring"
    detector = "impossible_travel"
    incident = True
    is_ring = True
    quiet_ms = 8 * HOUR_MS

    _CUSTOMERS = 4
    _CARDS_EACH = 2
    _NEXT_CARD_MS = 100 * SECOND_MS
    _BETWEEN_CITIES_MS = 30 * MINUTE_MS

    def prepare(self, stage: Stage) -> None:
        self.customers = stage.take(self._CUSTOMERS, stage.people.card_count >= self._CARDS_EACH)
        self.cards = stage.people.cards_of(self.customers, self._CARDS_EACH)

    def act(self, stage: Stage, part: int) -> Rows:
        run_ms = len(self.cards) * self._NEXT_CARD_MS + 4 * MINUTE_MS
        start_ms = pick_moment(stage.rng, stage.window, self._BETWEEN_CITIES_MS + run_ms, 0, 3)
        first = self._run(stage, NUMBER["Shanghai"], start_ms)
        second = self._run(stage, NUMBER["Taipei"], start_ms + self._BETWEEN_CITIES_MS)
        # The last withdrawals find the day's limit spent.
        second["refusal"][np.flatnonzero(second["channel"] == uses.ATM)[-3:]] = _OVER_LIMIT
        return joined((first, second))

    def _run(self, stage: Stage, area: int, start_ms: int) -> Rows:
        rng, network, count = stage.rng, stage.network, len(self.cards)
        order = np.arange(count)
        owner = stage.people.card_customer[self.cards]
        atms = network.several(rng, area, ATM, 3)
        shops = network.several(rng, area, NIGHT_SHOP, 2)
        at_ms = start_ms + order * self._NEXT_CARD_MS + rng.integers(15 * SECOND_MS, size=count)
        atm, shop = atms[order % len(atms)], shops[order % len(shops)]
        again_ms = at_ms + rng.integers(46 * SECOND_MS, 60 * SECOND_MS, size=count)
        bought_ms = again_ms + rng.integers(80 * SECOND_MS, 150 * SECOND_MS, size=count)
        draw = [cash(rng.uniform(300_000, 500_000, size=count)) for _ in range(2)]
        spent = rng.integers(80_000, 400_000, size=count)
        rows = joined(
            (
                uses.at_atm(rng, at_ms, owner, self.cards, atm, draw[0]),
                uses.at_atm(rng, again_ms, owner, self.cards, atm, draw[1]),
                uses.at_shop(bought_ms, owner, self.cards, shop, spent),
            )
        )
        rows["entry"] = uses.MAGSTRIPE
        return np.asarray(rows[np.argsort(rows["at_ms"], kind="stable")])


class OpenedTogether(Plot):
    """Twelve cards of six customers, opened within 40 minutes at one branch, stir together far away.

    Weeks after their opening, and without any use before, all of them go round several ATMs and shops
    of one distant city within two hours.
    """

    kind = "opened_together"
    detector = "opened_together"
    incident = True
    is_ring = True

    _CUSTOMERS = 6
    _CARDS_EACH = 2
    _NEXT_CUSTOMER_MS = 6 * MINUTE_MS
    _NEXT_CARD_MS = 8 * MINUTE_MS
    _SPAN_MS = 2 * HOUR_MS
    _LEAST_KM = 600.0

    def prepare(self, stage: Stage) -> None:
        people = stage.people
        self.customers = stage.take(self._CUSTOMERS, people.card_count == self._CARDS_EACH)
        self.cards = people.cards_of(self.customers)
        # They live by these cards only: no daily life, no salary.
        people.uses_card[self.customers] = 0.0
        people.employer[self.customers] = NO_EMPLOYER
        weeks_ms = int(stage.rng.integers(18, 40)) * DAY_MS
        opened_ms = opening_before(stage.rng, stage.window.start_ms - weeks_ms)
        order = np.arange(len(self.cards))
        minutes = order // 2 * self._NEXT_CUSTOMER_MS + order % 2 * 2 * MINUTE_MS
        branch = int(stage.rng.integers(len(stage.network.branches)))
        open_cards(stage, self.cards, branch, opened_ms + minutes)

    def act(self, stage: Stage, part: int) -> Rows:
        rng, network = stage.rng, stage.network
        domestic = tuple(city for city in CITIES if city.country == "CN")
        home = int(network.branches.area[stage.people.opened_at[self.cards[0]]])
        area = int(rng.choice(areas_beyond(home, self._LEAST_KM, domestic)))
        start_ms = pick_moment(rng, stage.window, self._SPAN_MS, 22, 2)
        cards = rng.permutation(self.cards)
        owner = stage.people.card_customer[cards]
        count = len(cards)
        atms = network.several(rng, area, ATM, 4)
        shops = network.several(rng, area, NIGHT_SHOP, 4)
        at_ms = start_ms + np.arange(count) * self._NEXT_CARD_MS + rng.integers(MINUTE_MS, size=count)
        bought_ms = at_ms + rng.integers(4 * MINUTE_MS, 8 * MINUTE_MS, size=count)
        again_ms = bought_ms + rng.integers(8 * MINUTE_MS, 14 * MINUTE_MS, size=count)
        return joined(
            (
                uses.at_atm(rng, at_ms, owner, cards, rng.choice(atms, count), self._notes(stage, count)),
                uses.at_shop(
                    bought_ms, owner, cards, rng.choice(shops, count), rng.integers(100_000, 500_000, count)
                ),
                uses.at_atm(rng, again_ms, owner, cards, rng.choice(atms, count), self._notes(stage, count)),
            )
        )

    def _notes(self, stage: Stage, count: int) -> Ints:
        return cash(stage.rng.uniform(200_000, 500_000, size=count))
