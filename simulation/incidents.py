"""What goes wrong with single cards and at single machines, for the detectors that must see it."""

import numpy as np

from simulation import uses
from simulation.amounts import DAILY_LIMIT_FEN
from simulation.errors import DoesNotFitError
from simulation.geography import CITIES, areas_beyond
from simulation.hours import HOUR_MS, MINUTE_MS, SECOND_MS, pick_moment
from simulation.network import ATM, DAY_SHOP, NIGHT_SHOP
from simulation.rings import OpenedTogether, TravelRing
from simulation.stage import Plot, Stage, joined
from simulation.uses import NONE, POS, PURCHASE, REFUND, REVERSAL, TRANSFER_IN, Ints, Rows

# Nobody need be there when money comes in or a payment is taken back.
_WITHOUT_THE_OWNER = (TRANSFER_IN, REFUND, REVERSAL)
_NONE_LEFT = "no use at a terminal is left for impossible travel; simulate more events"


class ImpossibleTravel(Plot):
    """The owner pays at home, and a clone of the card is used in another city too soon to have gone there.

    The first of them happens at the very same moment, the others 4 to 45 minutes later.
    """

    kind = "impossible_travel"
    detector = "impossible_travel"
    incident = True
    # After that long, the way home from the farthest city is no wonder any more.
    quiet_ms = 9 * HOUR_MS

    _LATEST_MS = 45 * MINUTE_MS
    _TAKES_MS = 10 * MINUTE_MS
    # Nobody travels at this speed, and nobody could on the way from the edge of one radius to the other.
    _LEAST_KMH = 1_600.0
    _LEAST_KM = 400.0

    def act(self, stage: Stage, part: int) -> Rows:
        rng, network, life = stage.rng, stage.network, stage.life
        last_ms = stage.window.end_ms - self._LATEST_MS - self._TAKES_MS
        honest = (life["terminal"] != NONE) & (life["part"] == NONE) & (life["at_ms"] < last_ms)
        honest &= stage.free[life["customer"]]
        if not honest.any():
            raise DoesNotFitError(_NONE_LEFT)
        anchor = int(rng.choice(np.flatnonzero(honest)))
        while life["type"][anchor] in _WITHOUT_THE_OWNER:
            # Only then is another drawn: most seeds give what they always gave.
            honest[anchor] = False
            if not honest.any():
                raise DoesNotFitError(_NONE_LEFT)
            anchor = int(rng.choice(np.flatnonzero(honest)))
        own = life[anchor : anchor + 1]
        own["part"] = part
        self.customers, self.cards = own["customer"].astype(np.int64), own["card"].astype(np.int64)
        stage.free[self.customers] = False

        gap_ms = int(rng.integers(4 * MINUTE_MS, self._LATEST_MS)) if self.number else 0
        least_km = max(self._LEAST_KM, gap_ms / HOUR_MS * self._LEAST_KMH)
        home = int(network.area[own["terminal"][0]])
        area = np.array([rng.choice(areas_beyond(home, least_km, CITIES))])
        count = int(rng.integers(1, 4))
        steps = rng.integers(2 * MINUTE_MS, 4 * MINUTE_MS, size=count - 1)
        at_ms = own["at_ms"] + gap_ms + np.concatenate(([0], np.cumsum(steps)))
        drawn, bought = at_ms[:1], at_ms[1:]
        rows = joined(
            (
                uses.at_atm(
                    rng,
                    drawn,
                    self.customers,
                    self.cards,
                    network.pick(rng, area, ATM),
                    rng.integers(200_000, 500_000, 1),
                ),
                uses.at_shop(
                    bought,
                    self.customers.repeat(count - 1),
                    self.cards.repeat(count - 1),
                    network.pick(rng, area, DAY_SHOP).repeat(count - 1),
                    rng.integers(60_000, 300_000, count - 1),
                ),
            )
        )
        rows["entry"] = uses.MAGSTRIPE
        return rows


class Burst(Plot):
    """Six to twelve uses of one card within ten minutes, online or at one till near the owner's home."""

    kind = "burst"
    detector = "burst"
    incident = True
    quiet_ms = HOUR_MS

    _WITHIN_MS = 9 * MINUTE_MS

    def act(self, stage: Stage, part: int) -> Rows:
        rng = stage.rng
        self.customers = stage.take(1)
        self.cards = stage.people.cards_of(self.customers, 1)
        count = int(rng.integers(6, 13))
        start_ms = pick_moment(rng, stage.window, self._WITHIN_MS, 20, 5)
        # Even steps with some play, so that the last use stays within the ten minutes.
        step_ms = self._WITHIN_MS // count
        at_ms = start_ms + np.arange(count) * step_ms + rng.integers(step_ms // 2, size=count)
        who, card = self.customers.repeat(count), self.cards.repeat(count)
        fen = rng.integers(20_000, 90_000, count)
        if self.number % 2:
            till = stage.network.pick(rng, stage.people.home[self.customers], NIGHT_SHOP)
            return uses.at_shop(at_ms, who, card, till.repeat(count), fen)
        return uses.at_online_shop(at_ms, who, card, stage.parties.online(rng, count), fen)


class AmountOutlier(Plot):
    """A card with many small purchases pays 20 to 50 times a habit at a till it has just been used at.

    The habit is the card's own, or a tenth of what one in a thousand purchases at tills costs where that is
    more: so the amount is far above everyone's, too.
    """

    kind = "amount_outlier"
    detector = "amount_outlier"
    incident = True

    _USES = 20
    # The habit that must be on record before the outlier.
    _EARLIER = 10

    def prepare(self, stage: Stage) -> None:
        people = stage.people
        ordinary = (people.tier == 0) & (people.spends > 0.75) & (people.spends < 1.4)
        self.customers = stage.take(1, ordinary)
        self.cards = people.cards_of(self.customers, 1)
        stage.regulars[int(self.customers[0])] = self._USES

    def act(self, stage: Stage, part: int) -> Rows:
        rng, life = stage.rng, stage.life
        bought = (life["channel"] == POS) & (life["type"] == PURCHASE)
        own = life[bought & (life["card"] == self.cards[0])]
        own = own[np.argsort(own["at_ms"], kind="stable")]
        if len(own) < self._EARLIER:
            raise DoesNotFitError("a card's habit does not fit into the window; simulate more hours")
        last = own[int(rng.integers(self._EARLIER - 1, len(own)))]
        earlier = own["fen"][own["at_ms"] <= last["at_ms"]]
        habit_fen = float(np.exp(np.log(earlier).mean()))
        least_fen = float(np.quantile(life["fen"][bought], 0.999)) / 10
        fen = int(max(habit_fen, least_fen) * rng.uniform(20, 50))
        # Too soon to have left: being there is honest, only the amount is not.
        at_ms = min(
            int(last["at_ms"]) + int(rng.integers(90 * SECOND_MS, 180 * SECOND_MS)), stage.window.end_ms - 1
        )
        return uses.at_shop(
            np.array([at_ms]), self.customers, self.cards, np.array([last["terminal"]]), np.array([fen])
        )


class ManyCardsOneTerminal(Plot):
    """A runner empties six to ten cards of different customers at one ATM, near the daily limit, at night."""

    kind = "many_cards_one_terminal"
    detector = "many_cards_one_terminal"
    incident = True
    quiet_ms = 3 * HOUR_MS

    _TAKES_MS = 20 * MINUTE_MS

    def act(self, stage: Stage, part: int) -> Rows:
        rng = stage.rng
        count = int(rng.integers(6, 11))
        self.customers = stage.take(count)
        self.cards = stage.people.cards_of(self.customers, 1)
        start_ms = pick_moment(rng, stage.window, self._TAKES_MS, 1, 5)
        at_ms = start_ms + np.cumsum(rng.integers(55 * SECOND_MS, 115 * SECOND_MS, size=count))
        home = stage.people.home[self.customers[:1]]
        machine = stage.network.pick(rng, home, ATM).repeat(count)
        return uses.at_atm(rng, at_ms, self.customers, self.cards, machine, self._amounts(stage, count))

    def _amounts(self, stage: Stage, count: int) -> Ints:
        return DAILY_LIMIT_FEN - stage.rng.integers(16, size=count) * 10_000


# Every kind of incident, with how many of it a stream has unless someone says otherwise.
USUAL_INCIDENTS: dict[type[Plot], int] = {
    TravelRing: 1,
    OpenedTogether: 1,
    ImpossibleTravel: 4,
    Burst: 3,
    AmountOutlier: 3,
    ManyCardsOneTerminal: 2,
}
INCIDENT_KINDS = {plot.kind: plot for plot in USUAL_INCIDENTS}
