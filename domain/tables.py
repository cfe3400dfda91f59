"""Published tables: what keys share, learnt elsewhere, immutable, in force from a time on record.

A table is used for events with `at >= effective_at` only, so a replay uses the table of the time.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from domain.event_fields import Instant, Token
from domain.instants import to_ms


class SegmentAmount(Struct, frozen=True, kw_only=True):
    """The amounts of one segment of card use, as natural logs of minor units.

    `mean` and `sd` describe the habit, `high` is the quantile `quantile` of it; `count` is how many
    amounts they were learnt from.
    """

    mean: float
    sd: float
    high: float
    quantile: float
    count: int


class SegmentAmounts(Struct, frozen=True, kw_only=True, tag_field="table", tag="segment_amounts"):
    """What each segment (`currency|type|channel`) spends, in force from `effective_at`."""

    effective_at: Instant
    version: Token
    segments: dict[str, SegmentAmount]


class ModelFaults(Struct, frozen=True, kw_only=True):
    """How often devices of one model fail: a gamma distribution of their rates a day.

    `mean` is the mean rate and `shape` how alike they are: the standard deviation of the rates is
    mean / sqrt(shape). `devices` and `days` are how many, and for how long together, it was learnt from.
    """

    mean: Annotated[float, Meta(gt=0)]
    shape: Annotated[float, Meta(gt=0)]
    devices: int
    days: float


class FaultRates(Struct, frozen=True, kw_only=True, tag_field="table", tag="fault_rates"):
    """How often the devices of each model fail, in force from `effective_at`."""

    effective_at: Instant
    version: Token
    models: dict[str, ModelFaults]


Published = SegmentAmounts | FaultRates
T = TypeVar("T", bound=Published)


@dataclass(frozen=True)
class History(Generic[T]):
    """All versions of one table, oldest first."""

    since_ms: tuple[int, ...] = ()
    versions: tuple[T, ...] = ()

    def at(self, at_ms: int) -> T | None:
        """Give the version in force at `at_ms`, or None before the first."""
        index = bisect_right(self.since_ms, at_ms)
        return self.versions[index - 1] if index else None


def history(tables: Iterable[T]) -> History[T]:
    """Order versions of one table by the time they take effect.

    Raises ValueError when two take effect at the same time: which one holds would be a guess.
    """
    ordered = sorted(tables, key=lambda table: table.effective_at)
    since = tuple(to_ms(table.effective_at) for table in ordered)
    for earlier, later in pairwise(since):
        if earlier == later:
            raise ValueError(
                "two versions of a table take effect at the same time; publish one of them later"
            )
    return History(since, tuple(ordered))


@dataclass(frozen=True)
class Tables:
    """Every published table, handed to the detectors by the flow."""

    segment_amounts: History[SegmentAmounts] = History()
    fault_rates: History[FaultRates] = History()

    @classmethod
    def of(cls, published: Iterable[Published]) -> "Tables":
        """Sort tables of all kinds. Raises ValueError when two of a kind take effect at the same time."""
        tables = list(published)
        return cls(
            history(table for table in tables if isinstance(table, SegmentAmounts)),
            history(table for table in tables if isinstance(table, FaultRates)),
        )
