"""From labels back to the places that cards which turned bad have in common.

For every terminal, device and merchant the cards that were used there are followed: so many turned bad within
a month, and so many were to be expected, as the cards that were used as much on the same days did. Places
that are merely popular see many bad cards, and expect as many. A place next to the one where cards were
copied sees some of the same cards: what one point explains is taken away before the next is judged. False
discoveries are limited as Y. Benjamini and Y. Hochberg do (Journal of the Royal Statistical Society B 57,
1995).

Where a card's own fraud took place is told apart. A machine at which cards are cashed out has seen none of
them before. Where most cards of a point were defrauded at that very point, nothing was copied there and
carried elsewhere: that point explains its cards, and is reported, but is not published.

Memory: 300 bytes for each card of the look-back, 20 for each of its uses at points that several bad cards
share, 200 for each point.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from heapq import heapify, heapreplace
from math import log10
from typing import NamedTuple

import msgspec
import numpy as np

from domain.events import Transaction
from domain.instants import from_ms, iso, to_ms
from domain.tables import CardSeen, CompromisePoint, CompromisePoints
from learning.compromise.chance import Stretch, fullest_stretch, probability
from learning.compromise.exposures import Exposures
from learning.compromise.frauds import BadCard, Point, bad_cards
from learning.compromise.settings import Settings
from learning.published import TableError

# A stretch begins and ends with a card that is known to be bad; it began before and ended after. Only once in
# twenty is that further away than so many mean gaps between the bad ones.
_GAPS = 3
# The narrowest name first: a device is often one terminal, a merchant too.
_NARROW = ("terminal", "device", "merchant")


class Learnt(NamedTuple):
    """The table, and what led to it.

    `themselves` are points where the fraud itself took place; `bad_cards` how many cards turned bad, `tested`
    how many points there were, and `shared` how many of them enough bad cards had in common.
    """

    table: CompromisePoints
    themselves: tuple[CompromisePoint, ...]
    bad_cards: int
    tested: int
    shared: int


class _Found(NamedTuple):
    point: Point
    stretch: Stretch
    bad: tuple[int, ...]


def learn_compromise(
    transactions: Callable[[], Iterable[Transaction]],
    is_fraud: Callable[[str], bool | None],
    effective_at: datetime,
    settings: Settings | None = None,
) -> Learnt:
    """Learn the table that is in force from `effective_at` on.

    `transactions` is asked for the same events three times; their order matters little. `is_fraud` says what
    was known of a transaction's id at `effective_at`. The table's version is a digest of what it says; a
    table without any point is one too: it takes the earlier ones out of force.

    Raises TableError when `effective_at` has no time zone or does not lie behind every event, and for
    settings that cannot be.
    """
    settings = settings or Settings()
    settings.check()
    if effective_at.tzinfo is None:
        raise TableError("effective_at has no time zone; write an offset such as +08:00")
    effective_ms = to_ms(effective_at)
    bad = bad_cards(_earlier(transactions(), effective_ms), is_fraud)
    exposures = Exposures(settings, effective_ms, bad)
    exposures.share(transactions())
    exposures.collect(transactions())
    found = _explain(exposures, bad, settings)
    elsewhere = [each for each in found if not _is_itself(each, exposures, bad)]
    themselves = tuple(_publish(each, exposures, bad, settings) for each in found if each not in elsewhere)
    points = tuple(_publish(each, exposures, bad, settings) for each in elsewhere)
    version = blake2b(msgspec.json.encode(points), digest_size=6).hexdigest()
    table = CompromisePoints(effective_at=effective_at, version=version, points=points)
    return Learnt(table, themselves, len(bad), exposures.tested, len(exposures.uses))


def _earlier(transactions: Iterable[Transaction], effective_ms: int) -> Iterable[Transaction]:
    for event in transactions:
        if event.at_ms >= effective_ms:
            raise TableError(
                f"event {event.event_id} is of {iso(event.at_ms)}, and the table would be in force from "
                f"{iso(effective_ms)}: a table must not know its own time; give a later one"
            )
        yield event


def _explain(exposures: Exposures, bad: Mapping[str, BadCard], settings: Settings) -> list[_Found]:
    """Take the point that is hardest to explain by chance, without its cards the next, and so on.

    The n-th of m points is taken when its chance is below n / m of the share of false ones.
    """
    gone: set[int] = set()
    found: list[_Found] = []
    rates = exposures.population.rates()
    queue = [(each.stretch.log_p, _rank(point), point, 0, each)
             for point in exposures.uses
             if (each := _judge(point, exposures, rates, gone, settings)) is not None]  # fmt: skip
    heapify(queue)
    while queue:
        log_p, rank, point, judged, each = queue[0]
        if log_p > log10(settings.false_share * (len(found) + 1) / exposures.tested):
            break
        if judged < len(found):
            # It was judged before another explained some of its cards.
            again = _judge(point, exposures, rates, gone, settings)
            again_p = 1.0 if again is None else again.stretch.log_p
            heapreplace(queue, (again_p, rank, point, len(found), again or each))
            continue
        found.append(each)
        heapreplace(queue, (1.0, rank, point, len(found), each))
        explained = {*each.bad, *_defrauded_there(each, exposures, bad)}
        gone |= explained
        for number in explained:
            exposures.population.leave_out(exposures.tokens[number])
        rates = exposures.population.rates()
    return found


def _judge(
    point: Point, exposures: Exposures, rates: np.ndarray, gone: set[int], settings: Settings
) -> _Found | None:
    """Judge a point by the cards that are not explained yet; None where too few of them turned bad."""
    uses = exposures.uses[point]
    at_ms, cards, turned = uses.at_ms, uses.cards, uses.bad
    left = ~np.isin(cards, list(gone)) if gone else np.ones(len(cards), np.bool_)
    if len(np.unique(cards[turned & left])) < settings.least_cards:
        return None
    stretch = fullest_stretch(
        at_ms[left],
        cards[left],
        rates[uses.groups[left]],
        turned[left],
        least=settings.least_cards,
        times=settings.times,
    )
    if stretch is None:
        return None
    held = turned & left & (at_ms >= stretch.since_ms) & (at_ms <= stretch.until_ms)
    bad = tuple(int(number) for number in np.unique(cards[held]))
    if len({exposures.holders[number] for number in bad}) < settings.least_customers:
        return None
    return _Found(point, stretch, bad)


def _rank(point: Point) -> tuple[int, str]:
    return _NARROW.index(point.kind), point.id


def _defrauded_there(each: _Found, exposures: Exposures, bad: Mapping[str, BadCard]) -> list[int]:
    """Give all cards whose fraud took place at a point, where most of its own were defrauded there."""
    if not _is_itself(each, exposures, bad):
        return []
    tokens = enumerate(exposures.tokens)
    return [number for number, token in tokens if token in bad and each.point in bad[token].places]


def _is_itself(each: _Found, exposures: Exposures, bad: Mapping[str, BadCard]) -> bool:
    at_it = sum(each.point in bad[exposures.tokens[number]].places for number in each.bad)
    return 2 * at_it > len(each.bad)


def _publish(
    each: _Found, exposures: Exposures, bad: Mapping[str, BadCard], settings: Settings
) -> CompromisePoint:
    stretch = each.stretch
    margin_ms = _GAPS * (stretch.until_ms - stretch.since_ms) // (stretch.bad - 1)
    within = _seen(each.point, exposures, stretch.since_ms, stretch.until_ms)
    around = _seen(each.point, exposures, stretch.since_ms - margin_ms, stretch.until_ms + margin_ms)
    own = {exposures.tokens[number] for number in each.bad}
    currency, loss_minor = _loss([bad[token] for token in own])
    return CompromisePoint(
        kind=each.point.kind,  # type: ignore[arg-type]  # one of _NARROW, as points_of names them
        id=each.point.id,
        since=from_ms(stretch.since_ms),
        until=from_ms(stretch.until_ms),
        seen=stretch.seen,
        bad=stretch.bad,
        expected=round(stretch.expected, 4),
        p_value=float(f"{probability(stretch.log_p):.3g}"),
        cards=tuple([card for card in around if card.card not in bad][: settings.most_cards]),
        bad_cards=tuple([card for card in within if card.card in own][: settings.most_cards]),
        loss_minor=loss_minor,
        currency=currency,
    )


def _seen(point: Point, exposures: Exposures, since_ms: int, until_ms: int) -> list[CardSeen]:
    """Give the cards that were used at a point within a stretch of time, those used there last first."""
    uses = exposures.uses[point]
    held = (uses.at_ms >= since_ms) & (uses.at_ms <= until_ms)
    last_ms: dict[int, int] = {}
    for at_ms, number in zip(uses.at_ms[held].tolist(), uses.cards[held].tolist(), strict=True):
        last_ms[number] = max(at_ms, last_ms.get(number, at_ms))
    cards = [_exposed(exposures, number, at_ms) for number, at_ms in last_ms.items()]
    return sorted(cards, key=lambda card: (-card.at_ms, card.card))


def _exposed(exposures: Exposures, number: int, at_ms: int) -> CardSeen:
    customer = exposures.holders[number]
    return CardSeen(
        exposures.tokens[number], at_ms, None if customer == f"card:{exposures.tokens[number]}" else customer
    )


def _loss(cards: list[BadCard]) -> tuple[str, int]:
    """Give what a bad card lost on average, in the currency in which the most was lost."""
    lost: Counter[str] = Counter()
    for card in cards:
        lost.update(card.lost_minor)
    if not lost:
        return "", 0
    currency, total_minor = min(lost.items(), key=lambda item: (-item[1], item[0]))
    return currency, total_minor // len(cards)
