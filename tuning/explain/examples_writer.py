"""Writes events, and all that a detector says about them, as the examples that lie beside a detector."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import yaml

from detectors.examples import Fired
from domain.events import Event
from domain.instants import iso, to_ms
from domain.tables import Tables
from tuning.explain.slices import Slice
from tuning.explain.tables import ROWS, versions

_SPANS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
# Fields that every line of an example has of its own.
_OWN = ("event_id", "at", "after")
_NO_WORD = re.compile(r"[^a-z0-9]+")
# Fields of a finding that are told of only where they say something.
_WHERE_THERE = ("event", "currency", "ring", "anchor", "members")


class Written(NamedTuple):
    """A slice with the name of its example and the parameters of the detector."""

    name: str
    parameters: Mapping[str, Any]
    slice: Slice


def write_examples(examples: Sequence[Written], comments: Iterable[str] = ()) -> str:
    """Give the text of an examples file; `comments` stand at its top.

    Every field that an event has is there, the joined ones too, and everything that fires with all that it
    says. Times are in milliseconds, as detectors see them. An example says when it begins, so that it means
    the same in another file: only the places it names must go there with it.
    """
    places = _Places()
    written = [line for example in examples for line in _example(example, places)]
    lines = [f"# {line}".rstrip() for line in comments]
    if places.by_name:
        lines.append("places:")
        lines += [f"  {_flow({name: place})[1:-1]}" for name, place in places.by_name.items()]
    return "\n".join([*lines, "examples:", *written]) + "\n"


def _example(example: Written, places: "_Places") -> Iterator[str]:
    events = example.slice.events
    said = [_line(event, before, places) for before, event in zip((None, *events), events, strict=False)]
    kinds = [type(event) for event in events]
    defaults = _alike(said, kinds)
    yield f"- name: {_flow(example.name)}"
    yield f"  parameters: {_flow(example.parameters)}"
    yield from _tables(example.slice.tables)
    if defaults:
        yield f"  defaults: {_flow(defaults)}"
    yield f"  events:{_none_of(said)}"
    for line in said:
        own = {name: _literally(value) for name, value in line.items() if name not in defaults}
        yield f"  - {_flow(own)}"
    yield f"  fires:{_none_of(example.slice.fired)}"
    for fired in example.slice.fired:
        first, *others = (f"{name}: {_flow(value)}" for name, value in _expected(fired).items())
        yield f"  - {first}"
        yield from (f"    {other}" for other in others)


def _none_of(values: Sequence[Any]) -> str:
    return "" if values else " []"


def _line(event: Event, before: Event | None, places: "_Places") -> dict[str, Any]:
    """Write an event, the first of an example or behind another; what it leaves out has its default."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    fields.pop("at_ms", None)
    if before is None:
        fields["at"] = iso(event.at_ms)
    else:
        del fields["at"]
        fields["after"] = _span(event.at_ms - before.at_ms)
    if (ended_at := getattr(event, "ended_at", None)) is not None:
        del fields["ended_at"]
        fields["lasts"] = _span(to_ms(ended_at) - event.at_ms)
    if fields["kind"] == "card_issued" or "issued" in fields:
        # Unless it is said, the reader of examples works it out from the branch.
        fields.setdefault("issuance", None)
    for holder in (fields, fields.get("issued", {})):
        if "place" in holder:
            holder["place"] = places.name(holder["place"])
    first = {name: fields.pop(name) for name in ("at", "after", "kind", "event_id") if name in fields}
    return first | fields


def _alike(lines: Sequence[Mapping[str, Any]], kinds: Sequence[type[Event]]) -> dict[str, Any]:
    """Give what all lines that can have a field say alike of it: that need be said only once."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for line in lines for name in line if name not in _OWN):
        having = [
            line
            for line, kind in zip(lines, kinds, strict=True)
            if name == "kind" or name in kind.__struct_fields__
        ]
        said = [line.get(name, ...) for line in having]
        if len(said) > 1 and all(value == said[0] for value in said):
            found[name] = said[0]
    return found


def _literally(value: Any) -> Any:
    """Keep a text as it is, in which the reader of examples would put a number."""
    return [value] if isinstance(value, str) and "{n}" in value else value


def _expected(fired: Fired) -> dict[str, Any]:
    """Say all that a finding says."""
    said = {"at": iso(fired.at_ms), "key": fired.key}
    said |= {name: value for name in _WHERE_THERE if (value := _said(fired, name))}
    said |= {name: _said(fired, name) for name in ("severity", "probability", "exposure_minor", "reason")}
    if fired.finding.alarm is not None:
        said |= {name: _said(fired, name) for name in ("alarm", "over")}
    return said | {"evidence": fired.finding.evidence}


def _said(fired: Fired, name: str) -> Any:
    return fired.event_id if name == "event" else fired.get(name)


def _tables(tables: Tables) -> Iterator[str]:
    """Write the published tables, a version a line."""
    there = [(table, versions(tables, table)) for table in ROWS]
    if any(published for _, published in there):
        yield "  tables:"
    for table, published in there:
        if published:
            yield f"    {table}:"
        for version in published:
            fields = msgspec.to_builtins(version)
            del fields["table"]
            yield f"    - {_flow(fields)}"


class _Places:
    """The places of all events, each under a name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def name(self, place: Mapping[str, Any]) -> str:
        """Give the name of a place, which is its city's, with a number where the city has several."""
        city = _NO_WORD.sub("_", place.get("city", "").lower()).strip("_") or "place"
        number = 1
        while self.by_name.setdefault(name := f"{city}_{number}", place) != place:
            number += 1
        return name


def _span(length_ms: int) -> str:
    """Write a span of time as examples have it.

    >>> _span(0), _span(5_403_250), _span(-2000)
    ('0s', '1h30m3s250ms', '-2s')
    """
    parts, rest = [], abs(length_ms)
    for unit, unit_ms in _SPANS:
        count, rest = divmod(rest, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if length_ms < 0 else "") + ("".join(parts) or "0s")


class _Dumper(yaml.SafeDumper):
    """Writes every value out, also one that was there before."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _flow(value: Any) -> str:
    """Write a value on one line of YAML."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return text.removesuffix("...\n").strip()
