"""The counters that machines report: notes by cassette, and cards by reader, since the last load."""

from collections.abc import Sequence

import numpy as np

from simulation.devices.cash import PAYING_UNITS, TAKING_UNIT, CashBook
from simulation.devices.happenings import Span
from simulation.devices.plan import Step
from simulation.devices.stage import Stage
from simulation.devices.uses import Uses, keys, within
from simulation.hours import SECOND_MS
from simulation.network import Floats, Ints

TALLIES = np.dtype(
    [
        ("at_ms", np.int64),
        ("device", np.int32),
        ("unit", np.int8),
        ("load", np.int32),
        ("good", np.int32),
        ("bad", np.int32),
        ("left", np.int32),
    ]
)
Tallies = np.ndarray[tuple[int], np.dtype[np.void]]

# The unit of a tally that is of the card reader and of no cassette.
READER = 0
# Cards that cannot be read, and notes that are rejected, as shares of all.
_MISREAD, _REJECTED = 0.015, 0.004
# Counters of readers begin somewhere: machines are years old.
_MOST_READS_BEFORE = 400_000


def misreads(stage: Stage, uses: Uses) -> Ints:
    """Draw how often a card had to be put in again before each use."""
    rng = stage.plan.random(Step.READS)
    rate = _raised(np.full(len(uses), _MISREAD), uses, stage.weather.misread, stage.plan.start_ms)
    return rng.geometric(1 - np.minimum(rate, 0.6)) - 1


def tallies(stage: Stage, uses: Uses, errors: Ints, books: Sequence[CashBook]) -> Tallies:
    """Give the counters that every machine reports, each time it does."""
    rng = stage.plan.random(Step.CASH).spawn(1)[0]
    first = np.searchsorted(uses["device"], np.arange(len(books) + 1))
    out_of_turn: dict[int, list[int]] = {}
    for counted_ms, device in stage.weather.counted:
        out_of_turn.setdefault(device, []).append(counted_ms)
    misfed: dict[int, list[Span]] = {}
    for span in stage.weather.misfed:
        misfed.setdefault(span.device, []).append(span)
    window, every_ms = stage.window, stage.plan.count_every_s * SECOND_MS
    phases = rng.integers(every_ms, size=len(books)).tolist()
    pieces = []
    for machine, book in enumerate(books):
        own = slice(int(first[machine]), int(first[machine + 1]))
        regular = np.arange(window.start_ms + phases[machine], window.end_ms, every_ms)
        at_ms = np.union1d(regular, np.array(out_of_turn.get(machine, ()), dtype=np.int64))
        at_ms = at_ms[at_ms < window.end_ms]
        pieces.append(_reader(rng, machine, at_ms, uses["at_ms"][own], errors[own]))
        rejected = _rejected(rng, book, misfed.get(machine, ()))
        for place, unit in enumerate(PAYING_UNITS):
            pieces.append(_paying(machine, at_ms, book, rejected, unit, place))
        if stage.estate.recycler[machine]:
            pieces.append(_taking(machine, at_ms, book))
    return np.concatenate(pieces)


def _rows(machine: int, unit: int, at_ms: Ints) -> Tallies:
    rows = np.zeros(len(at_ms), dtype=TALLIES)
    rows["at_ms"], rows["device"], rows["unit"] = at_ms, machine, unit
    return rows


def _reader(rng: np.random.Generator, machine: int, at_ms: Ints, used_ms: Ints, errors: Ints) -> Tallies:
    rows = _rows(machine, READER, at_ms)
    before = int(rng.integers(_MOST_READS_BEFORE))
    failed = _added(np.cumsum(errors), np.searchsorted(used_ms, at_ms, side="right"))
    rows["good"] = before + np.searchsorted(used_ms, at_ms, side="right") + failed
    rows["bad"] = round(before * _MISREAD) + failed
    return rows


def _paying(machine: int, at_ms: Ints, book: CashBook, rejected: Ints, unit: int, place: int) -> Tallies:
    rows = _rows(machine, unit, at_ms)
    number, since = _since_load(book, at_ms)
    done = np.searchsorted(book.paid_ms, at_ms, side="right")
    begun = np.searchsorted(book.paid_ms, since, side="left")
    paid = _added(book.paid, done) - _added(book.paid, begun)
    bad = _added(rejected, done) - _added(rejected, begun)
    share = len(PAYING_UNITS)
    loaded = np.array([load.notes for load in book.loads])[number]
    rows["load"], rows["good"], rows["bad"] = number, (paid + share - 1 - place) // share, bad // share
    rows["left"] = np.maximum((loaded + share - 1 - place) // share - rows["good"], 0)
    return rows


def _taking(machine: int, at_ms: Ints, book: CashBook) -> Tallies:
    rows = _rows(machine, TAKING_UNIT, at_ms)
    number, since = _since_load(book, at_ms)
    done = np.searchsorted(book.taken_ms, at_ms, side="right")
    rows["good"] = _added(book.taken, done) - _added(
        book.taken, np.searchsorted(book.taken_ms, since, side="left")
    )
    rows["load"] = number
    return rows


def _since_load(book: CashBook, at_ms: Ints) -> tuple[Ints, Ints]:
    loads_ms = np.array([load.at_ms for load in book.loads])
    number = np.maximum(np.searchsorted(loads_ms, at_ms, side="right") - 1, 0)
    return number, loads_ms[number]


def _rejected(rng: np.random.Generator, book: CashBook, misfed: Sequence[Span]) -> Ints:
    """Draw the notes that were rejected with each payment, added up."""
    notes = np.diff(book.paid, prepend=0)
    rate = np.full(len(notes), _REJECTED)
    for span in misfed:
        rate[(book.paid_ms >= span.from_ms) & (book.paid_ms < span.to_ms)] *= span.what
    return np.cumsum(rng.poisson(notes * rate))


def _raised(rate: Floats, uses: Uses, spans: Sequence[Span], start_ms: int) -> Floats:
    order = keys(uses["device"], uses["at_ms"], start_ms)
    for span in spans:
        rate[within(order, span, start_ms)] *= span.what
    return rate


def _added(sums: Ints, count: Ints) -> Ints:
    """Give what sums say after so many of them."""
    return np.asarray(np.concatenate(([0], sums))[count], dtype=np.int64)
