"""Silence against a habit that is known: honest devices are hardly told of, dead ones soon."""

from collections.abc import Iterator
from math import cos, pi
from random import Random

from detectors.examples import Fired, run
from detectors.silent_device import SilentDevice
from domain.events import Event, Progress, Transaction
from domain.instants import from_ms
from domain.tables import Tables
from tests.detectors.streams import HOUR_MS, START_MS

WEEKS = 12
END_MS = START_MS + WEEKS * 168 * HOUR_MS


def uses(random: Random, device: str, a_day: float, until_ms: int = END_MS) -> Iterator[Event]:
    """Give the uses of a device: a Poisson stream, busy at noon and nearly still at night."""
    at_ms = START_MS
    while True:
        # Thinned: as if always as busy as at noon, and what is too much left out.
        at_ms += round(random.expovariate(2 * a_day / 24) * HOUR_MS) + 1
        if at_ms >= until_ms:
            return
        share = (1 - 0.95 * cos(2 * pi * at_ms / (24 * HOUR_MS))) / 2
        if random.random() < share:
            yield Transaction(
                event_id=f"{device}-{at_ms}",
                at=from_ms(at_ms),
                at_ms=at_ms,
                card="c1",
                device=device,
                branch=device,
                amount_minor=10_000,
                currency="CNY",
                channel="atm",
                type="withdrawal",
            )


def fired_on(events: list[Event], until_ms: int = END_MS) -> list[Fired]:
    end = Progress(at=from_ms(until_ms), at_ms=until_ms)
    return run(SilentDevice(), [*events, end], Tables())


def test_devices_in_order_are_hardly_ever_told_of() -> None:
    found = 0
    for number in range(50):
        random = Random(number)
        found += len(fired_on(list(uses(random, f"d{number}", random.choice((8, 40, 100))))))
    # By design 0.01 a month: 50 devices for the 9 weeks or more past the first three make about one.
    assert found <= 4


def test_a_dead_device_is_told_of_the_sooner_the_busier_it_was() -> None:
    dead_ms = END_MS - 14 * 24 * HOUR_MS
    hours = []
    for a_day in (10, 40, 150):
        fired = [
            fired_on(list(uses(Random(seed), "d1", a_day, dead_ms)))[-1].at_ms - dead_ms for seed in range(8)
        ]
        hours.append(max(fired) / HOUR_MS)
    assert hours == sorted(hours, reverse=True)
    # The nights take their time.
    assert hours[2] < 6
    assert hours[0] < 36
