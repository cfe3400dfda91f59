"""The rate of faults: honest devices are hardly told of, and a lasting rise is found in time."""

from collections.abc import Iterator
from random import Random
from statistics import median

from river import drift

from detectors.examples import Fired, run
from detectors.fault_rate import FaultRate
from domain.events import Event
from domain.tables import Tables
from tests.detectors.reports import report
from tests.detectors.streams import HOUR_MS, START_MS

DAY_MS = 24 * HOUR_MS
RISE_DAY = 60


def fault_times(random: Random, a_day: float, days: int, times: float) -> Iterator[int]:
    """Give when a device fails: a Poisson stream that comes `times` as often from a day on."""
    at_ms = START_MS
    while True:
        rises = at_ms >= START_MS + RISE_DAY * DAY_MS
        at_ms += round(random.expovariate(a_day * (times if rises else 1)) * DAY_MS) + 1
        if at_ms >= START_MS + days * DAY_MS:
            return
        yield at_ms


def fired_on(faults: list[int], days: int) -> list[Fired]:
    beats: list[Event] = [
        report(at_ms, component="device", code="heartbeat", edge="heartbeat")
        for at_ms in range(START_MS, START_MS + days * DAY_MS, 3 * HOUR_MS)
    ]
    events = beats + [
        report(at_ms, event_id=f"f{at_ms}", component="dispenser", code="note_jam", edge="raise", severity=4)
        for at_ms in faults
    ]
    return run(FaultRate(), sorted(events, key=lambda event: event.at_ms), Tables())


def raised(fired: list[Fired]) -> list[float]:
    """Give the days on which something was told, ends apart."""
    told = [one for one in fired if one.finding.alarm is not None and not one.finding.alarm.over]
    return [(one.at_ms - START_MS) / DAY_MS for one in told]


def test_devices_in_order_are_hardly_ever_told_of() -> None:
    """Forty-eight devices over four months each: by design about one in 500 a month."""
    found = [
        raised(fired_on(list(fault_times(Random(seed), a_day, 120, 1)), 120))
        for a_day in (0.2, 0.5, 2.0)
        for seed in range(16)
    ]
    assert sum(map(len, found)) <= 2


def test_a_rise_to_three_times_the_rate_is_found_in_half_the_time_of_rivers_adwin() -> None:
    """ADWIN with its own default, over counts of days, as it says nothing without cause on these either."""
    ours, adwins = [], []
    for seed in range(10):
        faults = list(fault_times(Random(seed), 2.0, 150, 3))
        ours.append(next(day for day in raised(fired_on(faults, 150)) if day >= RISE_DAY) - RISE_DAY)
        adwins.append(adwin_finds(faults, 150) - RISE_DAY)
    assert median(ours) < median(adwins) / 2
    assert median(ours) < 7


def adwin_finds(faults: list[int], days: int) -> int:
    """Give the first day from the rise on at which ADWIN says that the mean has changed."""
    counts = [0] * days
    for at_ms in faults:
        counts[(at_ms - START_MS) // DAY_MS] += 1
    watcher = drift.ADWIN(clock=1)
    for day, count in enumerate(counts):
        watcher.update(count)
        if watcher.drift_detected and day >= RISE_DAY:
            return day + 1
    return days


def test_a_rise_that_stays_is_the_habit_after_four_weeks_and_one_that_passes_is_over_before() -> None:
    stays = fired_on(list(fault_times(Random(3), 1.0, 150, 5)), 150)
    assert [one.finding.evidence.get("settled", False) for one in stays] == [False, True]
    assert 27 <= (stays[1].at_ms - stays[0].at_ms) / DAY_MS <= 29
    passes = [at_ms for at_ms in fault_times(Random(3), 1.0, 150, 5) if at_ms < START_MS + 70 * DAY_MS]
    passes += [at_ms + 10 * DAY_MS for at_ms in fault_times(Random(4), 1.0, 60, 1) if at_ms > START_MS]
    begun, ended = fired_on([at_ms for at_ms in passes if at_ms < START_MS + 70 * DAY_MS], 110)
    assert begun.finding.evidence["kind"] in ("burst", "drift")
    assert ended.finding.alarm is not None
    assert ended.finding.alarm.over
    assert "settled" not in ended.finding.evidence
    assert (ended.at_ms - START_MS) / DAY_MS < 80
