"""The verdict on one line: an event, or what is wrong with it.

This is the definition; the fast path of `connectors.codec` only gives what this would give.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec
import orjson

from connectors.faults import Fault, fault_of, plainly, shown
from connectors.time_bounds import TimeBounds
from domain.card_numbers import SHORTEST_NUMBER, holds_card_number, holds_card_number_in, sensitive_name
from domain.events import Event, Issued, Place, type_of_kind
from domain.rejections import Reason
from domain.telemetry import Counters

_BLANK = b" \t\r"
_DECODER = msgspec.json.Decoder(Event)
# The fields of each kind of event, and of each object within one.
_WITHIN = {"place": Place, "issued": Issued, "counters": Counters}
_FIELDS = {
    name: frozenset(struct.__struct_fields__) for name, struct in (*type_of_kind.items(), *_WITHIN.items())
}
# Objects within an event that hold tokens.
_WITH_TOKENS = ("issued", "counters")
_KNOWN = frozenset({"kind"}).union(*_FIELDS.values())
_CONTAINERS = frozenset({dict, list})
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
    number, the fields of its kind, no control character in a token, times. Of a repeated field the last
    holds, as with other JSON readers. A caller that knows that no string and no whole number can be a card
    number may say so.
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
    unknown_fields = _drop_unknown(found)
    try:
        # Written and read again: seven times as fast as msgspec's own conversion.
        event: Event = _DECODER.decode(orjson.dumps(found))
    except msgspec.ValidationError as error:
        return fault_of(error, found)
    except orjson.JSONEncodeError:
        return Fault(Reason.WRONG_TYPE, "a field is nested too deeply, expected at most an object in it")
    # JSON has control characters only as escapes.
    steering = _control_character(found) if b"\\" in line else None
    if steering is not None:
        return steering
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
        name = _sensitive_among(tuple(part)) if isinstance(part, dict) else None
        if name is not None:
            return Fault(
                Reason.SENSITIVE_FIELD,
                f"{_path((place, name))} must not be sent, not even empty: leave the field out",
            )
    return None


# The lines of a feed have few sets of names, and looking at every name takes longer than decoding.
@lru_cache(maxsize=256)
def _sensitive_among(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name not in _KNOWN and sensitive_name(name)), None)


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
            todo += [((place, name), inner) for name, inner in part.items() if type(inner) in _CONTAINERS]
        else:
            todo += [(place, inner) for inner in part if type(inner) in _CONTAINERS]


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


def _control_character(found: dict[str, Any]) -> Fault | None:
    """Refuse what would part the tokens that are kept side by side, and garble whatever shows them."""
    parts = (("$", found), *((f"$.{name}", found.get(name) or {}) for name in _WITH_TOKENS))
    for path, part in parts:
        for name, value in part.items():
            if isinstance(value, str) and min(value, default=" ") < " ":
                return Fault(
                    Reason.OUT_OF_RANGE,
                    f"{path}.{name} is {shown(value)}, expected text without control characters",
                )
    return None


def _drop_unknown(found: dict[str, Any]) -> tuple[str, ...]:
    """Take the fields out of `found` that its kind of event does not have, and give their names."""
    kind = found.get("kind")
    return _drop_beyond(found, kind) if isinstance(kind, str) and kind in type_of_kind else ()


def _drop_beyond(found: dict[str, Any], owner: str) -> tuple[str, ...]:
    unknown = _beyond(owner, tuple(found))
    for name in unknown:
        del found[name]
    for name in _WITHIN:
        inner = found.get(name)
        if isinstance(inner, dict):
            unknown += _drop_beyond(inner, name)
    return unknown


@lru_cache(maxsize=256)
def _beyond(owner: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for name in names if name not in _FIELDS[owner] and (name != "kind" or owner in _WITHIN)
    )
