"""Cash: what each machine is loaded with, gives and takes, and when it runs low, out or full."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulation.devices.happenings import DEPOSIT, WITHDRAWAL
from simulation.devices.plan import Step
from simulation.devices.stage import Stage
from simulation.devices.uses import Uses
from simulation.devices.visits import visit
from simulation.errors import DoesNotFitError
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, UTC_OFFSET_MS
from simulation.network import Ints
from simulation.stage import Flags

# Two cassettes to pay out from, which take turns note by note, and one that takes deposits in.
PAYING_UNITS, TAKING_UNIT = (1, 2), 3
NOTE_MINOR = 10_000
CASSETTE_NOTES, LOW_NOTES, FULL_NOTES = 2_500, 350, 2_000
LOADED_NOTES = len(PAYING_UNITS) * CASSETTE_NOTES
# Cash is loaded so long before there should be none, at most a week after the last time.
_RESERVE_DAYS, _MOST_DAYS = 1.1, 7
# A machine that begins short of cash has this much more than is low.
_SHORT = 1.2
_SLIPS, _SLIP_DAYS = 0.03, (1, 3)
_LOAD_FROM_H, _LOAD_TO_H = 9.2, 14.0
# Who finds a machine empty sends for cash, which comes after so many hours.
_URGENT_H = (3.0, 8.0)
_VISIT_S = (6 * 60, 20 * 60)
_VISIT_MS = 30 * MINUTE_MS
# A level is reported when nothing else goes on for longer than it is held.
_HELD_MS = 6 * MINUTE_MS
# What a load ends before it can be work, or the window does, is not reported.
_LEAST_MS = 20 * MINUTE_MS


class Load(NamedTuple):
    """A load of cash: from when on the counters begin anew, and how many notes there are."""

    at_ms: int
    notes: int


@dataclass(frozen=True)
class CashBook:
    """What happened to the cash of one machine: when its notes left and came, and when it was loaded.

    `paid_ms` and `paid` are the notes that left (in order of time, added up), `taken_ms` and `taken` those
    that came in.
    """

    loads: tuple[Load, ...]
    paid_ms: Ints
    paid: Ints
    taken_ms: Ints
    taken: Ints


def keep_books(stage: Stage, uses: Uses) -> tuple[list[CashBook], Flags]:
    """Follow the cash of every machine; gives the books, and which uses were possible.

    Reports and incidents of cash go to the stage's weather.
    """
    rng = stage.plan.random(Step.CASH)
    possible = np.ones(len(uses), dtype=bool)
    first = np.searchsorted(uses["device"], np.arange(stage.estate.machines + 1))
    drained: dict[int, list[tuple[int, int]]] = {}
    for at_ms, device, notes in stage.weather.drained:
        drained.setdefault(device, []).append((at_ms, notes))
    books = []
    for machine in range(stage.estate.machines):
        rows = slice(int(first[machine]), int(first[machine + 1]))
        keeper = _Keeper(stage, rng, machine, uses[rows], drained.get(machine, ()))
        books.append(keeper.keep(possible[rows]))
    return books, possible


def cash_short(stage: Stage) -> None:
    """A much-used machine begins with so few notes that it is empty on the first day."""
    busy = np.argsort(-stage.estate.busy * ~stage.estate.windowed, kind="stable").tolist()
    machine = next((one for one in busy if one not in stage.weather.short), None)
    if machine is None:
        raise DoesNotFitError("every machine is short of cash already; simulate more devices")
    stage.weather.short[machine] = round(_SHORT * 2 * LOW_NOTES)


class _Keeper:
    """Follows the cash of one machine from load to load."""

    def __init__(
        self,
        stage: Stage,
        rng: np.random.Generator,
        machine: int,
        uses: Uses,
        drained: Sequence[tuple[int, int]],
    ) -> None:
        self._stage, self._rng, self._machine = stage, rng, machine
        self._rows = np.flatnonzero((uses["type"] == WITHDRAWAL) & uses["paid"])
        self._takes = np.flatnonzero((uses["type"] == DEPOSIT) & uses["paid"])
        at_ms, notes = uses["at_ms"][self._rows], uses["notes"][self._rows].astype(np.int64)
        # Notes that left without any use are followed with the others, and belong to no row.
        extra = np.array(drained, dtype=np.int64).reshape(-1, 2)
        order = np.argsort(np.concatenate((at_ms, extra[:, 0])), kind="stable")
        self._at_ms = np.concatenate((at_ms, extra[:, 0]))[order]
        self._notes = np.concatenate((notes, extra[:, 1]))[order]
        self._row = np.concatenate((self._rows, np.full(len(extra), -1)))[order]
        self._takes_ms = uses["at_ms"][self._takes]
        self._takes_notes = uses["notes"][self._takes].astype(np.int64)
        daily = self._notes.sum() / stage.plan.days
        daily_in = self._takes_notes.sum() / stage.plan.days
        lasts_days = min(LOADED_NOTES / max(daily, 1.0), FULL_NOTES / max(daily_in, 1.0))
        self._days = int(min(max(1, lasts_days - _RESERVE_DAYS), _MOST_DAYS))

    def keep(self, possible: Flags) -> CashBook:
        """Go from load to load; marks in `possible` what the machine could not do any more."""
        window = self._stage.window
        age_days = float(self._rng.random()) * self._days
        begun = LOADED_NOTES - int(min(0.5, age_days * 0.5 / self._days) * LOADED_NOTES)
        due_ms = window.start_ms + round((self._days - age_days) * DAY_MS)
        if self._machine in self._stage.weather.short:
            begun, due_ms = self._stage.weather.short[self._machine], window.start_ms + DAY_MS
        load = Load(window.start_ms, begun)
        loads, gone = [load], np.zeros(len(self._at_ms), dtype=bool)
        refused = np.zeros(len(self._takes_ms), dtype=bool)
        while True:
            next_ms = self._visit_ms(due_ms)
            next_ms = self._run_down(load, next_ms, gone)
            next_ms = self._fill_up(load, next_ms, refused)
            if next_ms >= window.end_ms - HOUR_MS:
                break
            load = Load(next_ms, LOADED_NOTES)
            loads.append(load)
            self._loaded(next_ms)
            due_ms = next_ms + self._days * DAY_MS
        possible[self._row[gone & (self._row >= 0)]] = False
        possible[self._takes[refused]] = False
        paid, taken = ~gone, ~refused
        return CashBook(
            tuple(loads),
            self._at_ms[paid],
            np.cumsum(self._notes[paid]),
            self._takes_ms[taken],
            np.cumsum(self._takes_notes[taken]),
        )

    def _visit_ms(self, due_ms: int) -> int:
        """Give when the cash carrier comes: on the day it is due, or days later when the run slips."""
        if self._rng.random() < _SLIPS:
            due_ms += int(self._rng.integers(_SLIP_DAYS[0], _SLIP_DAYS[1] + 1)) * DAY_MS
        midnight_ms = (due_ms + UTC_OFFSET_MS) // DAY_MS * DAY_MS - UTC_OFFSET_MS
        hour = float(self._rng.uniform(_LOAD_FROM_H, _LOAD_TO_H))
        at_ms = midnight_ms + round(hour * HOUR_MS)
        return self._stage.next_free(self._machine, max(at_ms, due_ms - DAY_MS // 2), _VISIT_MS)

    def _urgent_ms(self, at_ms: int) -> int:
        """Give when cash comes that was sent for."""
        later_ms = at_ms + round(float(self._rng.uniform(*_URGENT_H)) * HOUR_MS)
        return self._stage.next_free(self._machine, later_ms, _VISIT_MS)

    def _run_down(self, load: Load, next_ms: int, gone: Flags) -> int:
        """Pay out until the next load; gives when that is. Marks withdrawals that found nothing left."""
        first, last = np.searchsorted(self._at_ms, (load.at_ms, next_ms))
        used = np.cumsum(self._notes[first:last])
        left = load.notes - used
        low = first + int(np.searchsorted(-left, -2 * LOW_NOTES))
        out = first + int(np.searchsorted(used, load.notes, side="right"))
        if low >= last:
            return next_ms
        # The first withdrawal that is more than what is left finds the machine empty.
        low_ms = int(self._at_ms[low])
        out_ms = int(self._at_ms[out]) if out < last else None
        if out_ms is not None:
            next_ms = min(next_ms, self._urgent_ms(out_ms))
            gone[out : np.searchsorted(self._at_ms, next_ms)] = True
        self._tell_low(low_ms, out_ms, next_ms)
        return next_ms

    def _tell_low(self, low_ms: int, out_ms: int | None, next_ms: int) -> None:
        stage, machine = self._stage, self._machine
        said_ms = stage.next_free(machine, low_ms, _HELD_MS) + SECOND_MS
        out_said_ms = None if out_ms is None else stage.next_free(machine, out_ms, _HELD_MS) + SECOND_MS
        if said_ms > min(next_ms, stage.window.end_ms) - _LEAST_MS:
            return
        if out_said_ms is not None and out_said_ms > min(next_ms, stage.window.end_ms) - _LEAST_MS:
            out_said_ms = None
        for unit in PAYING_UNITS:
            stage.say(said_ms, machine, "cassette", "cash_low", unit=unit)
            if out_said_ms is not None:
                stage.say(max(out_said_ms, said_ms + SECOND_MS), machine, "cassette", "cash_out", unit=unit)
        code = "cash_low" if out_said_ms is None else "cash_out"
        stage.weather.counted.append((said_ms, machine))
        stage.tell(
            code,
            said_ms,
            min(next_ms, stage.window.end_ms),
            devices=(machine,),
            codes=("cash_low", "cash_out_soon", "cash_out"),
            known_after_s=0 if out_said_ms is None else max(0, (out_said_ms - said_ms) // SECOND_MS),
        )

    def _fill_up(self, load: Load, next_ms: int, refused: Flags) -> int:
        """Take deposits until the next load or until there is no room; gives when the load is."""
        first, last = np.searchsorted(self._takes_ms, (load.at_ms, next_ms))
        taken = np.cumsum(self._takes_notes[first:last])
        full = first + int(np.searchsorted(taken, FULL_NOTES, side="right"))
        if full >= last:
            return next_ms
        stage, full_ms = self._stage, int(self._takes_ms[full])
        next_ms = min(next_ms, self._urgent_ms(full_ms))
        refused[full : np.searchsorted(self._takes_ms, next_ms)] = True
        said_ms = stage.next_free(self._machine, full_ms, _HELD_MS) + SECOND_MS
        if said_ms <= min(next_ms, stage.window.end_ms) - _LEAST_MS:
            stage.say(said_ms, self._machine, "cassette", "cash_full", unit=TAKING_UNIT)
            stage.tell(
                "cash_full",
                said_ms,
                min(next_ms, stage.window.end_ms),
                devices=(self._machine,),
                codes=("cash_full", "cash_full_soon"),
            )
        return next_ms

    def _loaded(self, at_ms: int) -> None:
        """Let the carrier load the machine: a visit, new counters, and all levels well again."""
        stage, machine = self._stage, self._machine
        ends_ms = at_ms + stage.seconds(*_VISIT_S)
        visit(stage, machine, at_ms - 2 * MINUTE_MS, ends_ms)
        stage.say(at_ms, machine, "device", "cash_loaded")
        for unit in PAYING_UNITS:
            stage.say(at_ms + SECOND_MS, machine, "cassette", "cash_out", "clear", unit=unit)
            stage.say(at_ms + 2 * SECOND_MS, machine, "cassette", "cash_low", "clear", unit=unit)
        if stage.estate.recycler[machine]:
            stage.say(at_ms + SECOND_MS, machine, "cassette", "cash_full", "clear", unit=TAKING_UNIT)
        stage.tell_nuisance(
            "cash_load", at_ms - 2 * MINUTE_MS, ends_ms, ("door_open_unplanned",), devices=(machine,)
        )
        stage.book((machine,), at_ms - 10 * MINUTE_MS, ends_ms + 10 * MINUTE_MS)
        stage.weather.counted.append((at_ms, machine))
