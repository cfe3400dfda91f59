"""The verdict on one line: an event, or what is wrong with it.

This is the definition; the fast path of `connectors.codec` only gives what this would give.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec
import orjson

from connectors.faults import Fault, fault_of, plainly, shown
from connectors.time_bounds import TimeBounds
from domain.card_numbers import SHORTEST_NUMBER, holds_card_number, holds_card_number_in, sensitive_name
from domain.events import Event, Issued, Place, type_of_kind
from domain.rejections import Reason

_BLANK = b" \t\r"
_DECODER = msgspec.json.Decoder(Event)
# The fields of each kind of event, and of each object within one.
_FIELDS = {kind: frozenset({"kind", *struct.__struct_fields__}) for kind, struct in type_of_kind.items()}
_FIELDS_WITHIN = {
    "place": frozenset(Place.__struct_fields__),
    "issued": frozenset(Issued.__struct_fields__),
}
_KNOWN = frozenset().union(*_FIELDS.values(), *_FIELDS_WITHIN.values())
_SMALLEST_NUMBER = 10 ** (SHORTEST_NUMBER - 1)
_NUMBERS = frozenset({"amount_minor", "balance_after_minor", "at_ms", "lat", "lon", "error_km"})

# Where a value lies: the place it lies in, and its name there; written out only for a message.
_Place: TypeAlias = "tuple[_Place | None, str]"


class Accepted(NamedTuple):
    """An event, and the names of the fields that the line had beyond it."""

    event: Event
    unknown_fields: tuple[str, ...]


def verdict(line: bytes, bounds: TimeBounds, *, may_hold_number: bool = True) -> Accepted | Fault:
    """Judge a line without its newline.

    Checked in this order, the first fault counts: text, JSON, an object, no sensitive field, no card
    number, the fields of its kind, times. Of a repeated field the last holds, as with other JSON readers.
    A caller that knows that no string and no whole number can be a card number may say so.
    """
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _unreadable(line, error)
    if not isinstance(found, dict):
        return Fault(Reason.NOT_AN_OBJECT, f"the line is {shown(found)}, expected one object {{...}}")
    secret = _sensitive_field(found) or (_card_number(found) if may_hold_number else None)
    if secret is not None:
        return secret
    known, unknown_fields = _without_unknown(found)
    try:
        # Written and read again: seven times as fast as msgspec's own conversion.
        event: Event = _DECODER.decode(orjson.dumps(known))
    except msgspec.ValidationError as error:
        return fault_of(error, known)
    except orjson.JSONEncodeError:
        return Fault(Reason.WRONG_TYPE, "a field is nested too deeply, expected at most an object in it")
    if not bounds.stamp((event,)):
        return bounds.fault(event)
    return Accepted(event, unknown_fields)


def _unreadable(line: bytes, error: orjson.JSONDecodeError) -> Fault:
    if not line.strip(_BLANK):
        return Fault(Reason.NOT_JSON, "the line is blank, expected one object {...}")
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return Fault(Reason.NOT_UTF8, f"byte {bad.start} of the line is no UTF-8; write the text as UTF-8")
    if "infinity" in error.msg:
        return Fault(Reason.OUT_OF_RANGE, f"the number at character {error.pos} is beyond any double")
    return Fault(Reason.NOT_JSON, f"{error.msg} at character {error.pos}, expected one object {{...}}")


def _sensitive_field(found: dict[str, Any]) -> Fault | None:
    for place, part in _parts(found):
        for name in part if isinstance(part, dict) else ():
            if name not in _KNOWN and sensitive_name(name):
                return Fault(
                    Reason.SENSITIVE_FIELD,
                    f"{_path((place, name))} must not be sent, not even empty: leave the field out",
                )
    return None


def _card_number(found: dict[str, Any]) -> Fault | None:
    for place, part in _parts(found):
        if isinstance(part, dict):
            held = next((place for name in part if name not in _KNOWN and holds_card_number(name)), None)
            held = held or next(
                ((place, name) for name, value in part.items() if _is_card_number(name, value)), None
            )
        else:
            held = place if any(_is_card_number(place[1], value) for value in part) else None
        if held is not None:
            return Fault(
                Reason.CARD_NUMBER,
                f"{_path(held)} holds a card number or track data: send a token, "
                "and the last 4 digits as last4",
            )
    return None


def _parts(found: dict[str, Any]) -> Iterator[tuple[_Place, dict[str, Any] | list[Any]]]:
    """Give every object and every list, however deep, with its place; a list has that of its field."""
    todo: list[tuple[_Place, dict[str, Any] | list[Any]]] = [((None, "$"), found)]
    while todo:
        place, part = todo.pop()
        yield place, part
        if isinstance(part, dict):
            todo += [((place, name), inner) for name, inner in part.items() if isinstance(inner, dict | list)]
        else:
            todo += [(place, inner) for inner in part if isinstance(inner, dict | list)]


def _path(place: _Place) -> str:
    names = []
    outer: _Place | None = place
    while outer is not None:
        names.append(outer[1])
        outer = outer[0]
    return plainly(".".join(reversed(names)))


def _is_card_number(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= SHORTEST_NUMBER and holds_card_number_in(name, value)
    # A whole number without quotes may be a card number all the same.
    if name in _NUMBERS or not isinstance(value, int) or value < _SMALLEST_NUMBER:
        return False
    return holds_card_number(str(value))


def _without_unknown(found: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Leave out the fields that an event does not have, and name them."""
    kind = found.get("kind")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        return found, ()
    unknown: list[str] = []
    return _known_part(found, fields, "", unknown), tuple(unknown)


def _known_part(
    found: dict[str, Any], fields: frozenset[str], prefix: str, unknown: list[str]
) -> dict[str, Any]:
    beyond = [prefix + name for name in found if name not in fields]
    if beyond:
        unknown += beyond
        found = {name: value for name, value in found.items() if name in fields}
    for name, inner_fields in _FIELDS_WITHIN.items():
        inner = found.get(name)
        if isinstance(inner, dict):
            found = found | {name: _known_part(inner, inner_fields, f"{prefix}{name}.", unknown)}
    return found
