"""Which values of a detector's parameters are tried: ranges and lists, read against its own typed fields.

    ParameterError          what was given names no parameter, no value of its type, or too many of them

A range is `name=lo..hi` or `name=lo..hi/step`, a list `name=a,b,c`; amounts of money are given a currency at
a time, `sums_minor.CNY=2000000..5000000`.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import product
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from detectors.base import Detector
from domain.wording import counted, listed, nearest

# More combinations than this are a search for luck, not a question: each is a profile that runs.
MOST_COMBINATIONS = 200

_RANGE = ".."
_SPAN = TypeAdapter(timedelta)
_BOUNDS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}


class ParameterError(ValueError):
    """What was given cannot be tried; the message says what is allowed."""


class Swept(NamedTuple):
    """A parameter and the values to try, as they are written in a profile.

    `currency` is there for amounts of money: the one whose amount is changed, the others stay.
    """

    name: str
    values: tuple[Any, ...]
    currency: str | None = None

    @property
    def label(self) -> str:
        """The parameter as it was named: `window`, `sums_minor.CNY`."""
        return self.name if self.currency is None else f"{self.name}.{self.currency}"


# The values of one combination by the labels of their parameters, in the order given.
Combination = dict[str, Any]


def read_swept(texts: Sequence[str], detector: type[Detector[Any, Any]], *, steps: int) -> tuple[Swept, ...]:
    """Read what is to be tried, each against the detector's own parameter.

    A range without a step is cut into `steps` values, both ends among them. Raises ParameterError.
    """
    if not texts:
        raise ParameterError("nothing to try: give at least one --parameter name=lo..hi or name=a,b,c")
    swept = tuple(_read(text, detector, steps) for text in texts)
    labels = [each.label for each in swept]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ParameterError(f"{listed(twice)} is given twice; write all of its values as one list")
    count = math.prod(len(each.values) for each in swept)
    if count > MOST_COMBINATIONS:
        sizes = " times ".join(f"{len(each.values)} of {each.label}" for each in swept)
        raise ParameterError(
            f"{counted(count, 'combination')} ({sizes}); at most {MOST_COMBINATIONS} are tried. Take fewer "
            "--steps, a longer step (lo..hi/step), or first a wide grid and then a narrow one"
        )
    return swept


def combinations(swept: Sequence[Swept]) -> tuple[Combination, ...]:
    """Give every combination, the last parameter changing fastest."""
    labels = [each.label for each in swept]
    return tuple(
        dict(zip(labels, values, strict=True)) for values in product(*(each.values for each in swept))
    )


def _read(text: str, detector: type[Detector[Any, Any]], steps: int) -> Swept:
    label, equals, given = text.partition("=")
    if not equals or not label or not given:
        raise ParameterError(f"{text!r} says nothing to try; write name=lo..hi, name=lo..hi/step or name=a,b")
    name, dot, currency = label.partition(".")
    types = {field.name: field.type for field in dataclasses.fields(detector)}
    if name not in types:
        raise ParameterError(f"no parameter {name!r}{nearest(name, types)}; there are: {', '.join(types)}")
    kind, schema = get_args(types[name])[0], types[name]
    if get_origin(kind) is dict:
        if not dot:
            raise ParameterError(f"{name} has an amount for each currency; name one: {name}.CNY={given}")
        TypeChecked(label, dict, schema).check({currency: 0})
        return Swept(name, _values(TypeChecked(label, int, get_args(kind)[1]), given, steps), currency)
    if dot:
        raise ParameterError(f"{label}: {name} has no parts; write {name}={given}")
    if get_origin(kind) is tuple:
        raise ParameterError(f"{name} is a list of names, which cannot be tried here; change the profile")
    return Swept(name, _values(TypeChecked(label, kind, schema), given, steps))


class TypeChecked(NamedTuple):
    """A parameter's label, the plain type of one of its values, and the type with all bounds."""

    label: str
    kind: Any
    schema: Any

    def check(self, value: Any) -> None:
        """Refuse a value that the detector would. Raises ParameterError saying what is allowed."""
        try:
            TypeAdapter(self.schema).validate_python(value)
        except ValidationError as error:
            should = self._allowed() or error.errors(include_url=False)[0]["msg"]
            raise ParameterError(f"{self.label} cannot be {written(value)}; allowed is: {should}") from None

    def _allowed(self) -> str:
        said = [
            f"{word} {written(getattr(bound, edge))}"
            for extra in get_args(self.schema)[1:]
            for bound in getattr(extra, "metadata", ())
            for edge, word in _BOUNDS.items()
            if hasattr(bound, edge)
        ]
        return " ".join(said)


def _values(parameter: TypeChecked, given: str, steps: int) -> tuple[Any, ...]:
    """Give the values as a profile holds them: numbers, truths, words, spans in ISO 8601."""
    if _RANGE in given:
        if parameter.kind not in (int, float, timedelta):
            raise ParameterError(f"{parameter.label} has no range; list the values: {parameter.label}=a,b,c")
        found = _range(parameter, given, steps)
    else:
        read = _reader(parameter)
        found = [read(part.strip()) for part in given.split(",")]
    for value in found:
        parameter.check(value)
    return tuple(dict.fromkeys(written(value) for value in found))


def _range(parameter: TypeChecked, given: str, steps: int) -> list[Any]:
    ends, slash, step_text = given.partition("/")
    low_text, _, high_text = ends.partition(_RANGE)
    read = _reader(parameter)
    low, high = read(low_text.strip()), read(high_text.strip())
    for end in (low, high):
        parameter.check(end)
    if low > high:
        raise ParameterError(
            f"{parameter.label}: {given} goes backwards; write {high_text}..{low_text}{slash}{step_text}"
        )
    if not slash:
        return _spread(low, high, steps)
    step = read(step_text.strip())
    if not step > type(step)(0):
        raise ParameterError(f"{parameter.label}: the step {step_text} should be above 0")
    # A range of floats that is a whole number of steps long must not lose its end to rounding.
    count = math.floor((high - low) / step + 1e-9) + 1
    if count > MOST_COMBINATIONS:
        raise ParameterError(
            f"{parameter.label}: {given} is {count:,} values, at most {MOST_COMBINATIONS} are tried; "
            "take a longer step"
        )
    return [_tidy(low + number * step) for number in range(count)]


def _spread(low: Any, high: Any, steps: int) -> list[Any]:
    """Cut a range into so many values, both ends among them; whole numbers and seconds stay whole."""
    if low == high or steps == 1:
        return [low]
    if isinstance(low, int):
        return [low + round((high - low) * number / (steps - 1)) for number in range(steps)]
    inner = [_tidy(low + (high - low) * number / (steps - 1)) for number in range(1, steps - 1)]
    return [low, *inner, high]


def _tidy(value: Any) -> Any:
    if isinstance(value, timedelta):
        # A person reads and writes seconds; below one, milliseconds are what an event's time has.
        unit = timedelta(seconds=1) if value >= timedelta(seconds=10) else timedelta(milliseconds=1)
        return round(value / unit) * unit
    return float(f"{value:.10g}") if isinstance(value, float) else value


def _reader(parameter: TypeChecked) -> Callable[[str], Any]:
    kind = parameter.kind
    if kind is int:
        return lambda text: _number(parameter, text, int, "a whole number such as 6")
    if kind is float:
        return lambda text: _number(parameter, text, float, "a number such as 2.5")
    if kind is timedelta:
        return lambda text: _span(parameter, text)
    if kind is bool:
        return lambda text: _one_of(parameter, text, {"true": True, "false": False})
    if get_origin(kind) is Literal:
        return lambda text: _one_of(parameter, text, {word: word for word in get_args(kind)})
    return lambda text: text


def _number(parameter: TypeChecked, text: str, kind: type[int] | type[float], such: str) -> int | float:
    try:
        value = kind(text.replace("_", "x"))  # 1_000 is a number to Python alone
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ParameterError(f"{parameter.label}: {text!r} should be {such}")
    return value


def _span(parameter: TypeChecked, text: str) -> timedelta:
    try:
        return _SPAN.validate_python(float(text) if text.replace(".", "", 1).isdigit() else text)
    except ValidationError:
        raise ParameterError(
            f"{parameter.label}: {text!r} should be a length of time: PT10M, or a number of seconds"
        ) from None


def _one_of(parameter: TypeChecked, text: str, known: dict[str, Any]) -> Any:
    if text not in known:
        raise ParameterError(f"{parameter.label}: {text!r} should be one of {', '.join(known)}")
    return known[text]


def written(value: Any) -> Any:
    """Give a parameter's value as a profile holds it: a span as ISO 8601."""
    return _SPAN.dump_python(value, mode="json") if isinstance(value, timedelta) else value


def said(combination: Combination) -> str:
    """Write a combination in one line.

    >>> said({"window": "PT5M", "uses": 4, "count_declined": False})
    'window PT5M, uses 4, count_declined false'
    """
    return ", ".join(
        f"{label} {str(value).lower() if isinstance(value, bool) else value}"
        for label, value in combination.items()
    )
