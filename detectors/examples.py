"""Examples: sequences of events with the exact list of what a detector says, beside it in YAML.

    ExamplesError           the file is missing or says something that it cannot mean

    start: 2026-03-02T10:00:00+08:00    # what times count from; the rest of the head is optional
    zone: Asia/Shanghai                 # in which cards are opened
    places: {taipei: {lat: 25.03, lon: 121.57, city: Taipei}}
    defaults: {card: c1, amount_minor: 5000, currency: CNY, channel: pos}
    examples:                           # a list of what happens and what is said about it
    - name: the sixth use in ten minutes fires
      parameters: {window: PT10M}       # of the detector
      tables: {segment_amounts: [...]}  # published tables, as in domain.tables
      events:                           # in their order of arrival: late ones simply have an earlier time
      - {at: 0s, place: taipei}         # times are spans since the start (90s, 1h30m, -2d) or ISO 8601
      - {after: 1m}                     # since the event before
      - {every: 60s, times: 4, card: "c{n}", terminal: [t1, t2, t3, t4]}
      - {repeat: e2}                    # the same event once more; ids are e1, e2, ... unless given
      - {kind: progress, at: 2h}        # time has passed
      fires:                            # everything that fires, in order, and nothing else
      - {at: 5m, key: c1, uses: 6}      # fields of the finding, or entries of its evidence

An event may say `lasts` for the length of a cash machine session. An expectation may also say `says` (a
part of the reason), `event` (the event's id), `members` (cards), and of a device's alarm `alarm` (any of its
code, component, unit, since and device) and whether it is `over`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import yaml
from pydantic import TypeAdapter, ValidationError

from detectors import name_of
from detectors.base import Detector
from domain.alarms import Alarm
from domain.event_lines import EventLineError, EventLines
from domain.events import Event, Progress
from domain.findings import Finding, Severity
from domain.instants import iso
from domain.tables import Published, Tables

_HEAD = ("start", "zone", "places", "defaults", "examples")
_OF_AN_ALARM = ("code", "component", "unit", "since", "device")
_TABLES: dict[str, type[Published]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Published)}
_PARTS = ("name", "parameters", "tables", "defaults", "events", "fires")


class ExamplesError(ValueError):
    """What is wrong with an examples file, where, and what is allowed."""


class Fired(NamedTuple):
    """One finding of a run: when, about which key, and at which event ("" where time passed)."""

    at_ms: int
    key: str
    event_id: str
    severity: Severity
    finding: Finding

    def get(self, name: str) -> Any:
        """Give what an expectation calls `name`: a field of the finding, or an entry of its evidence."""
        if name == "members":
            return [member.card for member in self.finding.members]
        alarm = self.finding.alarm
        fields = msgspec.structs.asdict(self.finding) | {
            "at": iso(self.at_ms),
            "key": self.key,
            "event": self.event_id,
            "says": self.finding.reason,
            "severity": self.severity.name.lower(),
            "alarm": None if alarm is None else _alarm_fields(alarm),
            "over": alarm is not None and alarm.over,
        }
        evidence = self.finding.evidence
        return (evidence | fields).get(name, f"nothing: there is no such field and only {list(evidence)}")


class Example(NamedTuple):
    """A named sequence of events in their order of arrival, and all that must fire."""

    name: str
    parameters: dict[str, Any]
    tables: Tables
    events: tuple[Event, ...]
    fires: tuple[dict[str, Any], ...]


def read(detector: type[Detector[Any, Any]]) -> tuple[Example, ...]:
    """Read the examples of a detector, which lie beside it. Raises ExamplesError."""
    source = Path(str(sys.modules[detector.__module__].__file__))
    path = source.with_name(f"{name_of(detector)}.examples.yaml")
    try:
        return read_text(path.read_text("utf-8"), path.name)
    except FileNotFoundError:
        raise ExamplesError(f"write {path.parent.name}/{path.name}: what fires, and what must not") from None
    except UnicodeDecodeError as error:
        raise ExamplesError(f"{path.name} is no YAML: {error}") from None


def read_text(text: str, name: str) -> tuple[Example, ...]:
    """Read the examples that a file called `name` holds. Raises ExamplesError."""
    try:
        head = _mapping(yaml.load(text, Loader=_Loader), name, _HEAD)
    except yaml.YAMLError as error:
        raise ExamplesError(f"{name} is no YAML: {error}") from None
    given = _list(head.get("examples"), f"{name}: `examples`")
    return tuple(_example(head, one, f"{name}, example {number}") for number, one in enumerate(given, 1))


def run(detector: Detector[Any, Any], events: Iterable[Event], tables: Tables) -> list[Fired]:
    """Hand events to a detector in the order given, with one state for each key, and give what it says."""
    step = detector.bound(tables)
    states: dict[str, Any] = {}
    fired: list[Fired] = []
    for event in events:
        fired += _woken(detector, states, event.at_ms)
        key = getattr(event, detector.scope, None)
        if key is None or isinstance(event, Progress) or not detector.wants(event):
            continue
        if key not in states:
            states[key] = detector.start()
        fired += [
            _fired(detector, event.at_ms, key, event.event_id, said) for said in step(states[key], event)
        ]
    return fired


def problem(detector: type[Detector[Any, Any]], example: Example) -> str | None:
    """Run an example; give what came out otherwise than it says, None when nothing did."""
    try:
        made = TypeAdapter(detector).validate_python(example.parameters)
    except ValidationError as error:
        return f"the parameters do not fit: {error}"
    fired = run(made, example.events, example.tables)
    wrong = [
        f"{name} should be {wanted!r} and is {one.get(name)!r}"
        for one, expected in zip(fired, example.fires, strict=False)
        for name, wanted in expected.items()
        if not _is_met(name, wanted, one.get(name))
    ]
    if len(fired) != len(example.fires):
        wrong.append(f"{len(example.fires)} findings expected, {len(fired)} fired")
    if not wrong:
        return None
    said = [f"  at {iso(one.at_ms)}, key {one.key}, event {one.event_id}: {one.finding}" for one in fired]
    return "\n".join([*wrong, "all that fired:", *said])


def _is_met(name: str, wanted: Any, found: Any) -> bool:
    if name == "says":
        return wanted in found
    if name == "alarm" and isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.items() <= found.items()
    return bool(found == wanted)


def _alarm_fields(alarm: Alarm) -> dict[str, Any]:
    """Give what an expectation may say of an alarm; whether it is over it says beside."""
    fields = msgspec.structs.asdict(alarm)
    del fields["over"]
    return fields | {"since": iso(fields.pop("since_ms"))}


def _woken(detector: Detector[Any, Any], states: dict[str, Any], until_ms: int) -> Iterator[Fired]:
    """Let the time until an event pass for every key that waits for it."""
    while True:
        due = [(at_ms, key) for key, state in states.items() if (at_ms := detector.due(state)) is not None]
        at_ms, key = min(due, default=(until_ms, ""))
        if at_ms >= until_ms:
            return
        yield from (_fired(detector, at_ms, key, "", said) for said in detector.expire(states[key], at_ms))


def _fired(detector: Detector[Any, Any], at_ms: int, key: str, event_id: str, finding: Finding) -> Fired:
    severity = detector.severity if finding.severity is None else finding.severity
    return Fired(at_ms, key, event_id, severity, finding)


class _Loader(yaml.SafeLoader):
    """Reads YAML; times stay text, and a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.MarkedYAMLError("a key is there twice", node.start_mark, key.value, key.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def _example(head: Mapping[str, Any], given: Any, where: str) -> Example:
    parts = _mapping(given, where, _PARTS)
    for part in ("name", "events", "fires"):
        if part not in parts:
            raise ExamplesError(f"{where} has no {part!r}")
    where += f" ({parts['name']})"
    defaults = _mapping(head.get("defaults"), where) | _mapping(parts.get("defaults"), where)
    start, zone = head.get("start", "2026-03-02T10:00:00+08:00"), head.get("zone", "Asia/Shanghai")
    at = f"{where}, head"
    try:
        lines = EventLines(start, zone, _mapping(head.get("places"), where), defaults)
        for number, line in enumerate(_list(parts["events"], where), 1):
            at = f"{where}, line {number} of its events"
            lines.add(_mapping(line, at))
        at = f"{where}, tables"
        tables = _tables(_mapping(parts.get("tables"), at, _TABLES), lines)
        at = f"{where}, fires"
        fires = [_expectation(_mapping(one, at), lines) for one in _list(parts["fires"], at)]
    except ExamplesError:
        raise
    except (ValueError, msgspec.ValidationError) as error:
        raise ExamplesError(f"{at}: {error}") from None
    parameters = _mapping(parts.get("parameters"), where)
    return Example(str(parts["name"]), parameters, tables, tuple(lines.events), tuple(fires))


def _tables(given: Mapping[str, Any], lines: EventLines) -> Tables:
    return Tables.of(
        msgspec.convert(
            {**version, "effective_at": iso(lines.time_ms(version.get("effective_at")))}, _TABLES[name]
        )
        for name, versions in given.items()
        for version in versions
    )


def _expectation(said: dict[str, Any], lines: EventLines) -> dict[str, Any]:
    if "at" not in said or "key" not in said:
        raise EventLineError(f"each should say at least `at` and `key`, and {said} does not")
    alarm = said.get("alarm")
    if isinstance(alarm, dict):
        if unknown := [name for name in alarm if name not in _OF_AN_ALARM]:
            raise EventLineError(f"unknown {unknown[0]!r} of an alarm; there are {', '.join(_OF_AN_ALARM)}")
        if "since" in alarm:
            alarm = alarm | {"since": iso(lines.time_ms(alarm["since"]))}
        said = said | {"alarm": alarm}
    return said | {"at": iso(lines.time_ms(said["at"]))}


def _mapping(given: Any, where: str, allowed: Iterable[str] | None = None) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        raise ExamplesError(f"{where} should be names with values, not {given!r}")
    for name in given:
        if allowed is not None and name not in allowed:
            raise ExamplesError(f"{where}: unknown {name!r}; there are {', '.join(allowed)}")
    return given


def _list(given: Any, where: str) -> list[Any]:
    if not isinstance(given, list):
        raise ExamplesError(f"{where} should be a list, not {given!r}")
    return given
