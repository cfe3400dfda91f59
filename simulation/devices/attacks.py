"""Attacks on machines and on those who use them, and vandals."""

import numpy as np

from simulation.devices.happenings import DEPOSIT, REVERSAL, WITHDRAWAL, Span
from simulation.devices.stage import Stage
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

# Which of the reversals the thief jams the reader for: more of them would look like a worn reader.
_REVERSALS, _JAMMED = 5, (0, 2)
_SHORT_MS = 4 * MINUTE_MS
# The notes of one helping, as dispensers pay out at most.
_HELPING = 40
_SKIMMED_FACTOR, _SKIM_KNOWN_S = 10.0, 24 * 3_600
# Fewer uses a day would not tell it from chance.
_SKIMMED_USES = 100.0
# The detector of unauthorised cash waits so long for an authorisation that comes late.
_SLACK_S = 60


def jackpotting(stage: Stage) -> None:
    """Thieves open the top hat, restart the machine and let it pay out without any host."""
    machine, at_ms = stage.pick(HOUR_MS, hours=(0, 6), among=_through_wall(stage))
    stage.say(at_ms, machine, "door", "enclosure_open")
    plugged_ms = at_ms + stage.seconds(90, 240)
    stage.say(plugged_ms, machine, "device", "device_restarted")
    stage.weather.halted.append(Span(machine, at_ms, at_ms + HOUR_MS))
    paid_ms = plugged_ms + stage.seconds(120, 300)
    for _ in range(int(stage.rng.integers(12, 30))):
        stage.weather.drained.append((paid_ms, machine, _HELPING))
        paid_ms += stage.seconds(15, 35)
    stage.weather.counted += [(plugged_ms + 30 * SECOND_MS, machine), (paid_ms + 20 * SECOND_MS, machine)]
    stage.say(paid_ms + stage.seconds(60, 180), machine, "door", "enclosure_open", "clear")
    codes = ("tamper", "dispense_without_auth", "counter_mismatch", "door_open_unplanned")
    stage.tell("jackpotting", at_ms, None, devices=(machine,), codes=codes)


def malware(stage: Stage) -> None:
    """Malware pays out without any host, and nothing was opened."""
    machine, at_ms = stage.pick(HOUR_MS, hours=(0, 6), among=_through_wall(stage))
    stage.weather.halted.append(Span(machine, at_ms - 10 * MINUTE_MS, at_ms + HOUR_MS))
    paid_ms = at_ms
    for _ in range(int(stage.rng.integers(8, 20))):
        stage.weather.drained.append((paid_ms, machine, _HELPING))
        paid_ms += stage.seconds(15, 35)
    counted_ms = paid_ms + 20 * SECOND_MS
    stage.weather.counted.append((counted_ms, machine))
    known_s = (counted_ms - at_ms) / SECOND_MS + _SLACK_S
    codes = ("dispense_without_auth", "counter_mismatch")
    stage.tell("malware", at_ms, None, codes, devices=(machine,), known_after_s=known_s)


def skimming(stage: Stage) -> None:
    """A skimmer on the slot: many more cards than usual cannot be read, from one hour to the next."""
    uses = stage.plan.transactions_per_device_day * stage.estate.busy
    busy = np.flatnonzero((uses > _SKIMMED_USES) & ~stage.estate.windowed).tolist()
    span_ms = 30 * HOUR_MS
    # How many cards are usually misread must be known for days.
    known_ms = stage.window.start_ms + 5 * DAY_MS
    machine, at_ms = stage.pick(span_ms, busy, hours=(8, 13), earliest_ms=known_ms)
    stage.weather.misread.append(Span(machine, at_ms, at_ms + span_ms, _SKIMMED_FACTOR))
    codes = ("reader_tampering", "card_read_degraded", "foreign_device")
    stage.tell(
        "skimming", at_ms, at_ms + span_ms, devices=(machine,), codes=codes, known_after_s=_SKIM_KNOWN_S
    )


def foreign_device(stage: Stage) -> None:
    """The machine itself notices something on its slot."""
    machine, at_ms = stage.pick(_SHORT_MS, hours=(6, 24))
    stage.say(at_ms, machine, "card_reader", "foreign_device")
    stage.tell("foreign_device", at_ms, None, devices=(machine,), codes=("foreign_device",))


def reversal_fraud(stage: Stage) -> None:
    """Withdrawals that are reversed while the thief holds card and shutter, and takes the notes."""
    machine, at_ms = stage.pick(HOUR_MS, hours=(7, 23))
    thief, known_ms, back_ms = stage.customer(machine), at_ms, at_ms
    for number in range(_REVERSALS):
        notes = int(stage.rng.integers(10, 31))
        begins_ms = at_ms + number * 5 * MINUTE_MS
        stage.use(begins_ms, machine, WITHDRAWAL, notes, customer=thief)
        back_ms = begins_ms + stage.seconds(25, 45)
        stage.use(back_ms, machine, REVERSAL, notes, customer=thief)
        if number in _JAMMED:
            jam_ms = begins_ms + stage.seconds(10, 20)
            stage.say(jam_ms, machine, "card_reader", "card_jam")
            stage.say(jam_ms + stage.seconds(20, 60), machine, "card_reader", "card_jam", "clear")
            known_ms = back_ms
    known_s = (known_ms - at_ms) / SECOND_MS
    ends_ms = back_ms + MINUTE_MS
    codes = ("reversal_burst", "fraud_attempt")
    stage.tell("reversal_fraud", at_ms, ends_ms, devices=(machine,), codes=codes, known_after_s=known_s)


def cash_trapping(stage: Stage) -> None:
    """A trap before the slot: customer after customer leaves without the notes that were presented."""
    machine, at_ms = stage.pick(HOUR_MS, hours=(8, 22))
    seen_ms = at_ms
    for number in range(3):
        seen_ms = at_ms + number * 9 * MINUTE_MS
        who = stage.use(seen_ms - stage.seconds(30, 50), machine, WITHDRAWAL, int(stage.rng.integers(3, 31)))
        stage.say(seen_ms, machine, "dispenser", "cash_retracted")
        stage.tell("cash_retracted", seen_ms, None, devices=(machine,), codes=("cash_retracted",), member=who)
    codes = ("cash_trapped", "cash_retracted")
    stage.tell("cash_trapping", seen_ms, None, devices=(machine,), codes=codes)


def seismic(stage: Stage) -> None:
    """Someone hits or drills the machine."""
    machine, at_ms = stage.pick(_SHORT_MS)
    for _ in range(int(stage.rng.integers(1, 4))):
        stage.say(at_ms + stage.seconds(0, 45), machine, "sensors", "seismic")
    stage.say(at_ms, machine, "sensors", "seismic")
    stage.tell("seismic", at_ms, None, devices=(machine,), codes=("seismic", "tamper"))


def forced_door(stage: Stage) -> None:
    """A door is opened that nobody was to open."""
    machine, at_ms = stage.pick(HOUR_MS, hours=(0, 7), among=_through_wall(stage))
    stage.say(at_ms, machine, "door", "door_open")
    stage.say(at_ms + stage.seconds(120, 900), machine, "door", "door_open", "clear")
    stage.tell("forced_door", at_ms, None, devices=(machine,), codes=("door_open_unplanned", "tamper"))


def broken_shutter(stage: Stage) -> None:
    """Vandals break the shutter: it jams until it is mended."""
    recyclers = stage.estate.recycler
    span_ms = stage.lasting(240, 840, 60)
    machine, at_ms = stage.pick(span_ms)
    stage.say(at_ms, machine, "dispenser", "shutter_jam")
    stage.say(at_ms + span_ms, machine, "dispenser", "shutter_jam", "clear")
    stage.weather.halted.append(Span(machine, at_ms, at_ms + span_ms, WITHDRAWAL))
    if recyclers[machine]:
        stage.weather.halted.append(Span(machine, at_ms, at_ms + span_ms, DEPOSIT))
    stage.tell("broken_shutter", at_ms, at_ms + span_ms, devices=(machine,), codes=("shutter_jam",))


def _through_wall(stage: Stage) -> list[int]:
    """Give the machines that can be reached at night."""
    return np.flatnonzero(stage.estate.through_wall).tolist()
