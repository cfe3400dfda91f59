"""Uses of cards at the machines: by the hour of the day, pay days and holidays, and what plots add."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from simulation.devices.estate import Estate
from simulation.devices.happenings import DEPOSIT, EVERYTHING, INQUIRY, TRANSFER, WITHDRAWAL, Span, Weather
from simulation.devices.plan import DevicePlan, Step
from simulation.hours import DAY_MS, FIXED_HOLIDAYS, HOUR_MS, MINUTE_MS, UTC_OFFSET_MS, day_starts
from simulation.network import Floats, Ints
from simulation.stage import Flags

USES = np.dtype(
    [
        ("at_ms", np.int64),
        ("device", np.int32),
        ("customer", np.int32),
        ("type", np.int8),
        ("refusal", np.int8),
        ("notes", np.int32),
        ("paid", np.bool_),
    ]
)
Uses = np.ndarray[tuple[int], np.dtype[np.void]]

# How much machines are used in each hour, working days and days of rest.
_WORKING = (8, 6, 5, 4, 5, 7, 14, 24, 40, 60, 66, 62, 58, 46, 48, 52, 56, 62, 58, 44, 34, 24, 14, 6)
_RESTING = (10, 7, 5, 4, 4, 5, 9, 15, 26, 48, 62, 62, 54, 48, 50, 52, 52, 50, 46, 40, 34, 26, 18, 8)
# Opening hours of machines that keep them.
OPENS_MS, CLOSES_MS = 8 * HOUR_MS + 30 * MINUTE_MS, 17 * HOUR_MS
_REST_FACTOR, _PAYDAY_FACTOR, _EVE_FACTOR, _HOLIDAY_FACTOR = 0.9, 1.6, 1.5, 0.8
PAYDAYS = (10, 15, 25)
# Types by machine: one that dispenses only, one that takes deposits as well.
_TYPES = (WITHDRAWAL, DEPOSIT, INQUIRY, TRANSFER)
_DISPENSER_SHARES, _RECYCLER_SHARES = (0.72, 0.0, 0.16, 0.12), (0.52, 0.20, 0.16, 0.12)
# Notes of a withdrawal, with how often it is so many.
_NOTES = (1, 2, 3, 5, 10, 20, 30, 50)
_NOTE_SHARES = (0.12, 0.14, 0.11, 0.20, 0.24, 0.12, 0.05, 0.02)
_DEPOSIT_MEDIAN, _DEPOSIT_MOST = 8.0, 100
_TRANSFER_MEDIAN, _TRANSFER_MOST = 20.0, 500
_REFUSED, _REFUSALS = 0.03, 3
# Withdrawals that the machine could not pay out, and the host takes back.
_UNPAID = 0.001
_DEVICE_SHIFT = 44


def draw_uses(plan: DevicePlan, estate: Estate, weather: Weather) -> Uses:
    """Draw the uses of the whole window, ordered by machine and time, with those of plots among them."""
    rng = plan.random(Step.USES)
    pieces = [_day(rng, plan, estate, day, midnight_ms) for day, midnight_ms in day_starts(plan.window)]
    life = np.concatenate(pieces)
    life = life[(life["at_ms"] >= plan.start_ms) & (life["at_ms"] < plan.window.end_ms)]
    life = life[_open(estate, life)]
    life.sort(order=("device", "at_ms"))
    life = life[_possible(life, weather.halted, plan.start_ms)]
    uses = np.concatenate((life, _planted(weather)))
    return uses[np.lexsort((uses["at_ms"], uses["device"]))]


def day_factor(day: date) -> float:
    """Give how much machines are used on a day, against a working day."""
    if (day.month, day.day) in FIXED_HOLIDAYS:
        return _HOLIDAY_FACTOR
    if day.day in PAYDAYS:
        return _PAYDAY_FACTOR
    tomorrow = date.fromordinal(day.toordinal() + 1)
    if (tomorrow.month, tomorrow.day) in FIXED_HOLIDAYS:
        return _EVE_FACTOR
    return _REST_FACTOR if day.weekday() >= 5 else 1.0


def keys(device: Ints, at_ms: Ints, start_ms: int) -> Ints:
    """Give numbers that order rows by device and time."""
    return (device.astype(np.int64) << _DEVICE_SHIFT) + (at_ms - start_ms)


def within(sorted_keys: Ints, span: Span, start_ms: int) -> slice:
    """Give the rows of a span, among rows ordered by device and time."""
    base = span.device << _DEVICE_SHIFT
    first, last = np.searchsorted(
        sorted_keys, (base + max(0, span.from_ms - start_ms), base + max(0, span.to_ms - start_ms))
    )
    return slice(int(first), int(last))


def _day(rng: np.random.Generator, plan: DevicePlan, estate: Estate, day: date, midnight_ms: int) -> Uses:
    mean = plan.transactions_per_device_day * day_factor(day) * estate.busy
    count = rng.poisson(mean)
    total = int(count.sum())
    device = np.repeat(np.arange(estate.machines), count)
    resting = day.weekday() >= 5 or (day.month, day.day) in FIXED_HOLIDAYS
    weight = np.cumsum((0, *(_RESTING if resting else _WORKING))).astype(np.float64)
    rows = np.empty(total, dtype=USES)
    hour = np.interp(rng.random(total), weight / weight[-1], np.arange(25.0))
    rows["at_ms"] = midnight_ms + (hour * HOUR_MS).astype(np.int64).clip(0, DAY_MS - 1)
    rows["device"] = device
    branch = estate.branch[device]
    people = estate.customer_count[branch]
    rows["customer"] = estate.first_customer[branch] + (rng.random(total) * people).astype(np.int64)
    rows["type"] = _types(rng.random(total), estate.recycler[device])
    rows["notes"] = _notes(rng, rows["type"])
    refused = rng.random(total) < _REFUSED
    rows["refusal"] = np.where(refused, rng.integers(1, _REFUSALS + 1, size=total), 0)
    rows["paid"] = ~(refused | ((rng.random(total) < _UNPAID) & (rows["type"] == WITHDRAWAL)))
    return rows


def _types(luck: Floats, recycler: Flags) -> Ints:
    shares = np.cumsum((_DISPENSER_SHARES, _RECYCLER_SHARES), axis=1)
    found = (luck[:, None] >= shares[recycler.astype(int)]).sum(axis=1)
    drawn: Ints = np.array(_TYPES, dtype=np.int64)[np.minimum(found, len(_TYPES) - 1)]
    return drawn


def _notes(rng: np.random.Generator, type_: Ints) -> Ints:
    count = len(type_)
    drawn = rng.choice(_NOTES, size=count, p=_NOTE_SHARES)
    spread = np.exp(0.8 * np.clip(rng.standard_normal(count), -2.5, 2.5))
    deposit = np.clip(np.round(_DEPOSIT_MEDIAN * spread), 1, _DEPOSIT_MOST)
    transfer = np.clip(np.round(_TRANSFER_MEDIAN * spread), 1, _TRANSFER_MOST)
    by_type = (drawn, deposit, np.zeros(count), transfer)
    return np.select([type_ == one for one in _TYPES], by_type).astype(np.int64)


def _open(estate: Estate, rows: Uses) -> Flags:
    clock = (rows["at_ms"] + UTC_OFFSET_MS) % DAY_MS
    served: Flags = ~estate.windowed[rows["device"]] | ((clock >= OPENS_MS) & (clock < CLOSES_MS))
    return served


def _possible(rows: Uses, halted: Sequence[Span], start_ms: int) -> Flags:
    """Tell which uses of daily life could happen: a machine was there for them."""
    order = keys(rows["device"], rows["at_ms"], start_ms)
    possible = np.ones(len(rows), dtype=bool)
    for span in halted:
        there = within(order, span, start_ms)
        if span.what == EVERYTHING:
            possible[there] = False
        else:
            possible[there] &= rows["type"][there] != span.what
    return possible


def _planted(weather: Weather) -> Uses:
    rows = np.zeros(len(weather.used), dtype=USES)
    for number, use in enumerate(weather.used):
        rows[number] = (use.at_ms, use.device, use.customer, use.type, 0, use.notes, use.paid)
    return rows
