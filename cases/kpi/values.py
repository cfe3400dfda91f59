"""The values of figures: shares that keep both their parts, and spreads of times."""

from collections.abc import Iterable
from math import ceil
from typing import Any

from msgspec import Struct


class Ratio(Struct, frozen=True):
    """A share or a mean, with both its parts; for times these are milliseconds over a count."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Give numerator / denominator; None of nothing, which is not the same as 0."""
        return self.numerator / self.denominator if self.denominator else None


class Spread(Struct, frozen=True, kw_only=True):
    """Times in milliseconds: how many, their mean (as a ratio), and percentiles by nearest rank."""

    mean: Ratio
    p50_ms: int | None = None
    p95_ms: int | None = None
    max_ms: int | None = None

    @property
    def count(self) -> int:
        """Give how many times were measured."""
        return self.mean.denominator

    @classmethod
    def of(cls, times_ms: Iterable[int]) -> "Spread":
        """Sum up times.

        >>> Spread.of([40, 10, 20, 30]).p50_ms
        20
        """
        ordered = sorted(times_ms)
        mean = Ratio(sum(ordered), len(ordered))
        if not ordered:
            return cls(mean=mean)
        return cls(mean=mean, p50_ms=_rank(ordered, 50), p95_ms=_rank(ordered, 95), max_ms=ordered[-1])


class Figure(Struct, frozen=True, kw_only=True):
    """One figure: its name, what it is of (a band, a rule), and its value; None with a note that says why."""

    name: str
    of: dict[str, str] = {}
    value: Ratio | Spread | None
    unit: str = "share"
    note: str = ""


def figure_record(figure: Figure) -> dict[str, Any]:
    """Give a figure as the one JSON object that interfaces show; times are in milliseconds."""
    record: dict[str, Any] = {"figure": figure.name, "of": figure.of, "unit": figure.unit}
    match figure.value:
        case Ratio() as ratio:
            record |= _parts(ratio)
        case Spread() as spread:
            record |= _parts(spread.mean)
            record |= {"p50": spread.p50_ms, "p95": spread.p95_ms, "max": spread.max_ms}
        case None:
            record |= {"value": None, "numerator": None, "denominator": None}
    return {**record, "note": figure.note} if figure.note else record


def _parts(ratio: Ratio) -> dict[str, Any]:
    return {"value": ratio.value, "numerator": ratio.numerator, "denominator": ratio.denominator}


def _rank(ordered: list[int], percent: int) -> int:
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1]
