"""From pydantic's errors to sentences with a line: what is wrong, and what is allowed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.located_yaml import LocatedYaml, Place, Problem

_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_MISSING = {"missing", "missing_argument", "missing_keyword_only_argument"}
_NO_MAPPING = {"model_type", "dict_type", "dataclass_type"}
# As much of a wrong value as helps to find it.
_SHOWN = 60


def explain(error: ValidationError, source: LocatedYaml, schema: Any, above: Place = ()) -> Iterator[Problem]:
    """Give each of pydantic's errors as a problem of `source`; `above` is where the checked part stands."""
    for detail in error.errors(include_url=False):
        place = (*above, *detail["loc"])
        try:
            given = source.value(place)
        except LookupError:
            given = detail["input"]
        what, allowed = _words(detail, _dotted(place), given, schema)
        yield Problem(source.path, source.line(place), what, allowed)


def there_are(name: str, known: Iterable[str]) -> str:
    """List what there is instead of `name`, the nearest named once more."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    return f"there are: {', '.join(names) or 'none'}" + (f"; perhaps {near[0]}" if near else "")


def _words(detail: ErrorDetails, name: str, given: Any, schema: Any) -> tuple[str, str]:
    kind = detail["type"]
    if kind in _UNKNOWN:
        *above, key = detail["loc"]
        return f"{name} is no known key", there_are(str(key), _keys(schema, above))
    if kind in _MISSING:
        return f"{name} is missing", "add it"
    said = detail["msg"].removeprefix("Value error, ")
    if isinstance(given, Mapping) and kind == "value_error":
        return f"{name} does not fit", said
    if kind in _NO_MAPPING:
        return f"{name} is {_shown(given)}", "should be a mapping of keys to values"
    _, should, rest = said.partition("should")
    return f"{name} is {_shown(given)}", should + rest if should else said


def _keys(schema: Any, place: Iterable[str | int]) -> list[str]:
    for part in place:
        field = schema.model_fields.get(part) if _is_model(schema) else None
        schema = field.annotation if field else None
    if _is_model(schema):
        return list(schema.model_fields)
    return [field.name for field in fields(schema)] if is_dataclass(schema) else []


def _is_model(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place) or "the file"


def _shown(given: Any) -> str:
    if given is None:
        return "empty"
    text = repr(given)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
