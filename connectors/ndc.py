"""NDC status messages, unsolicited and solicited, as reports in the house's codes.

Lines in: messages as the host or a switch receives them. A message that is no status (a transaction, keys,
a journal) gives no report and is not kept; whatever else is not known gives `unknown_code`.
"""

from collections.abc import Iterable, Iterator

from connectors.device_reports import HEARTBEAT, Report, Said, Translator, safe_text, safe_token, unknown
from connectors.ndc_codes import (
    CONFIGURED_FITNESS,
    CONFIGURED_SUPPLIES,
    FITNESS,
    GOOD,
    LOW,
    NOTHING,
    OUT,
    OVERFILL,
    SENSORS,
    SEVERITIES,
    STATUSES,
    SUPPLIES,
    SUSPENDED,
    Fitness,
    Supply,
)
from connectors.ndc_message import (
    FS,
    OTHER_CLASSES,
    READY,
    READY_B,
    REJECT,
    SPECIFIC_REJECT,
    STATE,
    DeviceStatus,
    NdcMessage,
    device_status,
    groups,
    read_message,
)
from domain.telemetry import Counters

# Of what is no status only the beginning is kept: it may be a transaction.
_KEPT_OF_OTHERS = 16
_SENSOR_CHANGES = frozenset("1356")
_MODE_CHANGE = "2"
# A supply counters field: notes, rejected, dispensed and last dispensed of four cassettes, captured cards.
_COUNTERS_BEGIN, _COUNTER_DIGITS, _COUNTED_CASSETTES = 12, 5, 4
_CAPTURED_BEGIN = _COUNTERS_BEGIN + 4 * _COUNTED_CASSETTES * _COUNTER_DIGITS


def ndc_translator() -> Translator[bytes]:
    """Give what turns NDC messages into events."""
    return Translator("ndc", read_ndc)


def read_ndc(message: bytes) -> Said:
    """Give what one message says; never raises."""
    read = read_message(message)
    device = safe_token(read.luno)
    if not read.is_status:
        if read.kind in OTHER_CLASSES:
            return Said([], "", device)
        raw = safe_text(message[:_KEPT_OF_OTHERS].decode("latin-1"))
        return Said([unknown(f"class {raw.partition('|')[0]}")], raw, device)
    reports = list(_reports(read)) or [HEARTBEAT]
    shown = (read.kind, read.luno, "", *([read.descriptor] if read.descriptor else ()), *read.fields)
    return Said(reports, safe_text(FS.join(shown)), device)


def _reports(message: NdcMessage) -> Iterator[Report]:
    status = device_status(message)
    if status is not None:
        yield from _of_module(status)
    elif message.descriptor == STATE:
        yield from _of_state(message.fields)
    elif message.descriptor in (REJECT, SPECIFIC_REJECT):
        yield Report("command_rejected", "raise")
    elif message.descriptor not in (READY, READY_B):
        yield unknown(f"{message.kind} descriptor {message.descriptor}")


def _of_module(status: DeviceStatus) -> Iterator[Report]:
    """Give what happened to a module, how fit it is, and what it runs out of."""
    if status.device not in FITNESS:
        yield unknown(f"module {status.device}{status.status[:1]}")
        return
    yield from _happened(status)
    yield from _fitness(status.device, status.severities)
    yield from _supplies(status.device, status.supplies)


def _happened(status: DeviceStatus) -> Iterator[Report]:
    what = status.status[:1]
    if status.device == "B":
        yield Report("power_fail", "raise")
    elif status.device == "R":
        yield Report("supervisor_key", "raise")
    elif status.device == "P":
        yield from _sensed(status.status)
    elif status.device in STATUSES:
        known = STATUSES[status.device].get(what)
        if known is None:
            yield unknown(f"{status.device}{what}", FITNESS[status.device][0].component)
        for component, code in known or ():
            yield Report(code, "raise", component)
    elif not status.severities:
        # Of these modules nothing but their fitness is known.
        yield unknown(f"{status.device}{what}", FITNESS[status.device][0].component)


def _sensed(status: str) -> Iterator[Report]:
    what, mode, sensors = status[:1], status[1:2], status[2:]
    if what == _MODE_CHANGE and mode in ("0", "1"):
        yield Report("supervisor_enter" if mode == "1" else "supervisor_exit", "raise")
    elif what in _SENSOR_CHANGES and mode:
        yield from _sensor_states(mode + sensors)
    else:
        yield unknown(f"P{what}", "sensors")


def _sensor_states(sensors: str) -> Iterator[Report]:
    """Give what each sensor says, supervisor mode first."""
    yield Report("supervisor_enter", "raise" if sensors[:1] == "1" else "clear", severity=0)
    for position, (sensor, found) in enumerate(zip(SENSORS, sensors[1:], strict=False), 1):
        if found not in ("0", "1"):
            yield unknown(f"sensor {position} {found}", sensor.component, sensor.unit)
            continue
        severity = None if found == sensor.holds else 0
        yield Report(sensor.code, "state", sensor.component, severity, sensor.unit)


def _of_state(fields: tuple[str, ...]) -> Iterator[Report]:
    """Give what an answer to the host says; one that only describes the terminal gives nothing."""
    first = fields[0] if fields else ""
    asked = first[:1]
    if asked == "1":
        yield from _configuration(fields)
    elif asked == "2":
        yield from _counters(first)
    elif asked in ("I", "J"):
        read = _supplies if asked == "I" else _fitness
        for group in groups(first[2:]):
            if group[:1] in FITNESS:
                yield from read(group[0], group[1:])
            elif group:
                yield unknown(f"module {group[0]}")
    elif asked == "K":
        bins = fields[1][1:] if len(fields) > 1 else ""
        yield from _sensor_states(first[2:] + bins)
    elif asked not in ("5", "6", "H", "L", "M", "N"):
        yield unknown(f"state {asked}")


def _configuration(fields: tuple[str, ...]) -> Iterator[Report]:
    padded = (*fields, "", "", "", "", "")
    for position, severity in enumerate(padded[1]):
        if position in CONFIGURED_FITNESS:
            yield _fit(CONFIGURED_FITNESS[position], severity)
    for position, level in enumerate(padded[3]):
        if position in CONFIGURED_SUPPLIES:
            yield from _level(CONFIGURED_SUPPLIES[position], level)
    if padded[4]:
        yield from _sensor_states(padded[4])


def _fitness(device: str, severities: str) -> Iterator[Report]:
    for fitness, severity in zip(FITNESS[device], severities, strict=False):
        yield _fit(fitness, severity)
        if severity == SUSPENDED:
            # Suspended is what a terminal does with a module that seems tampered with.
            yield Report("tamper", "raise", fitness.component)


def _fit(fitness: Fitness, severity: str) -> Report:
    if severity not in SEVERITIES:
        return unknown(f"{fitness.code} severity {severity}", fitness.component, fitness.unit)
    return Report(fitness.code, "state", fitness.component, int(severity), fitness.unit)


def _supplies(device: str, levels: str) -> Iterator[Report]:
    for supply, level in zip(SUPPLIES.get(device, ()), levels, strict=False):
        yield from _level(supply, level)


def _level(supply: Supply, level: str) -> Iterable[Report]:
    if level == NOTHING:
        return ()
    if level == GOOD:
        return (Report(supply.level, "state", supply.component, 0, supply.unit),)
    code = {LOW: supply.low, OUT: supply.out, OVERFILL: supply.overfill}.get(level)
    if not code:
        return (unknown(f"{supply.level} level {level}", supply.component, supply.unit),)
    return (Report(code, "state", supply.component, unit=supply.unit),)


def _counters(field: str) -> Iterator[Report]:
    """Give the counters of cassettes and captured cards."""
    digits = field[_COUNTERS_BEGIN : _CAPTURED_BEGIN + _COUNTER_DIGITS]
    whole = len(digits) >= _CAPTURED_BEGIN - _COUNTERS_BEGIN and len(digits) % _COUNTER_DIGITS == 0
    if not (whole and digits.isascii() and digits.isdigit()):
        yield unknown("state 2")
        return
    counts = [int(digits[at : at + _COUNTER_DIGITS]) for at in range(0, len(digits), _COUNTER_DIGITS)]
    for unit in range(1, _COUNTED_CASSETTES + 1):
        remaining, rejected, dispensed = counts[unit - 1 : 3 * _COUNTED_CASSETTES : _COUNTED_CASSETTES]
        yield Report(
            "counted",
            "count",
            "cassette",
            unit=unit,
            counters=Counters(remaining=remaining, rejected=rejected, dispensed=dispensed),
        )
    if len(counts) > 4 * _COUNTED_CASSETTES:
        yield Report("counted", "count", "capture_bin", counters=Counters(captured=counts[-1]))
