"""Daily life: what each customer does with the cards in the simulated hours, when nothing is wrong."""

import numpy as np
from numpy.typing import NDArray

from simulation import amounts, uses
from simulation.errors import DoesNotFitError
from simulation.hours import (
    HOUR_MS,
    LIVES,
    MINUTE_MS,
    SECOND_MS,
    Window,
    activity,
    day_starts,
    draw_times,
    is_open,
    is_rest_day,
    since_midnight_ms,
)
from simulation.network import ATM, COUNTER, DAY_SHOP, NIGHT_SHOP, NOWHERE, Network
from simulation.parties import Parties
from simulation.people import FAVOURITES, People
from simulation.timetable import HOME_AREA
from simulation.trips import ON_THE_WAY, Whereabouts
from simulation.uses import Ints, Rows, by_phone, empty_uses

Flags = NDArray[np.bool_]

# How often each way of using a card is taken, of all uses.
_WAYS = (
    (uses.POS, uses.PURCHASE, 0.480),
    (uses.ECOM, uses.PURCHASE, 0.220),
    (uses.ATM, uses.WITHDRAWAL, 0.085),
    (uses.ATM, uses.INQUIRY, 0.025),
    (uses.ATM, uses.DEPOSIT, 0.015),
    (uses.COUNTER, uses.DEPOSIT, 0.006),
    (uses.COUNTER, uses.WITHDRAWAL, 0.004),
    (uses.COUNTER, uses.TRANSFER_OUT, 0.003),
    (uses.MOBILE, uses.TRANSFER_OUT, 0.080),
    (uses.MOBILE, uses.TRANSFER_IN, 0.040),
    (uses.MOBILE, uses.INQUIRY, 0.026),
    (uses.ECOM, uses.REFUND, 0.008),
    (uses.POS, uses.REFUND, 0.002),
    (uses.POS, uses.REVERSAL, 0.001),
    (uses.MOTO, uses.PURCHASE, 0.005),
)
_USES_A_DAY = 2.6
_FAVOURITE_SHARE = 0.7
_MAIN_CARD_SHARE = 0.75
_REFUSED_SHARE = 0.02
# A card is not used before it is in its owner's hand.
_HANDED_OVER_MS = 20 * MINUTE_MS
_SALARY_FEN = 780_000


def usual_count(people: People, window: Window) -> int:
    """Give how many uses a bank of these people sees in the window when nobody asks for another number."""
    return round(_USES_A_DAY * float((people.uses_card * activity(window)[people.life]).sum()))


def daily_life(
    rng: np.random.Generator,
    people: People,
    network: Network,
    parties: Parties,
    whereabouts: Whereabouts,
    window: Window,
    count: int,
    regulars: dict[int, int],
) -> Rows:
    """Draw the uses of everyday life, ordered by customer.

    `regulars` are customers who shop at least so many times; they pay at tills and with one card only, so
    that their habit is known.
    """
    weight = people.uses_card * activity(window)[people.life]
    if not weight.any():
        raise DoesNotFitError("nobody is left to live an ordinary day; simulate more customers")
    often: Ints = rng.multinomial(count, weight / weight.sum())
    for known, least in regulars.items():
        often[known] = max(often[known], least)
    customer = np.repeat(np.arange(len(people)), often)
    regular = np.isin(customer, list(regulars))

    drawn = empty_uses(len(customer))
    drawn["customer"] = customer
    drawn["at_ms"] = draw_times(rng, window, people.life[customer])
    _choose_ways(rng, drawn, regular)
    drawn["card"] = _choose_cards(rng, drawn, people, regular)
    _choose_terminals(rng, drawn, people, network, whereabouts, parties)
    shop = np.maximum(drawn["terminal"], 0)
    drawn["fen"] = amounts.ordinary(rng, drawn, people.spends[customer], network.median_fen[shop])
    _choose_manners(rng, drawn, regular)
    return drawn


def _choose_ways(rng: np.random.Generator, drawn: Rows, regular: Flags) -> None:
    shares = np.cumsum([share for _, _, share in _WAYS])
    way = np.searchsorted(shares / shares[-1], rng.random(len(drawn)), "right")
    way[regular] = 0
    drawn["channel"] = np.array([channel for channel, _, _ in _WAYS])[way]
    drawn["type"] = np.array([kind for _, kind, _ in _WAYS])[way]
    # Behind closed doors nobody is served at a counter; the machine in front is open.
    closed = (drawn["channel"] == uses.COUNTER) & ~is_open(drawn["at_ms"])
    drawn["channel"][closed], drawn["type"][closed] = uses.ATM, uses.WITHDRAWAL


def _choose_cards(rng: np.random.Generator, drawn: Rows, people: People, regular: Flags) -> Ints:
    customer = drawn["customer"]
    main = people.first_card[customer]
    other = main + (rng.random(len(drawn)) * people.card_count[customer]).astype(np.int64)
    on_main = (rng.random(len(drawn)) < _MAIN_CARD_SHARE) | regular
    on_main |= people.opened_ms[other] + _HANDED_OVER_MS > drawn["at_ms"]
    return np.asarray(np.where(on_main, main, other), dtype=np.int64)


def _choose_terminals(
    rng: np.random.Generator,
    drawn: Rows,
    people: People,
    network: Network,
    whereabouts: Whereabouts,
    parties: Parties,
) -> None:
    """Send everyone to a terminal of where they are; who is at none uses the phone instead."""
    customer, at_ms, channel = drawn["customer"], drawn["at_ms"], drawn["channel"]
    _, area = whereabouts.find(customer, at_ms)
    at_home = area == HOME_AREA
    hour = since_midnight_ms(at_ms) // HOUR_MS
    working = (people.life[customer] == LIVES.index("office")) & ~is_rest_day(at_ms)
    working &= (hour >= 8) & (hour < 18)
    # Whoever is on the way is nowhere; any area will do until they are sent to the phone.
    near = np.where(working, people.work[customer], people.home[customer])
    near = np.where(at_home, near, np.maximum(area, 0))
    late = (hour >= 21) | (hour < 6)
    kind = np.where(channel == uses.POS, np.where(late, NIGHT_SHOP, DAY_SHOP), ATM)
    kind = np.where(channel == uses.COUNTER, COUNTER, kind)
    terminal = network.pick(rng, near, kind)

    column = np.where(working, rng.integers(0, 2, len(drawn)), rng.integers(2, FAVOURITES - 1, len(drawn)))
    favourite = people.favourites[customer, np.where(late, FAVOURITES - 1, column)]
    returns = at_home & (channel == uses.POS) & (rng.random(len(drawn)) < _FAVOURITE_SHARE)
    terminal = np.where(returns, favourite, terminal)

    online = np.isin(channel, (uses.ECOM, uses.MOTO))
    mobile = (channel == uses.MOBILE) & (drawn["type"] != uses.INQUIRY)
    present = np.isin(channel, (uses.POS, uses.ATM, uses.COUNTER))
    drawn["terminal"] = np.where(present & (area != ON_THE_WAY), terminal, NOWHERE)
    drawn["party"][online] = parties.online(rng, int(online.sum()))
    drawn["party"][mobile] = parties.person(rng, int(mobile.sum()))
    nowhere = np.flatnonzero(present & (drawn["terminal"] == NOWHERE))
    by_phone(drawn, nowhere, parties.online(rng, len(nowhere)))


def _choose_manners(rng: np.random.Generator, drawn: Rows, regular: Flags) -> None:
    """Draw how the card was read, how long ATM sessions last and which uses are refused."""
    luck = rng.random(len(drawn))
    channel = drawn["channel"]
    at_till = np.where(luck < 0.58, uses.CONTACTLESS, np.where(luck < 0.99, uses.CHIP, uses.MAGSTRIPE))
    online = np.where(luck < 0.7, uses.TOKEN, uses.MANUAL)
    entry = np.full(len(drawn), uses.NO_ENTRY)
    for where, how in (
        (uses.POS, at_till),
        (uses.ATM, np.full(len(drawn), uses.CHIP)),
        (uses.COUNTER, np.full(len(drawn), uses.CHIP)),
        (uses.ECOM, online),
        (uses.MOTO, np.full(len(drawn), uses.MANUAL)),
    ):
        entry = np.where(channel == where, how, entry)
    drawn["entry"] = entry
    session = rng.integers(30 * SECOND_MS, 110 * SECOND_MS, size=len(drawn))
    drawn["span_ms"] = np.where(channel == uses.ATM, session, 0)

    outgoing = np.isin(drawn["type"], (uses.PURCHASE, uses.WITHDRAWAL, uses.TRANSFER_OUT))
    refused = outgoing & ~regular & (rng.random(len(drawn)) < _REFUSED_SHARE)
    pin = np.isin(channel, (uses.POS, uses.ATM)) & (rng.random(len(drawn)) < 0.5)
    reasons = [uses.REFUSALS.index(word) for word in ("insufficient_funds", "over_limit", "expired", "other")]
    reason = np.where(
        pin,
        uses.REFUSALS.index("wrong_pin"),
        rng.choice(reasons, size=len(drawn), p=(0.6, 0.15, 0.05, 0.2)),
    )
    drawn["refusal"] = np.where(refused, reason, 0)


def wages(
    rng: np.random.Generator, people: People, parties: Parties, staff: Ints, employer: Ints, at_ms: Ints
) -> Rows:
    """Pay salaries onto the first cards of staff."""
    paid = empty_uses(len(staff))
    paid["at_ms"], paid["customer"], paid["card"] = at_ms, staff, people.first_card[staff]
    paid["party"] = parties.employer(employer)
    paid["fen"] = amounts.lognormal(rng, _SALARY_FEN * people.spends[staff], 0.25)
    paid["type"], paid["channel"], paid["entry"] = uses.TRANSFER_IN, uses.MOBILE, uses.NO_ENTRY
    return paid


def salaries(rng: np.random.Generator, people: People, parties: Parties, window: Window) -> Rows:
    """Pay each employer's staff in the morning of its payday, one right after another."""
    paid = []
    for day, midnight_ms in day_starts(window):
        # One more for those without an employer, whose number is the last.
        today = np.append(people.payday == day.day, False)
        staff = np.flatnonzero(today[people.employer])
        employer = people.employer[staff]
        minute = rng.integers(9 * 60, 11 * 60, size=len(today))[employer]
        at_ms = midnight_ms + minute * MINUTE_MS + rng.integers(20 * SECOND_MS, size=len(staff))
        paid.append(wages(rng, people, parties, staff, employer, at_ms))
    rows = np.concatenate(paid)
    return rows[(rows["at_ms"] >= window.start_ms) & (rows["at_ms"] < window.end_ms)]
