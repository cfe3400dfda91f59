"""Cards that are opened: one by one at branches, and honest families and colleagues together."""

from typing import ClassVar

import numpy as np

from simulation.branches import OFFICERS_A_BRANCH
from simulation.hours import CLOSES_MS, DAY_MS, MINUTE_MS, OPENS_MS, UTC_OFFSET_MS, Window, day_starts
from simulation.stage import Plot, Stage
from simulation.uses import Ints, Rows, empty_uses

# The share of customers who get a further card on a day.
_OPENED_A_DAY = 0.002


def open_cards(stage: Stage, cards: Ints, branch: int, at_ms: Ints) -> None:
    """Have cards been opened at one branch, by one officer, at these moments (ms)."""
    stage.people.opened_ms[cards] = at_ms
    stage.people.opened_at[cards] = branch
    stage.people.officer[cards] = int(stage.rng.integers(OFFICERS_A_BRANCH))


def opening_before(rng: np.random.Generator, at_ms: int) -> int:
    """Draw a moment (ms) in the first half of the opening hours of the day before `at_ms`."""
    midnight_ms = (at_ms + UTC_OFFSET_MS) // DAY_MS * DAY_MS - UTC_OFFSET_MS
    half = (CLOSES_MS - OPENS_MS) // 2
    return midnight_ms - DAY_MS + OPENS_MS + int(rng.integers(half))


def opening_within(rng: np.random.Generator, window: Window, span_ms: int) -> int | None:
    """Draw the start (ms) of something that takes `span_ms` of one day's opening hours, if there are any."""
    starts = []
    for _, midnight_ms in day_starts(window):
        first = max(window.start_ms, midnight_ms + OPENS_MS)
        last = min(window.end_ms, midnight_ms + CLOSES_MS) - span_ms
        if first < last:
            starts.append(int(rng.integers(first, last)))
    return int(rng.choice(starts)) if starts else None


def open_daily(stage: Stage) -> None:
    """Let some customers get a further card in the window, at a branch near their home."""
    people, rng = stage.people, stage.rng
    able = stage.free & (people.card_count > 1)
    days = (stage.window.end_ms - stage.window.start_ms) / DAY_MS
    count = min(round(len(people) * _OPENED_A_DAY * days), int(able.sum()))
    for customer in stage.take(count, able).tolist():
        at_ms = opening_within(rng, stage.window, MINUTE_MS)
        if at_ms is not None:
            newest = people.first_card[customer] + people.card_count[customer] - 1
            open_cards(stage, np.array([newest]), int(people.opened_at[newest]), np.array([at_ms]))


class _Opening(Plot):
    """Honest customers open cards at one branch, one after another, and go on living as before."""

    detector = "opened_together"
    incident = False

    least_ms: ClassVar[int]
    most_ms: ClassVar[int]
    # Whether it happens while the stream runs (where branches are open then), or days before.
    now: ClassVar[bool]

    def opens(self, stage: Stage, customers: Ints) -> None:
        """Open the newest card of each customer."""
        people, rng = stage.people, stage.rng
        self.customers = customers
        self.cards = people.first_card[customers] + people.card_count[customers] - 1
        steps = rng.integers(self.least_ms, self.most_ms, size=len(self.cards))
        after = np.concatenate(([0], np.cumsum(steps)[:-1]))
        within = opening_within(rng, stage.window, int(after[-1]) + MINUTE_MS) if self.now else None
        days_ms = int(rng.integers(3, 10)) * DAY_MS
        start = opening_before(rng, stage.window.start_ms - days_ms) if within is None else within
        open_cards(stage, self.cards, int(people.opened_at[self.cards[0]]), start + after)

    def act(self, stage: Stage, part: int) -> Rows:
        del stage, part
        return empty_uses(0)


class ColleaguesOpened(_Opening):
    """Fifteen colleagues opened their salary cards within an hour, some days ago."""

    kind = "colleagues_opened"
    least_ms = 3 * MINUTE_MS
    most_ms = 5 * MINUTE_MS
    now = False

    def prepare(self, stage: Stage) -> None:
        people = stage.people
        area = int(stage.rng.integers(np.unique(people.work).max() + 1))
        nearby = (people.work == area) & (people.card_count > 1)
        enough = (stage.free & nearby).sum() >= 15
        self.opens(stage, stage.take(15, nearby if enough else people.card_count > 1))


class ColleaguesOpening(ColleaguesOpened):
    """Fifteen colleagues open their salary cards within an hour, while the stream runs."""

    kind = "colleagues_opening"
    now = True


class FamilyOpening(_Opening):
    """Two of a family open a card together."""

    kind = "family_opening"
    least_ms = 4 * MINUTE_MS
    most_ms = 9 * MINUTE_MS
    now = True

    def prepare(self, stage: Stage) -> None:
        people = stage.people
        able = stage.free & (people.card_count > 1)
        pairs = np.flatnonzero(able[:-1] & able[1:] & (people.family[:-1] == people.family[1:]))
        first = int(stage.rng.choice(pairs)) if len(pairs) else 0
        chosen = np.zeros(len(people), dtype=bool)
        chosen[first : first + 2] = bool(len(pairs))
        self.opens(stage, stage.take(2, chosen))
