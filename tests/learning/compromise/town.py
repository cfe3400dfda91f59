"""A town in which cards are used near home for two months, and what thieves do to some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from domain.events import Chargeback, Transaction
from domain.instants import from_ms, to_ms

START = datetime(2026, 3, 1, tzinfo=UTC)
START_MS = to_ms(START)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAYS = 60
LATER = START + timedelta(days=DAYS)

CARDS, QUARTERS, MACHINES, SHOPS = 3_000, 30, 10, 10


@dataclass
class Town:
    """What happened, in the order of time, and what was claimed of it as it became known."""

    events: list[Transaction] = field(default_factory=list)
    claims: list[Chargeback] = field(default_factory=list)

    def use(self, at_ms: int, card: int, terminal: str, *, fraud: bool = False, known_ms: int = 0) -> None:
        """Use a card at a terminal, whose merchant is the shop's; a fraud is claimed when it is known."""
        machine = terminal.startswith("atm")
        event = Transaction(
            event_id=f"e{len(self.events)}",
            at=from_ms(at_ms),
            at_ms=at_ms,
            card=f"c{card}",
            # A third of the customers have two cards.
            customer=f"k{card - (card % 3 == 1)}",
            terminal=terminal,
            device=terminal if machine else None,
            merchant=None if machine else terminal.split("/")[0],
            amount_minor=200_000 if fraud else 5_000,
            currency="CNY",
            channel="atm" if machine else "pos",
            type="withdrawal" if machine else "purchase",
            entry="magstripe" if fraud else "chip",
        )
        self.events.append(event)
        if fraud:
            claim = Chargeback(
                event_id=f"claim-{event.event_id}",
                at=from_ms(known_ms),
                at_ms=known_ms,
                about=event.event_id,
                transaction_at=event.at,
            )
            self.claims.append(claim)

    def known(self, at: datetime) -> set[str]:
        """Give the events that were known to be fraud at a time."""
        return {claim.about for claim in self.claims if claim.at < at}


def town(
    seed: int,
    *,
    skimmed: Sequence[str] = (),
    theft_share: float = 0.01,
    read_share: float = 0.4,
    cashed_at: Sequence[str] = ("atm-far-1", "atm-far-2", "atm-far-3"),
) -> Town:
    """Live for two months. `skimmed` machines read cards from day 20 to 23; thieves use many of them later.

    They do so 4 to 24 days later, far away. A `theft_share` of cards is defrauded for other reasons, at any
    time and place. Whatever is fraud is claimed 2 to 20 days after it.
    """
    random = Random(seed)
    made = Town()
    first_ms: dict[int, int] = {}
    uses: list[tuple[int, int, str]] = []
    for card in range(CARDS):
        quarter = card % QUARTERS
        near = [f"atm-{quarter}-{number}" for number in range(MACHINES)]
        near += [f"shop-{quarter}-{number}" for number in range(SHOPS)]
        favourites = random.sample(near, 5)
        for _ in range(int(random.lognormvariate(3.2, 0.6))):
            luck = random.random()
            # Everybody goes to the market, whose merchant has many tills, and some to the station.
            place = f"market/till-{random.randrange(8)}"
            if luck > 0.2:
                place = random.choice(favourites if luck < 0.8 else near)
            if luck > 0.94:
                place = f"atm-station-{random.randrange(6)}"
            uses.append((START_MS + random.randrange(DAYS * DAY_MS), card, place))
    uses.sort()
    for at_ms, card, place in uses:
        if place in skimmed and 20 <= (at_ms - START_MS) / DAY_MS < 23 and random.random() < read_share:
            first_ms.setdefault(card, at_ms + random.randrange(4 * DAY_MS, 24 * DAY_MS))
    for card in range(CARDS):
        if random.random() < theft_share:
            first_ms.setdefault(card, START_MS + random.randrange(5 * DAY_MS, DAYS * DAY_MS))
    copied = [
        (at_ms + number * 120_000, card, random.choice(cashed_at))
        for card, at_ms in first_ms.items()
        for number in range(random.randrange(1, 4))
    ]
    for fraud, (at_ms, card, place) in sorted(
        [(False, use) for use in uses] + [(True, use) for use in copied], key=lambda each: each[1]
    ):
        known_ms = at_ms + random.randrange(2 * DAY_MS, 20 * DAY_MS)
        if at_ms < to_ms(LATER) and (fraud or at_ms < first_ms.get(card, at_ms + 1)):
            made.use(at_ms, card, place, fraud=fraud, known_ms=known_ms)
    made.claims.sort(key=lambda claim: claim.at_ms)
    return made
