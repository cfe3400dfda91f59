"""Published tables: what keys share, learnt elsewhere, immutable, in force from a time on record.

A table is used for events with `at >= effective_at` only, so a replay uses the table of the time.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Annotated, Any, Generic, Literal, TypeVar

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


class FeatureBins(Struct, frozen=True, kw_only=True):
    """How the values of one feature are sorted: bin 0 is «not known», bin i+1 those below `edges[i]`.

    Values from the last edge on are in the last bin, len(edges) + 1.
    """

    name: str
    edges: tuple[float, ...]


class ModelCard(Struct, frozen=True, kw_only=True):
    """What a model is: from when until when, of what and how it was learnt, and how well it did.

    `settings` are the learner's, `figures` what was measured on labels that it had not learnt when it scored
    them; `reliability` has a row for each decile of its scores: mean probability, share of fraud, count.
    """

    learnt_from: Instant
    learnt_until: Instant
    transactions: int
    frauds: int
    genuine: int
    settings: dict[str, float | int | str]
    figures: dict[str, float]
    reliability: tuple[tuple[float, float, int], ...] = ()


class RiskModel(Struct, frozen=True, kw_only=True, tag_field="table", tag="risk_model"):
    """A logistic regression over binned features and pairs of them, in force from `effective_at`.

    `weights` are by `feature:bin`, and by `feature:bin|feature:bin` for the pairs named in `crosses`; what
    is not there weighs nothing. `calibration` are rising points (score, probability) between which lines are
    drawn; without any the probability is the logistic function of the score. `ordinary` is the commonest bin
    of each feature: it has no part in scores, and reasons are told against it. `version` is the digest of all
    but `effective_at`.
    """

    effective_at: Instant
    version: Token
    features: tuple[FeatureBins, ...]
    crosses: tuple[tuple[str, str], ...]
    intercept: float
    weights: dict[str, float]
    calibration: tuple[tuple[float, float], ...] = ()
    ordinary: dict[str, int] = {}
    card: ModelCard


class TerminalRecord(Struct, frozen=True, array_like=True):
    """What is known of a terminal where fraud was confirmed: only labels known by then have a part in it.

    `lately` and `long` are shares of fraud among its labelled uses, those of long ago weighing less, by
    half-lives of 3 and 10 days; `row` is how many of the last labelled uses were fraud without a genuine one
    between, since `row_ms`; `last_ms` is the latest use that was fraud, and `genuine` how many genuine ones
    came after it. `uses` are labelled uses a day, those of long ago weighing less (half-life of 10 days).
    """

    lately: float
    long: float
    row: int
    row_ms: int
    last_ms: int
    genuine: int
    uses: float = 0.0


class TerminalRisk(Struct, frozen=True, kw_only=True, tag_field="table", tag="terminal_risk"):
    """The terminals where fraud was confirmed, as known at `effective_at`."""

    effective_at: Instant
    version: Token
    terminals: dict[str, TerminalRecord]


class CardSeen(Struct, frozen=True, array_like=True):
    """A card that was used at a point of compromise, for the last time at `at_ms` (ms since 1970)."""

    card: Token
    at_ms: int
    customer: Token | None = None


class CompromisePoint(Struct, frozen=True, kw_only=True):
    """A terminal, merchant or device that cards which turned bad have in common.

    Cards used there from `since` until `until` are exposed: `seen` in all, `bad` of them by now, where
    `expected` would have turned bad anyway; `p_value` is the chance of so many. `cards` are those
    that are to be watched, also some that were used there shortly before or after, `bad_cards` those that
    turned bad, the latest used there first. `loss_minor` (of `currency`) is what was taken with a bad card on
    average, 0 where nobody knows.
    """

    kind: Literal["terminal", "device", "merchant"]
    id: Token
    since: Instant
    until: Instant
    seen: int
    bad: int
    expected: float
    p_value: float
    cards: tuple[CardSeen, ...]
    bad_cards: tuple[CardSeen, ...] = ()
    loss_minor: int = 0
    currency: str = ""

    @property
    def name(self) -> str:
        """Name the point as it is told apart from others: `terminal:t-17`."""
        return f"{self.kind}:{self.id}"


class CompromisePoints(Struct, frozen=True, kw_only=True, tag_field="table", tag="compromise_points"):
    """Common points of compromise as known at `effective_at`."""

    effective_at: Instant
    version: Token
    points: tuple[CompromisePoint, ...]


Published = SegmentAmounts | FaultRates | RiskModel | TerminalRisk | CompromisePoints
T = TypeVar("T", bound=Published)


class History(Generic[T]):
    """All versions of one table, oldest first."""

    __slots__ = ("_held",)

    def __init__(self, since_ms: tuple[int, ...] = (), versions: tuple[T, ...] = ()) -> None:
        """Keep versions, which rise in the times that they take effect at."""
        self._held = since_ms, versions

    @property
    def since_ms(self) -> tuple[int, ...]:
        """From when on each is in force."""
        return self._held[0]

    @property
    def versions(self) -> tuple[T, ...]:
        """The versions."""
        return self._held[1]

    def at(self, at_ms: int) -> T | None:
        """Give the version in force at `at_ms`, or None before the first."""
        since_ms, versions = self._held
        index = bisect_right(since_ms, at_ms)
        return versions[index - 1] if index else None

    def __eq__(self, other: object) -> bool:
        """Whether the other holds the same versions."""
        return isinstance(other, History) and self._held == other._held

    def __hash__(self) -> int:
        """Go by the times alone: what a table says may have no hash."""
        return hash(self.since_ms)

    def __repr__(self) -> str:
        """Show from when on which version is in force."""
        return f"{type(self).__name__}({[(each.effective_at, each.version) for each in self.versions]})"


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


# Of a table that nobody published.
_NONE: History[Any] = History()


@dataclass(frozen=True)
class Tables:
    """Every published table, handed to the detectors by the flow."""

    segment_amounts: History[SegmentAmounts] = _NONE
    fault_rates: History[FaultRates] = _NONE
    risk_model: History[RiskModel] = _NONE
    terminal_risk: History[TerminalRisk] = _NONE
    compromise_points: History[CompromisePoints] = _NONE

    @classmethod
    def of(cls, published: Iterable[Published]) -> "Tables":
        """Sort tables of all kinds. Raises ValueError when two of a kind take effect at the same time."""
        tables = list(published)
        return cls(
            history(table for table in tables if isinstance(table, SegmentAmounts)),
            history(table for table in tables if isinstance(table, FaultRates)),
            history(table for table in tables if isinstance(table, RiskModel)),
            history(table for table in tables if isinstance(table, TerminalRisk)),
            history(table for table in tables if isinstance(table, CompromisePoints)),
        )

    def never(self, name: str) -> bool:
        """Whether there is no version of a table, and none can come while the flow runs."""
        table: History[Any] = getattr(self, name)
        return type(table) is History and not table.versions

    def or_else(self, others: "Tables") -> "Tables":
        """Give each table as it is here, and where there is no version of it here, as it is there."""
        parts = (each.name for each in fields(self))
        return Tables(*(getattr(self if getattr(self, name).versions else others, name) for name in parts))


NO_TABLES = Tables()
