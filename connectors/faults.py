"""What is wrong with a line, in words that say what is allowed; never with a card number in them."""

import re
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
import orjson

from domain.card_masking import mask_text
from domain.events import type_of_kind
from domain.rejections import Reason

_SHOWN_CHARACTERS = 60

# How msgspec's messages begin, the nearest match first; anything else is of the wrong type.
_REASONS = (
    ("Object missing required field", Reason.MISSING_FIELD),
    ("Invalid value", Reason.UNKNOWN_KIND),
    ("Invalid enum value", Reason.OUT_OF_RANGE),
    ("Invalid RFC3339", Reason.BAD_TIME),
    ("Expected `datetime` with a timezone", Reason.NAIVE_TIME),
    ("Number out of range", Reason.OUT_OF_RANGE),
    ("Integer value out of range", Reason.OUT_OF_RANGE),
    ("Expected `str` of length", Reason.OUT_OF_RANGE),
    ("Expected `int` <", Reason.OUT_OF_RANGE),
    ("Expected `int` >", Reason.OUT_OF_RANGE),
    ("Expected `float` <", Reason.OUT_OF_RANGE),
    ("Expected `float` >", Reason.OUT_OF_RANGE),
)
# Whole numbers from here on are read as floats.
_BEYOND_INT = 2**63
_BOUND = re.compile(r"[0-9]{5,}")
_TIME = "ISO 8601 with date, time and offset, such as 2026-03-01T09:30:00.000+08:00"


class Fault(NamedTuple):
    """Why a line is no event, for a program and for a person."""

    reason: Reason
    detail: str


def fault_of(error: msgspec.ValidationError, found: dict[str, Any]) -> Fault:
    """Say what `error` found wrong with the fields of `found`."""
    problem, _, place = str(error).rpartition(" - at ")
    if not place.startswith("`$"):
        problem, place = str(error), "`$`"
    path = place.strip("`")
    reason = next((reason for text, reason in _REASONS if problem.startswith(text)), Reason.WRONG_TYPE)
    value = _value_at(found, path)
    if problem == "Expected `int`, got `float`" and abs(value) >= _BEYOND_INT:
        return Fault(Reason.OUT_OF_RANGE, f"{path} is {shown(value)}, far beyond what is allowed")
    if reason is Reason.MISSING_FIELD:
        return Fault(reason, f"{path}.{problem.split('`')[1]} is missing")
    allowed = _allowed(reason, problem, f"{found.get('kind')}.{path.removeprefix('$.')}")
    return Fault(reason, f"{path} is {shown(value)}, expected {allowed}")


def shown(value: Any) -> str:
    """Write a value of a line for a message: as JSON, masked, short and fit for a screen."""
    try:
        return plainly(orjson.dumps(value).decode())
    except orjson.JSONEncodeError:
        return "a value nested too deeply to show"


def plainly(text: str) -> str:
    """Make text from a line fit for a message: masked, short, and without what steers a terminal."""
    text = mask_text(text)
    text = "".join(
        character if character.isprintable() else "?" for character in text[: _SHOWN_CHARACTERS + 1]
    )
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _allowed(reason: Reason, problem: str, field: str) -> str:
    if reason is Reason.UNKNOWN_KIND:
        return f"one of {', '.join(type_of_kind)}"
    if reason is Reason.BAD_TIME:
        return _TIME
    if reason is Reason.NAIVE_TIME:
        return "an offset, Z or one such as +08:00: without it, it is not known which moment is meant"
    if problem.startswith("Invalid enum value"):
        return f"one of {', '.join(_WORDS[field])}"
    if "`datetime" in problem:
        return f"{_TIME}, as text"
    # A bound such as 1000000000000000 is read more easily in groups.
    return _BOUND.sub(lambda bound: f"{int(bound[0]):,}", problem.removeprefix("Expected ").replace("`", ""))


def _value_at(found: Any, path: str) -> Any:
    for name in path.split(".")[1:]:
        found = found[name]
    return found


def _words() -> dict[str, tuple[str, ...]]:
    """Give the words that each field with a closed list of them allows, by kind of event and field."""
    words = {}
    for kind, struct in type_of_kind.items():
        for name, hint in get_type_hints(struct).items():
            for choice in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
                if get_origin(choice) is Literal:
                    words[f"{kind}.{name}"] = get_args(choice)
    return words


_WORDS = _words()
