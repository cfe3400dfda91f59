"""The uses at points that bad cards share, beside what was to be expected of cards with as much use."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import exp, inf, log

import numpy as np

from domain.events import Transaction
from domain.instants import span_ms
from learning.compromise.chance import Flags, Floats, Ints
from learning.compromise.frauds import BadCard, Point, holder, points_of
from learning.compromise.settings import Settings

_DAY_MS = 86_400_000
# How much a card is used is told by powers of 2 of its uses of late, as far as this.
_LEVELS = 8
# What is known of the cards of one day, and of one level of use on it, weighs less than so many of all.
_PRIOR = 500.0
# Points that are looked at more closely, those with the most bad cards for their uses.
_MOST_POINTS = 10_000


class Uses:
    """The uses of one point by cards that had not turned bad, 20 bytes each."""

    def __init__(self) -> None:
        """Begin without any."""
        self._at_ms, self._cards, self._groups, self._bad = array("q"), array("l"), array("i"), array("b")

    def add(self, at_ms: int, card: int, group: int, bad: bool) -> None:
        """Add a use of a card (by its number) of a group of cards with as much use on that day."""
        self._at_ms.append(at_ms)
        self._cards.append(card)
        self._groups.append(group)
        self._bad.append(bad)

    @property
    def at_ms(self) -> Ints:
        """When, in ms."""
        return np.frombuffer(self._at_ms, np.int64)

    @property
    def cards(self) -> Ints:
        """By which card."""
        return np.array(self._cards, np.int64)

    @property
    def groups(self) -> Ints:
        """Of which group the card was."""
        return np.array(self._groups, np.int64)

    @property
    def bad(self) -> Flags:
        """Whether the card turned bad."""
        return np.array(self._bad, np.bool_)


class Population:
    """How many cards there were on each day by how much they are used, and how many of them turned bad."""

    def __init__(self) -> None:
        """Begin without any."""
        self._cards: Counter[int] = Counter()
        self._bad: Counter[int] = Counter()
        self._groups_of: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)

    def add(self, card: str, group: int, bad: BadCard | None, turned: bool) -> None:
        """Count a card on a day; one that turned bad later on is remembered, so that it can be left out."""
        self._cards[group] += 1
        if bad is not None:
            self._bad[group] += turned
            self._groups_of[card].append((group, turned))

    def leave_out(self, card: str) -> None:
        """Forget a card whose fraud is explained: it says nothing about the others."""
        for group, turned in self._groups_of.pop(card, ()):
            self._cards[group] -= 1
            self._bad[group] -= turned

    def rates(self) -> Floats:
        """Give the share of cards that turned bad, by group; drawn towards the day's and that of all."""
        groups = max(self._cards, default=-1) + 1
        days = -(-groups // _LEVELS)
        cards, bad = np.zeros(days * _LEVELS), np.zeros(days * _LEVELS)
        for group, count in self._cards.items():
            cards[group] = count
        for group, count in self._bad.items():
            bad[group] = count
        overall = bad.sum() / max(1.0, cards.sum())
        of_day = (bad.reshape(-1, _LEVELS).sum(1) + _PRIOR * overall) / (
            cards.reshape(-1, _LEVELS).sum(1) + _PRIOR
        )
        rates: Floats = (bad + _PRIOR * np.repeat(of_day, _LEVELS)) / (cards + _PRIOR)
        return rates


class Exposures:
    """Uses of the points that bad cards share, in the order in which their cards were seen.

    `tested` is how many points there are at all. Cards at shared points have numbers; `tokens` and `holders`
    give card and customer by it.
    """

    def __init__(self, settings: Settings, effective_ms: int, bad: Mapping[str, BadCard]) -> None:
        """Look at cards of which the `bad` turned bad, as known at `effective_ms`."""
        self._settings, self._bad = settings, bad
        self._first_ms = effective_ms - span_ms(settings.look_back)
        self.population = Population()
        self.uses: dict[Point, Uses] = {}
        self.tested = 0
        self.tokens: list[str] = []
        self.holders: list[str] = []
        self._numbers: dict[str, int] = {}
        # Of each card: when it was used last (ms), how much of late, on which day, and its group then.
        self._habits: dict[str, list[float]] = {}

    def share(self, transactions: Iterable[Transaction]) -> None:
        """Find the points that enough bad cards were used at before they turned bad: the first pass."""
        shared: defaultdict[Point, set[str]] = defaultdict(set)
        uses: Counter[Point] = Counter()
        for event in transactions:
            points = points_of(event) if event.at_ms >= self._first_ms else ()
            for point in points:
                uses[point] += 1
            bad = self._bad.get(event.card)
            if bad is not None and self._turns(event.at_ms, bad):
                for point in points:
                    shared[point].add(event.card)
        self.tested = len(uses)
        enough = {
            point: len(cards) for point, cards in shared.items() if len(cards) >= self._settings.least_cards
        }
        overall = sum(map(len, shared.values())) / max(1, uses.total())
        hardest = sorted(enough, key=lambda point: (-_gain(enough[point], overall * uses[point]), point))
        self.uses = {point: Uses() for point in hardest[:_MOST_POINTS]}

    def collect(self, transactions: Iterable[Transaction]) -> None:
        """Note the uses of shared points, and how many cards turn bad anyway: the second pass."""
        apart_ms = self._settings.apart_ms
        for event in transactions:
            at_ms = event.at_ms
            points = points_of(event) if at_ms >= self._first_ms else ()
            bad = self._bad.get(event.card)
            if not points or (bad is not None and at_ms >= bad.first_ms - apart_ms):
                continue
            turns = bad is not None and self._turns(at_ms, bad)
            group = self._group(event, bad, turns)
            for point in points:
                uses = self.uses.get(point)
                # What a bad card did before the window neither speaks for the point nor against it.
                if uses is not None and (bad is None or turns):
                    uses.add(at_ms, self._number(event), group, turns)

    def _turns(self, at_ms: int, bad: BadCard) -> bool:
        """Whether a card turned bad within the window after a use, but not at once."""
        return bad.first_ms - self._settings.window_ms <= at_ms < bad.first_ms - self._settings.apart_ms

    def _group(self, event: Transaction, bad: BadCard | None, turns: bool) -> int:
        """Give the group of cards with as much use on a day, counting the card in it once a day."""
        at_ms = event.at_ms
        day = (at_ms - self._first_ms) // _DAY_MS
        habit = self._habits.get(event.card)
        if habit is None:
            habit = self._habits[event.card] = [at_ms, 0.0, -1, 0]
        faded = exp(-log(2) * max(0.0, at_ms - habit[0]) / (self._settings.window_ms / 2))
        recent = habit[1] * faded
        habit[0], habit[1] = max(habit[0], at_ms), recent + 1
        if day != habit[2]:
            group = day * _LEVELS + min(_LEVELS - 1, int(recent).bit_length())
            habit[2], habit[3] = day, group
            self.population.add(event.card, group, bad, turns)
        return int(habit[3])

    def _number(self, event: Transaction) -> int:
        number = self._numbers.setdefault(event.card, len(self.tokens))
        if number == len(self.tokens):
            self.tokens.append(event.card)
            self.holders.append(holder(event))
        return number


def _gain(bad: int, expected: float) -> float:
    return bad * log(bad / expected) - (bad - expected) if bad > expected > 0 else -inf
