"""XFS4IoT-shaped JSON of a device's services as reports in the house's codes.

A message is `{"header": {"name": ..., "type": ...}, "payload": {...}}`. What customers type, cards and keys
hold is never looked at; an event or value that no table knows gives `unknown_code`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from msgspec.structs import replace

from connectors.device_reports import HEARTBEAT, Report, Said, Translator, safe_text, unknown
from connectors.xfs_codes import (
    ACTION_SEVERITIES,
    DEVICE_STATES,
    ERRORS,
    EVENT_FIELDS,
    EVENTS,
    FAULTS,
    FRAUD_STATES,
    MODES,
    NESTED,
    PAPER,
    PRIVATE_MESSAGES,
    PRIVATE_SERVICES,
    SERVICES,
    STATUS,
    STATUS_EVENTS,
    Field,
)
from domain.telemetry import Component, Counters

_STATUS_MESSAGES = frozenset({"Common.Status", "Common.StatusChangedEvent"})
_STORAGE_PREFIX = "Storage."
_MOST_COUNT = 10**9
_UNIT = re.compile(r"[0-9]{1,2}")
_LEVELS = {"ok": "", "high": "", "low": "cash_low", "empty": "cash_out", "full": "cash_full"}
_UNIT_STATES = {
    "ok": "",
    "inoperative": "cassette_fault",
    "missing": "cassette_missing",
    "manipulated": "cassette_manipulated",
    "notConfigured": None,
}


def xfs_translator() -> Translator[Mapping[str, Any]]:
    """Give what turns XFS4IoT messages into events."""
    return Translator("xfs", read_xfs)


def read_xfs(message: Mapping[str, Any]) -> Said:
    """Give what one message says; never raises for what was read from JSON."""
    header = _mapping(message.get("header"))
    name, kind = str(header.get("name", "")), str(header.get("type", ""))
    payload = _mapping(message.get("payload"))
    service = name.partition(".")[0]
    if service in PRIVATE_SERVICES or name in PRIVATE_MESSAGES or kind in ("command", "acknowledge"):
        return Said([], "")
    reports = list(_reports(name, kind, payload))
    if [report for report in reports if report.code != "unknown_code"] or not reports:
        raw = f"{name} {_written(payload)}"
    else:
        raw = name  # nobody knows what else it holds
    return Said(reports or [HEARTBEAT], safe_text(raw))


def _reports(name: str, kind: str, payload: Mapping[str, Any]) -> Iterator[Report]:
    service = name.partition(".")[0]
    if name in _STATUS_MESSAGES:
        yield from _status(payload)
    elif name == "Common.ErrorEvent":
        yield from _error(payload)
    elif name.startswith(_STORAGE_PREFIX):
        yield from _storage(_mapping(payload.get("storage")) or payload)
    elif name in STATUS_EVENTS:
        key, field = STATUS_EVENTS[name]
        yield from _field(f"{name}.{key}", field, payload.get(key))
    elif name in EVENT_FIELDS:
        event = EVENT_FIELDS[name]
        yield from _raised(event.codes.get(str(payload.get(event.name))) or event.otherwise)
    elif name in EVENTS:
        yield from _raised(EVENTS[name])
    elif kind == "completion":
        error = payload.get("errorCode")
        known = ERRORS.get(service, {}).get(str(error))
        if error is not None and known is None:
            yield unknown(f"{name} {error}", SERVICES.get(service))
        yield from _raised(known)
    else:
        yield unknown(name, SERVICES.get(service))


def _raised(found: tuple[Component, str] | None) -> Iterator[Report]:
    if found is not None and found[1]:
        yield Report(found[1], "raise", found[0])


def _status(payload: Mapping[str, Any]) -> Iterator[Report]:
    """Give what each field of a status says that is in a table; the rest describes the device."""
    for section, content in payload.items():
        for key, value in _mapping(content).items():
            place = f"{section}.{key}"
            if place == "common.device":
                yield from _service_state(_component(payload), value)
            elif place in STATUS:
                yield from _field(place, STATUS[place], value)
            elif place in MODES:
                mode = MODES[place].get(str(value))
                yield Report(mode, "raise", "device") if mode else unknown(f"{place}={value}")
            elif place in NESTED:
                for unit, part in enumerate(_parts(value), 1):
                    for inner, field in NESTED[place].items():
                        yield from _field(f"{place}.{inner}", field, part.get(inner), unit)
            elif place == "printer.paper":
                for level in _mapping(value).values():
                    yield from _field(place, Field("receipt_printer", "receipt_low", PAPER), level)


def _component(payload: Mapping[str, Any]) -> Component:
    """Give the component whose service speaks, from the section that only it has."""
    for section in payload:
        component = SERVICES.get(section[:1].upper() + section[1:])
        if component is not None:
            return component
    return "device"


def _service_state(component: Component, value: Any) -> Iterator[Report]:
    state = str(value)
    if state in FRAUD_STATES:
        yield Report("fraud_attempt", "raise", component)
    elif state not in DEVICE_STATES:
        yield unknown(f"common.device={state}", component)
    elif (severity := DEVICE_STATES[state]) is not None:
        yield Report(FAULTS.get(component, "module_fault"), "state", component, severity)


def _field(place: str, field: Field, value: Any, unit: int = 0) -> Iterator[Report]:
    if value is None:
        return
    code = field.codes.get(str(value), "?")
    if code == "?":
        yield unknown(f"{place}={value}", field.component, unit)
    elif code is not None:
        yield Report(code or field.level, "state", field.component, None if code else 0, unit)


def _error(payload: Mapping[str, Any]) -> Iterator[Report]:
    """Give the house's code for the pair of what went wrong and what to do about it."""
    what, action = str(payload.get("eventId", "")), str(payload.get("action", ""))
    severity = ACTION_SEVERITIES.get(action)
    if what == "fraudAttempt":
        yield Report("fraud_attempt", "raise", "device")
    elif severity is None or what not in ("hardware", "software", "user"):
        yield unknown(f"Common.ErrorEvent {what} {action}")
    elif what == "software":
        yield Report("app_fault", "raise", "app", severity)
    else:
        yield Report("module_fault", "raise", "device", severity if what == "hardware" else 2)


def _storage(units: Mapping[str, Any]) -> Iterator[Report]:
    """Give state, level and counts of each storage unit: cassettes, and bins of cards."""
    for name, content in units.items():
        unit = _mapping(content)
        number = _UNIT.search(name)
        place = int(number[0]) if number else 0
        if "status" in unit:
            state = Field("cassette", "cassette_fault", _UNIT_STATES)
            yield from _field(f"storage {name} status", state, unit["status"], place)
        card = _mapping(unit.get("card"))
        holder: Component = "capture_bin" if card else "cassette"
        status = _mapping((card or _mapping(unit.get("cash"))).get("status"))
        level = status.get("replenishmentStatus")
        if card and level in ("high", "full"):
            yield Report(f"capture_bin_{level}", "state", holder, unit=place)
        elif card and level == "ok":
            yield Report("capture_bin_full", "state", holder, 0, place)
        elif not card:
            yield from _field(f"storage {name} level", Field(holder, "cash_low", _LEVELS), level, place)
        counters = _counters(status, _mapping(_mapping(unit.get("cash")).get("configuration")))
        if counters is not None:
            yield Report("counted", "count", holder, unit=place, counters=counters)


def _counters(status: Mapping[str, Any], configuration: Mapping[str, Any]) -> Counters | None:
    out = _mapping(status.get("out"))
    currency = configuration.get("currency")
    counters = Counters(
        remaining=_count(status.get("count")),
        captured=_count(status.get("retainCount")),
        dispensed=_count(out.get("presented")),
        rejected=_count(out.get("rejected")),
    )
    if counters == Counters():
        return None
    known = isinstance(currency, str) and len(currency) == 3 and currency.isalpha()
    return replace(counters, currency=currency) if known else counters


def _count(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("total", value.get("unrecognized"))
    return value if type(value) is int and 0 <= value <= _MOST_COUNT else None


def _written(payload: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(payload).decode()
    except orjson.JSONEncodeError:
        return "nested too deeply to show"


def _parts(value: Any) -> list[Mapping[str, Any]]:
    inner = value if isinstance(value, list) else _mapping(value).values()
    return [_mapping(part) for part in inner]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
