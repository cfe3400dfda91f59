"""All reports of a fleet as rows: heartbeats, counters, and what machines say."""

from collections.abc import Iterator, Sequence

import numpy as np

from domain.telemetry import Component, Edge
from simulation.devices.cash import PAYING_UNITS
from simulation.devices.counts import READER, Tallies
from simulation.devices.happenings import WITHDRAWAL, Said, Span
from simulation.devices.plan import Step
from simulation.devices.stage import Stage
from simulation.devices.uses import Uses, keys, within
from simulation.hours import HOUR_MS
from simulation.network import Ints
from simulation.stage import Flags

REPORTS = np.dtype(
    [("at_ms", np.int64), ("device", np.int32), ("saying", np.int32), ("tally", np.int32), ("kept", np.bool_)]
)
Reports = np.ndarray[tuple[int], np.dtype[np.void]]
Saying = tuple[Component, str, Edge, int, int]
NO_TALLY = -1
HEARTBEAT: Saying = ("device", "heartbeat", "heartbeat", 0, 0)

# Heartbeats of a slice fit in memory many times over.
_SLICE_BEATS = 300_000
_JITTER_MS = 1_500
# How long before a use its card was misread, and after it the machine says that it paid nothing.
_MISREAD_MS, _UNPAID_MS = 15_000, 8_000


class Sayings:
    """What can be reported, numbered as it is first needed; the heartbeat is 0."""

    def __init__(self) -> None:
        """Begin with the heartbeat alone."""
        self._numbers: dict[Saying, int] = {HEARTBEAT: 0}

    def __iter__(self) -> Iterator[Saying]:
        """Give them in the order of their numbers."""
        return iter(self._numbers)

    def number(self, saying: Saying) -> int:
        """Give the number of one."""
        return self._numbers.setdefault(saying, len(self._numbers))


def other_reports(stage: Stage, sayings: Sayings, uses: Uses, errors: Ints, tallies: Tallies) -> Reports:
    """Give all reports but heartbeats, in order of time, without those that were lost on a dead line."""
    pieces = (
        _said(stage.weather.said, sayings),
        _counted(sayings, tallies),
        _of_uses(sayings, uses, errors),
    )
    rows = np.concatenate(pieces)
    rows = rows[(rows["at_ms"] >= stage.window.start_ms) & (rows["at_ms"] < stage.window.end_ms)]
    rows = rows[np.lexsort((rows["at_ms"], rows["device"]))]
    heard = ~_inside(rows, stage.weather.dark, stage.window.start_ms)
    rows = rows[heard | rows["kept"]]
    return np.asarray(rows[np.argsort(rows["at_ms"], kind="stable")])


def slices(stage: Stage, others: Reports) -> Iterator[Reports]:
    """Give all reports slice of time by slice of time, each in order of machine and time."""
    plan, estate = stage.plan, stage.estate
    rng = plan.random(Step.HEARTBEATS)
    beat_ms, window = plan.heartbeat_ms, stage.window
    phase = rng.integers(beat_ms - _JITTER_MS, size=estate.machines)
    a_slice = max(1, min(_SLICE_BEATS // estate.machines, 24 * HOUR_MS // beat_ms))
    beats = -(-(window.end_ms - window.start_ms) // beat_ms)
    lost = [*stage.weather.dark, *stage.weather.missed]
    for first in range(0, beats, a_slice):
        last = min(first + a_slice, beats)
        begin_ms, end_ms = window.start_ms + first * beat_ms, window.start_ms + last * beat_ms
        at_ms = begin_ms + phase[:, None] + beat_ms * np.arange(last - first)
        at_ms += rng.integers(_JITTER_MS, size=at_ms.shape)
        rows = np.zeros(at_ms.size, dtype=REPORTS)
        rows["at_ms"], rows["tally"] = at_ms.ravel(), NO_TALLY
        rows["device"] = np.repeat(np.arange(estate.machines), last - first)
        near = [span for span in lost if span.from_ms < end_ms and begin_ms < span.to_ms]
        rows = rows[~_inside(rows, near, window.start_ms) & (rows["at_ms"] < window.end_ms)]
        edges = np.searchsorted(others["at_ms"], (begin_ms, end_ms))
        together = np.concatenate((rows, others[edges[0] : edges[1]]))
        yield together[np.lexsort((together["at_ms"], together["device"]))]


def _rows(at_ms: Ints, device: Ints, saying: Ints | int) -> Reports:
    rows = np.zeros(len(at_ms), dtype=REPORTS)
    rows["at_ms"], rows["device"], rows["saying"], rows["tally"] = at_ms, device, saying, NO_TALLY
    return rows


def _said(said: Sequence[Said], sayings: Sayings) -> Reports:
    rows = np.zeros(len(said), dtype=REPORTS)
    for number, one in enumerate(said):
        saying = sayings.number((one.component, one.code, one.edge, one.severity, one.unit))
        rows[number] = (one.at_ms, one.device, saying, NO_TALLY, one.by_host)
    return rows


def _counted(sayings: Sayings, tallies: Tallies) -> Reports:
    numbers = np.zeros(max(PAYING_UNITS) + 2, dtype=np.int64)
    for unit in range(len(numbers)):
        component: Component = "card_reader" if unit == READER else "cassette"
        numbers[unit] = sayings.number((component, "counted", "count", 0, unit))
    rows = _rows(tallies["at_ms"], tallies["device"], numbers[tallies["unit"]])
    rows["tally"] = np.arange(len(rows))
    return rows


def _of_uses(sayings: Sayings, uses: Uses, errors: Ints) -> Reports:
    """Give what machines say of single uses: a card that was misread, a withdrawal that paid nothing."""
    misread = uses[errors > 0]
    unpaid = uses[(uses["type"] == WITHDRAWAL) & ~uses["paid"] & (uses["refusal"] == 0)]
    return np.concatenate(
        (
            _rows(
                misread["at_ms"] - _MISREAD_MS,
                misread["device"],
                sayings.number(("card_reader", "card_track_error", "raise", 1, 0)),
            ),
            _rows(
                unpaid["at_ms"] + _UNPAID_MS,
                unpaid["device"],
                sayings.number(("dispenser", "dispense_none", "raise", 1, 0)),
            ),
        )
    )


def _inside(rows: Reports, spans: Sequence[Span], start_ms: int) -> Flags:
    """Tell which rows, ordered by machine and time, lie in a span of their machine."""
    order = keys(rows["device"], rows["at_ms"], start_ms)
    inside = np.zeros(len(rows), dtype=bool)
    for span in spans:
        inside[within(order, span, start_ms)] = True
    return inside
