"""Events as people write them by hand: times as spans since a start, repetition, places by name.

EventLineError          what a line says that it cannot mean, and what is allowed
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import ValidationError, convert

from domain.events import Event, type_of_kind
from domain.instants import from_ms, span_ms, to_ms
from domain.reference import issuance_key

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"([+-]?)((?:\d+(?:ms|[smhd]))+)")
_STEP = re.compile(r"(\d+)(ms|[smhd])")
# What a line says about when and how often; everything else is a field of the event.
_TIMING = ("kind", "at", "after", "every", "times", "lasts")


class EventLineError(ValueError):
    """A line of events that cannot be read."""


class EventLines:
    """Reads lines into events, in their order of arrival.

    `start` is what spans count from, `zone` the one in which cards are opened, `defaults` the fields of
    every event that has them and whose line says nothing.
    """

    def __init__(self, start: str, zone: str, places: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """Start with no events. Raises EventLineError when `start` is no time."""
        self.events: list[Event] = []
        self._start_ms = 0
        self._start_ms = self.time_ms(start)
        self._zone = zone
        self._places = places
        self._defaults = defaults

    def add(self, said: Mapping[str, Any]) -> None:
        """Add the events that one line stands for. Raises EventLineError."""
        if "repeat" in said:
            self._repeat(said)
            return
        name = said.get("kind", self._defaults.get("kind", "transaction"))
        kind = type_of_kind.get(name)
        if kind is None:
            raise EventLineError(f"kind {name!r} should be one of {', '.join(type_of_kind)}")
        allowed = ("repeat", *_TIMING, *kind.__struct_fields__)
        if unknown := [name for name in said if name not in allowed]:
            raise EventLineError(f"unknown field {unknown[0]!r}; there are {', '.join(allowed)}")
        times = said.get("times", 1)
        if type(times) is not int or times < 1:
            raise EventLineError(f"times should be a whole number from 1, not {times!r}")
        every_ms = _span_ms(said["every"]) if "every" in said else 0
        first_ms = self._first_ms(said, every_ms)
        for index in range(times):
            picked = {name: _pick(value, index, times) for name, value in said.items()}
            self._add_one(kind, first_ms + index * every_ms, picked)

    def time_ms(self, said: Any) -> int:
        """Read a time: a span since the start, or ISO 8601 with an offset. Raises EventLineError."""
        if isinstance(said, str) and _SPAN.fullmatch(said):
            return self._start_ms + _span_ms(said)
        try:
            at = datetime.fromisoformat(said)
        except (TypeError, ValueError):
            at = None
        if at is None or at.tzinfo is None:
            raise EventLineError(f"{said!r} is no time; write 90s, 1h30m, -2d or ISO 8601 with an offset")
        return to_ms(at)

    def _repeat(self, said: Mapping[str, Any]) -> None:
        known = [event for event in self.events if getattr(event, "event_id", None) == said["repeat"]]
        if len(said) > 1 or not known:
            raise EventLineError("repeat should stand alone and name the id of an event before it")
        self.events.append(known[0])

    def _first_ms(self, said: Mapping[str, Any], every_ms: int) -> int:
        if "at" in said:
            return self.time_ms(said["at"])
        if not self.events and "every" in said:
            return self._start_ms
        if self.events and ("after" in said or "every" in said):
            return self.events[-1].at_ms + (_span_ms(said["after"]) if "after" in said else every_ms)
        raise EventLineError("say when, by `at`, `every` or, except in the first line, by `after`")

    def _add_one(self, kind: type[Event], at_ms: int, said: Mapping[str, Any]) -> None:
        known = kind.__struct_fields__
        fields = {name: value for name, value in {**self._defaults, **said}.items() if name in known}
        fields |= {"at": from_ms(at_ms), "at_ms": at_ms}
        if "event_id" in known:
            fields.setdefault("event_id", f"e{len(self.events) + 1}")
        if "lasts" in said:
            fields["ended_at"] = from_ms(at_ms + _span_ms(said["lasts"]))
        for name in ("ended_at", "ingested_at"):
            if isinstance(fields.get(name), str):
                fields[name] = from_ms(self.time_ms(fields[name]))
        self._join(kind, fields)
        try:
            self.events.append(convert(fields, kind))
        except ValidationError as error:
            raise EventLineError(str(error)) from None

    def _join(self, kind: type[Event], fields: dict[str, Any]) -> None:
        """Look up places by name, and give the key of the cards opened together."""
        self._place(fields)
        opened = fields
        if isinstance(fields.get("issued"), Mapping):
            opened = fields["issued"] = dict(fields["issued"])
            opened["at"] = from_ms(self.time_ms(opened.get("at")))
            self._place(opened)
        if "branch" in opened and (opened is not fields or kind.__struct_config__.tag == "card_issued"):
            fields.setdefault("issuance", issuance_key(opened["branch"], opened["at"], self._zone))

    def _place(self, fields: dict[str, Any]) -> None:
        name = fields.get("place")
        if isinstance(name, str):
            if name not in self._places:
                raise EventLineError(f"place {name!r} should be one of {', '.join(self._places) or 'none'}")
            fields["place"] = self._places[name]


def _pick(value: Any, index: int, times: int) -> Any:
    """Give what a line says for one of its repetitions: the same, its number, or its turn in a list."""
    if isinstance(value, str):
        return value.replace("{n}", str(index + 1))
    if not isinstance(value, list):
        return value
    if len(value) != times:
        raise EventLineError(f"a list should hold one value for each of the {times} times, not {len(value)}")
    return value[index]


def _span_ms(said: Any) -> int:
    match = _SPAN.fullmatch(said) if isinstance(said, str) else None
    if match is None:
        raise EventLineError(f"{said!r} is no span of time; write 90s, 1h30m, 250ms or -2d")
    parts = {_UNITS[unit]: int(count) for count, unit in _STEP.findall(match[2])}
    return span_ms(timedelta(**parts)) * (-1 if match[1] == "-" else 1)
