"""Readers in order are hardly ever accused, tampered ones soon, and wear is left to others."""

from collections.abc import Callable
from random import Random

from detectors.examples import Fired, run
from detectors.reader_tampering import ReaderTampering
from domain.events import Event
from domain.tables import Tables
from domain.telemetry import Counters
from tests.detectors.reports import report
from tests.detectors.streams import HOUR_MS, START_MS

DAY_MS = 24 * HOUR_MS
READS_AN_HOUR = 6


def counted(seed: int, days: int, share: Callable[[float], float]) -> list[Event]:
    """Give what a reader counts each hour whose share of failures is a function of the day."""
    random, reads, errors = Random(seed), 0, 0
    events: list[Event] = []
    for hour in range(days * 24):
        for _ in range(READS_AN_HOUR):
            reads += 1
            if random.random() < share(hour / 24):
                # Who fails tries again, with the same card.
                tries = random.choice((1, 1, 2, 3))
                reads, errors = reads + tries - 1, errors + tries
        counters = Counters(attempts=reads, errors=errors, load="l1")
        at_ms = START_MS + hour * HOUR_MS
        events.append(report(at_ms, component="card_reader", code="counted", edge="count", counters=counters))
        if hour % 168 == 9:
            events.append(report(at_ms + 1, component="device", code="supervisor_enter", edge="raise"))
    return events


def fired_on(events: list[Event]) -> list[Fired]:
    return run(ReaderTampering(), events, Tables())


def test_readers_in_order_are_hardly_ever_accused() -> None:
    """Sixty readers in two months each, opened once a week."""
    found = sum(len(fired_on(counted(seed, 60, lambda day: 0.015))) for seed in range(60))
    assert found <= 1


def test_a_reader_that_was_tampered_with_is_found_within_three_days_if_it_was_opened_before() -> None:
    delays = []
    for seed in range(10):
        # On the 28th day at nine it is opened, as it is each week, and left with something inside.
        fired = fired_on(counted(seed, 40, lambda day: 0.015 if day < 28.4 else 0.12))
        assert len(fired) == 1
        assert fired[0].finding.probability == ReaderTampering().prior
        delays.append((fired[0].at_ms - START_MS) / DAY_MS - 28.4)
    assert min(delays) > 0
    assert sorted(delays)[5] < 2
    assert max(delays) < 3


def test_wear_that_comes_over_months_is_not_tampering() -> None:
    found = sum(len(fired_on(counted(seed, 90, lambda day: 0.01 + 0.0002 * day))) for seed in range(10))
    assert found <= 1
