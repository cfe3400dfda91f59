"""What breaks, jams, runs out and wears, one machine at a time."""

from typing import NamedTuple

import numpy as np

from devices.codes import catalogue
from domain.telemetry import Component
from simulation.devices.estate import MODELS
from simulation.devices.happenings import DEPOSIT, EVERYTHING, WITHDRAWAL, Span
from simulation.devices.stage import Stage
from simulation.devices.truth import within_s
from simulation.errors import DoesNotFitError
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, UTC_OFFSET_MS

_BRANCH_MIN, _VENDOR_MIN, _REMOTE_MIN, _SUPPLY_MIN = 75.0, 240.0, 40.0, 300.0


class Fault(NamedTuple):
    """A kind of fault: how often it is the one, and how long it usually takes to put right."""

    code: str
    component: Component
    weight: float
    repair_min: float
    unit: int = 0
    recyclers_only: bool = False


FAULTS = (
    Fault("card_jam", "card_reader", 10, _BRANCH_MIN),
    Fault("card_reader_fault", "card_reader", 7, _VENDOR_MIN),
    Fault("note_jam", "dispenser", 14, _BRANCH_MIN),
    Fault("note_jam", "acceptor", 8, _BRANCH_MIN, recyclers_only=True),
    Fault("cdm_fatal", "dispenser", 7, _VENDOR_MIN),
    Fault("cim_fatal", "acceptor", 5, _VENDOR_MIN, recyclers_only=True),
    Fault("shutter_jam", "dispenser", 6, _BRANCH_MIN),
    Fault("transport_inop", "dispenser", 5, _BRANCH_MIN),
    Fault("epp_fail", "pinpad", 3, _VENDOR_MIN),
    Fault("keys_lost", "pinpad", 1, _REMOTE_MIN),
    Fault("app_fault", "app", 9, _REMOTE_MIN),
    Fault("cassette_missing", "cassette", 1, _BRANCH_MIN, unit=1),
    Fault("cassette_fault", "cassette", 3, _BRANCH_MIN, unit=2),
    Fault("reject_full", "reject_bin", 4, _SUPPLY_MIN),
    Fault("capture_bin_full", "capture_bin", 2, _BRANCH_MIN),
    Fault("host_session_lost", "host_session", 4, _REMOTE_MIN),
    Fault("comms_fault", "network", 2, _VENDOR_MIN),
    Fault("receipt_out", "receipt_printer", 8, _SUPPLY_MIN),
    Fault("receipt_jam", "receipt_printer", 4, _SUPPLY_MIN),
    Fault("journal_out", "journal", 2, _BRANCH_MIN),
    Fault("journal_fault", "journal", 1, _VENDOR_MIN),
    Fault("camera_fail", "camera", 2, _VENDOR_MIN),
    Fault("display_fail", "display", 2, _VENDOR_MIN),
    Fault("disk_fault", "app", 1, _VENDOR_MIN),
)
_MOST_REPAIR_MIN = 14 * 60
_REPEAT_MIN = (6, 25)
# How often a worn or misprogrammed machine fails for a moment, a day, against a fraction of one before.
_WORN_A_DAY, _REGRESSED_A_DAY = 16.0, 7.0
_RATE_KNOWN_S, _FLEET_RATE_KNOWN_S = 24 * 3_600, 48 * 3_600
# Bad notes are rejected so much more often; that is known when a day's notes were counted.
_BAD_NOTES_FACTOR, _NOTES_KNOWN_S = 12.0, 24 * 3_600
_LEAST_APART_MS = 45 * MINUTE_MS


def component_fault(stage: Stage) -> None:
    """A component fails until someone has been there."""
    fault = draw_fault(stage)
    among = np.flatnonzero(stage.estate.recycler).tolist() if fault.recyclers_only else None
    span_ms = stage.lasting(fault.repair_min, _MOST_REPAIR_MIN, 40)
    machine, at_ms = stage.pick(span_ms, among)
    fail(stage, fault, machine, at_ms, at_ms + span_ms)
    stage.tell(fault.code, at_ms, at_ms + span_ms, devices=(machine,), codes=(fault.code,))


def draw_fault(stage: Stage) -> Fault:
    """Draw a kind of fault by how often it is the one."""
    weights = np.array([fault.weight for fault in FAULTS])
    return FAULTS[int(stage.rng.choice(len(FAULTS), p=weights / weights.sum()))]


def fail(stage: Stage, fault: Fault, machine: int, from_ms: int, to_ms: int) -> None:
    """Raise a fault, raise it again a few times while it stands, and clear it when it is put right."""
    stage.say(from_ms, machine, fault.component, fault.code, unit=fault.unit)
    again_ms = from_ms
    for _ in range(int(stage.rng.integers(stage.plan.level.repeats + 1))):
        again_ms += stage.seconds(_REPEAT_MIN[0] * 60, _REPEAT_MIN[1] * 60)
        if again_ms >= to_ms - MINUTE_MS:
            break
        stage.say(again_ms, machine, fault.component, fault.code, unit=fault.unit)
    stage.say(to_ms, machine, fault.component, fault.code, "clear", unit=fault.unit)
    halted = _halted(fault)
    if halted is not None:
        stage.weather.halted.append(Span(machine, from_ms, to_ms, halted))


def _halted(fault: Fault) -> int | None:
    """Give which uses a fault stops."""
    blocks = catalogue()[fault.code].blocks
    if "card" in blocks:
        return EVERYTHING
    if fault.component == "acceptor":
        return DEPOSIT
    return WITHDRAWAL if "withdraw" in blocks else None


def wear(stage: Stage) -> None:
    """A machine that used to fail for a moment now and then does so many times a day."""
    among = np.flatnonzero(~stage.estate.windowed).tolist()
    span_ms = 3 * DAY_MS
    machine = among[int(stage.rng.integers(len(among)))]
    # Its own habit must be known for days before anyone can see a change.
    at_ms = _later(stage, span_ms, 8 * DAY_MS)
    fault = next(fault for fault in FAULTS if fault.code == "note_jam")
    told = _moments_of_failure(stage, fault, machine, at_ms, at_ms + span_ms, _WORN_A_DAY)
    stage.tell(
        "wear",
        told,
        at_ms + span_ms,
        devices=(machine,),
        codes=("fault_rate_anomaly", "flapping", "note_error_rate"),
        known_after_s=_RATE_KNOWN_S,
    )


def firmware_regression(stage: Stage) -> None:
    """From a date on, all machines of one model fail for a moment several times a day."""
    at_ms = _later(stage, 4 * DAY_MS, 10 * DAY_MS)
    span_ms = min(stage.window.end_ms - at_ms - HOUR_MS, 6 * DAY_MS)
    counts = np.bincount(stage.estate.model, minlength=len(MODELS))
    model = int(np.argsort(counts)[len(counts) // 2])
    machines = np.flatnonzero(stage.estate.model == model).tolist()
    fault = next(fault for fault in FAULTS if fault.code == "app_fault")
    begins = [
        _moments_of_failure(stage, fault, machine, at_ms, at_ms + span_ms, _REGRESSED_A_DAY)
        for machine in machines
    ]
    stage.tell(
        "firmware_regression",
        min(begins),
        at_ms + span_ms,
        devices=machines,
        branch=-1,
        codes=("fault_rate_anomaly", "flapping"),
        known_after_s=_FLEET_RATE_KNOWN_S,
    )


def bad_notes(stage: Stage) -> None:
    """A machine was loaded with worn notes: it rejects many of them, and jams for moments."""
    span_ms = 40 * HOUR_MS
    among = np.flatnonzero(~stage.estate.windowed).tolist()
    machine = among[int(stage.rng.integers(len(among)))]
    at_ms = _later(stage, span_ms, 2 * DAY_MS)
    at_ms -= (at_ms + UTC_OFFSET_MS) % DAY_MS - 8 * HOUR_MS  # in use from the morning on
    stage.weather.misfed.append(Span(machine, at_ms, at_ms + span_ms, _BAD_NOTES_FACTOR))
    fault = next(fault for fault in FAULTS if fault.code == "note_jam")
    _moments_of_failure(stage, fault, machine, at_ms, at_ms + span_ms, 4.0)
    stage.tell(
        "bad_notes",
        at_ms,
        at_ms + span_ms,
        devices=(machine,),
        codes=("note_error_rate", "fault_rate_anomaly"),
        known_after_s=_NOTES_KNOWN_S,
    )


def _later(stage: Stage, span_ms: int, known_ms: int) -> int:
    """Draw a time after `known_ms` of the window, with `span_ms` to come."""
    first_ms, last_ms = stage.window.start_ms + known_ms, stage.window.end_ms - span_ms - HOUR_MS
    if first_ms >= last_ms:
        raise DoesNotFitError("what is usual must be known first; simulate more days")
    return int(stage.rng.integers(first_ms, last_ms))


def _moments_of_failure(
    stage: Stage, fault: Fault, machine: int, from_ms: int, to_ms: int, a_day: float
) -> int:
    """Let a machine fail and recover by itself; gives when it first does.

    Failures keep a distance: closer together they would be a sensor that chatters.
    """
    at_ms, first_ms, longest_s = from_ms, to_ms, self_clears_in_s(fault.code)
    while True:
        at_ms += max(_LEAST_APART_MS, round(float(stage.rng.exponential(DAY_MS / a_day))))
        over_ms = at_ms + stage.seconds(15, longest_s)
        if over_ms >= to_ms:
            return first_ms
        if stage.free(machine, at_ms - MINUTE_MS, over_ms + MINUTE_MS):
            stage.say(at_ms, machine, fault.component, fault.code, unit=fault.unit)
            stage.say(over_ms, machine, fault.component, fault.code, "clear", unit=fault.unit)
            stage.book((machine,), at_ms - MINUTE_MS, over_ms + MINUTE_MS)
            first_ms = min(first_ms, at_ms)


def self_clears_in_s(code: str) -> int:
    """Give for how long a fault may last at most without being work: well within its hold."""
    return min(240, round(0.75 * (within_s(code, 60) - 60)))


def fault_after_hours(stage: Stage) -> None:
    """A machine that keeps opening hours fails when it is closed, and is well again before it opens."""
    windowed = np.flatnonzero(stage.estate.windowed).tolist()
    if not windowed:
        raise DoesNotFitError("no machine keeps opening hours; simulate more devices")
    fault = next(fault for fault in FAULTS if fault.code == "card_reader_fault")
    for _ in range(50):
        machine = windowed[int(stage.rng.integers(len(windowed)))]
        at_ms = stage.moment(10 * HOUR_MS)
        at_ms += (20 * HOUR_MS - at_ms - UTC_OFFSET_MS) % DAY_MS
        ends_ms = at_ms + stage.seconds(3 * 3_600, 10 * 3_600)
        if ends_ms < stage.window.end_ms and stage.free(machine, at_ms - HOUR_MS, ends_ms + HOUR_MS):
            stage.book((machine,), at_ms - HOUR_MS, ends_ms + HOUR_MS)
            fail(stage, fault, machine, at_ms, ends_ms)
            stage.tell_nuisance("fault_after_hours", at_ms, ends_ms, (fault.code,), devices=(machine,))
            return
    raise DoesNotFitError("no machine that keeps opening hours is free at night; simulate more days")
