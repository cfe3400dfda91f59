"""What a page cannot take, field by field, with what is allowed there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from desk.settings import Language
from desk.wording import catalogue, say
from domain.card_masking import mask_text

_LONGEST_SHOWN = 60
_NUMBERS = ("int_parsing", "int_type", "float_parsing", "int_from_float")
_TOO = ("greater_than_equal", "less_than_equal", "string_too_long", "string_too_short", "too_long")


class BadValue(Struct, frozen=True, kw_only=True):
    """A field, what was given there, and what is allowed, in the person's language."""

    field: str
    given: str
    allowed: str


def bad_values(language: Language, errors: Sequence[Any]) -> list[BadValue]:
    """Read them from what pydantic says."""
    return [
        BadValue(
            field=_field(each["loc"]),
            given=_given(each),
            allowed=" ".join(_allowed(language, each)),
        )
        for each in errors
    ]


def in_words(language: Language, found: Sequence[BadValue]) -> str:
    """Say them in one line."""
    return "; ".join(
        say(language, "common.bad_value", field=each.field, allowed=each.allowed) for each in found
    )


def _given(error: Mapping[str, Any]) -> str:
    """Give what the address said; what forms send, such as passwords, is not repeated."""
    if error["loc"][:1] != ("query",) or error["type"] == "missing":
        return ""
    return mask_text(str(error.get("input", ""))[:_LONGEST_SHOWN])


def _field(place: Sequence[object]) -> str:
    """Give the name of the field: the last of the place that is no number of a list."""
    return next((str(part) for part in reversed(place) if isinstance(part, str)), "")


def _allowed(language: Language, error: Mapping[str, Any]) -> Iterator[str]:
    known: Mapping[str, Any] = error.get("ctx") or {}
    if "expected" in known:
        yield say(language, "common.allowed_expected", expected=known["expected"])
    elif error["type"] in _NUMBERS:
        yield say(language, "common.allowed_number")
    elif error["type"] in _TOO and f"common.allowed_{error['type']}" in catalogue():
        limit = next(
            iter(known[name] for name in ("ge", "le", "max_length", "min_length") if name in known), ""
        )
        yield say(language, f"common.allowed_{error['type']}", limit=limit)
    elif error["type"] == "missing":
        yield say(language, "common.allowed_missing")
    else:
        yield str(error["msg"])
