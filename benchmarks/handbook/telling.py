"""Who tells the learner what was fraud, and when: claims after a week, the desk on the next day, or both.

- **Claims**: of every use it is known after 7 days whether it was fraud, also of the good ones.
- **The desk**: on the evening of each day the 100 cards of the highest score of that day, and so many more
  drawn by lot for an audit, are called until noon of the next day; the owner then says of every use of that
  day whether it was theirs. A card of which one was not gets a new number, which takes a week: until then
  nobody calls again. What the desk did not ask about stays unknown.
"""

from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Literal, NamedTuple

from benchmarks.handbook.protocol import DELAY_DAYS
from benchmarks.handbook.uses import DAY_MS, Use, day_of
from domain.events import Chargeback, Disposition
from domain.instants import from_ms
from learning.risk.labels import Label

Regime = Literal["delayed", "feedback", "both"]
_DELAY_MS = DELAY_DAYS * DAY_MS
_NOON_MS = DAY_MS // 2
_REPLACED_DAYS = 7
_DETECTOR, _SCOPE = "learned_risk", "customer"


class Due(NamedTuple):
    """A label that is told from `known_ms` on."""

    known_ms: int
    use: Use


class Claims:
    """Tells of each use after the delay; with `days`, only of the uses of so many first days."""

    def __init__(self, days: int | None = None) -> None:
        """Tell of the uses of the first `days`, or of all."""
        self._days = days
        self._first_day: int | None = None
        self._waiting: deque[Due] = deque()

    def add(self, use: Use, score: float | None) -> None:
        """Take in the next use."""
        del score
        at_ms = use.event.at_ms
        if self._first_day is None:
            self._first_day = day_of(at_ms)
        if self._days is None or day_of(at_ms) - self._first_day < self._days:
            self._waiting.append(Due(at_ms + _DELAY_MS, use))

    def known(self, by_ms: int) -> Iterator[tuple[int, Label]]:
        """Give what becomes known until `by_ms`, each with its moment, in order."""
        while self._waiting and self._waiting[0].known_ms <= by_ms:
            known_ms, (event, fraud) = self._waiting.popleft()
            yield (
                known_ms,
                Chargeback(
                    event_id=f"claim-{event.event_id}",
                    at=from_ms(known_ms),
                    about=event.event_id,
                    transaction_at=event.at,
                    fraud=fraud,
                    card=event.card,
                    terminal=event.terminal,
                    at_ms=known_ms,
                ),
            )


class Desk:
    """Calls the cards of the highest scores of each day, and some by lot."""

    def __init__(self, alerts_a_day: int, audit_cards: int, seed: int = 7) -> None:
        """Call so many cards a day for their scores, and so many more for the audit."""
        self._alerts_a_day, self._audit_cards = alerts_a_day, audit_cards
        self._random = Random(seed)
        self._day = 0
        self._uses: dict[str, list[Use]] = {}
        self._best: dict[str, float] = {}
        self._left_alone: dict[str, int] = {}
        self._waiting: deque[Due] = deque()
        self.called = self.confirmed = 0

    def add(self, use: Use, score: float | None) -> None:
        """Take in the next use; without a score nobody calls for it."""
        self._turn(day_of(use.event.at_ms))
        card = use.event.card
        self._uses.setdefault(card, []).append(use)
        if score is not None:
            self._best[card] = max(score, self._best.get(card, score))

    def known(self, by_ms: int) -> Iterator[tuple[int, Label]]:
        """Give what the owners said until `by_ms`, each with its moment, in order."""
        self._turn(day_of(by_ms))
        while self._waiting and self._waiting[0].known_ms <= by_ms:
            known_ms, (event, fraud) = self._waiting.popleft()
            yield (
                known_ms,
                Disposition(
                    event_id=f"call-{event.event_id}",
                    at=from_ms(known_ms),
                    case=f"case-{event.card}-{day_of(event.at_ms)}",
                    outcome="confirmed_fraud" if fraud else "genuine",
                    alert=f"alert-{event.event_id}",
                    alert_at=event.at,
                    detector=_DETECTOR,
                    scope=_SCOPE,
                    key=event.card,
                    trigger=event.event_id,
                    card=event.card,
                    customer=event.customer,
                    at_ms=known_ms,
                ),
            )

    def _turn(self, day: int) -> None:
        """Choose the cards to call when a day is over."""
        if day == self._day:
            return
        asked = [card for card in self._best if self._left_alone.get(card, 0) <= self._day]
        asked.sort(key=lambda card: (-self._best[card], card))
        others = sorted(asked[self._alerts_a_day :])
        by_lot = self._random.sample(others, min(self._audit_cards, len(others)))
        for card in (*asked[: self._alerts_a_day], *by_lot):
            uses = self._uses[card]
            self._waiting.extend(Due((self._day + 1) * DAY_MS + _NOON_MS, use) for use in uses)
            self.called += 1
            if any(use.fraud for use in uses):
                self.confirmed += 1
                self._left_alone[card] = self._day + 1 + _REPLACED_DAYS
        self._day, self._uses, self._best = day, {}, {}


class Telling:
    """What is told under a regime: labels of all sources in the order in which they become known."""

    def __init__(self, *sources: Claims | Desk) -> None:
        """Ask all of these."""
        self._sources = sources

    def add(self, use: Use, score: float | None) -> None:
        """Let every source know of the next use and of its score."""
        for source in self._sources:
            source.add(use, score)

    def known(self, by_ms: int) -> list[Label]:
        """Give what became known since the last question, until `by_ms`."""
        found = [each for source in self._sources for each in source.known(by_ms)]
        if len(self._sources) > 1:
            found.sort(key=lambda each: each[0])
        return [label for _, label in found]

    def said(self) -> list[str]:
        """Say what the desk did, where there is one."""
        return [
            f"The desk called {source.called:,} cards, {source.confirmed:,} of them with fraud that day."
            for source in self._sources
            if isinstance(source, Desk)
        ]


def telling(regime: Regime, *, alerts_a_day: int, audit_cards: int, claims_days: int) -> Telling:
    """Give the sources of a regime; under `feedback` there are claims of the first `claims_days` alone."""
    if regime == "delayed":
        return Telling(Claims())
    desk = Desk(alerts_a_day, audit_cards)
    return Telling(Claims(claims_days if regime == "feedback" else None), desk)
