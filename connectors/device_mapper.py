"""Records of a bank's own device monitor as events, by a mapping: no code is written for a new vendor.

Rules are looked up by what they ask for, so that a mapping of thousands of codes takes no longer.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from msgspec.structs import replace

from connectors.device_reports import Received, Report, Said, Translator, safe_text, safe_token, unknown
from connectors.errors import BadRowError
from devices.mapping import EdgeField, Rule, SeverityField, TimeField
from devices.mapping import Mapping as DeviceMapping
from domain.telemetry import Counters

Record = Mapping[str, Any]
_MOST_UNIT = 99
_MOST_SEQUENCE = 10**12 - 1
_MOST_COUNT = 10**9
_MILLIS = 1000


class Translated(NamedTuple):
    """What is known of a record beside what it reports."""

    received: Received
    record: Record


class DeviceMapper:
    """Reads records by one mapping."""

    def __init__(self, mapping: DeviceMapping) -> None:
        """Prepare the rules: those that ask for the same fields are found together."""
        self._mapping = mapping
        self._when = _time_reader(mapping.time)
        self._rules: dict[tuple[str, ...], dict[tuple[str, ...], tuple[int, Rule]]] = {}
        for index, rule in enumerate(mapping.rules):
            by_values = self._rules.setdefault(tuple(rule.when), {})
            for values in _combinations(list(rule.when.values())):
                by_values.setdefault(values, (index, rule))

    def translator(self) -> Translator[Record]:
        """Give what turns records into events."""
        return Translator(self._mapping.name, self.read)

    def received(self, record: Record) -> Received:
        """Give time, device and number of a record.

        Raises BadRowError when it has no time or device that can be read: nothing can be made of it.
        """
        found = at_path(record, self._mapping.device)
        device = safe_token(str(found)) if isinstance(found, str | int) else None
        if device is None:
            raise BadRowError(
                f"{self._mapping.device} is no name of a device; 1 to 64 characters, no card number"
            )
        number = at_path(record, self._mapping.sequence) if self._mapping.sequence else None
        sequence = _whole(number, _MOST_SEQUENCE)
        return Received(self._when(at_path(record, self._mapping.time.field)), device, sequence)

    def read(self, record: Record) -> Said:
        """Give what a record reports: exactly one thing, which is `unknown_code` where no rule fits."""
        rule = self._rule_for(record)
        if rule is None:
            said = " ".join(_text(at_path(record, path)) for path in self._mapping.native)
            return Said([unknown(said)], _shown(record))
        return Said([self._report(rule, record)], _shown(record))

    def _rule_for(self, record: Record) -> Rule | None:
        best: tuple[int, Rule] | None = None
        for paths, by_values in self._rules.items():
            found = by_values.get(tuple(_text(at_path(record, path)) for path in paths))
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        return best[1] if best else None

    def _report(self, rule: Rule, record: Record) -> Report:
        edge = rule.edge or ("count" if rule.counters else self._mapping.edge)
        if isinstance(edge, EdgeField):
            said = _text(at_path(record, edge.field))
            found = edge.values.get(said)
            if found is None:
                return unknown(f"{rule.code} {edge.field}={said}", rule.component)
            edge = found
        severity = self._mapping.severity if rule.severity is None else rule.severity
        if isinstance(severity, SeverityField):
            severity = severity.values.get(_text(at_path(record, severity.field)))
        counters = {name: _whole(at_path(record, path), _MOST_COUNT) for name, path in rule.counters.items()}
        unit = _whole(at_path(record, rule.unit), _MOST_UNIT) if rule.unit else None
        return Report(
            rule.code,
            edge,
            rule.component,
            0 if edge in ("clear", "heartbeat", "count") else severity,
            unit or 0,
            replace(Counters(), **counters) if counters else None,
        )


def at_path(record: Record, path: str) -> Any:
    """Give what stands at a path into nested objects, None where nothing does."""
    found: Any = record
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _combinations(values: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    combined: list[tuple[str, ...]] = [()]
    for choices in values:
        combined = [(*begun, choice) for begun in combined for choice in choices]
    return combined


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _whole(value: Any, most: int) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    return value if type(value) is int and 0 <= value <= most else None


def _shown(record: Record) -> str:
    try:
        return safe_text(orjson.dumps(record).decode())
    except orjson.JSONEncodeError:
        return ""


def _time_reader(time: TimeField) -> Callable[[Any], datetime]:
    zone = ZoneInfo(time.zone) if time.zone else None

    def read(value: Any) -> datetime:
        try:
            at = _parsed(value, time.layout)
            if at.tzinfo is None and zone is not None:
                at = at.replace(tzinfo=zone)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, OSError):
            at = None
        reason = "has no offset, and the mapping's time names no zone" if at else f"is not {time.layout}"
        raise BadRowError(f"{time.field} {safe_text(_text(value))!r} {reason}")

    return read


def _parsed(value: Any, layout: str) -> datetime:
    if layout == "epoch_s":
        return datetime.fromtimestamp(float(value), UTC)
    if layout == "epoch_ms":
        return datetime.fromtimestamp(float(value) / _MILLIS, UTC)
    if layout == "iso":
        return datetime.fromisoformat(value)
    # A time without an offset is in the mapping's zone, or refused.
    return datetime.strptime(value, layout)  # noqa: DTZ007
