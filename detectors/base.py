"""The one interface of a detector: parameters on a frozen object, memory in the hand."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import product
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_args

from pydantic import ConfigDict, Field

from domain.event_fields import MOST_MINOR
from domain.events import CardIssued, Channel, Event, Transaction, TransactionType
from domain.findings import Finding, Severity
from domain.tables import Tables
from domain.telemetry import Telemetry

E = TypeVar("E", bound=Transaction | CardIssued | Telemetry)
S = TypeVar("S")
Step = Callable[[Any, Any], tuple[Finding, ...]]
# Channel and type of a transaction, and all there are.
Use = tuple[str, str]
EVERY_USE: frozenset[Use] = frozenset(product(get_args(Channel), get_args(TransactionType)))
# Types of parameters: a length of time, and amounts of money by their ISO 4217 codes.
Span = Annotated[timedelta, Field(ge=timedelta(milliseconds=1), le=timedelta(days=3650))]
MinorByCurrency = dict[
    Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[int, Field(ge=0, le=MOST_MINOR)]
]


class Scope(StrEnum):
    """What a detector keeps memory of; the value is the event's field that holds the key."""

    CARD = "card"
    CUSTOMER = "customer"
    TERMINAL = "terminal"
    MERCHANT = "merchant"
    DEVICE = "device"
    BRANCH = "branch"
    ISSUANCE = "issuance"
    CELL = "cell"


@dataclass(frozen=True, kw_only=True)
class Detector(ABC, Generic[E, S]):
    """Watch one kind of thing and say what is wrong with an event, given what came before.

    A subclass lives alone in `detectors/<name>.py` beside `<name>.examples.yaml`; the file name is the
    detector's name. Its docstring has the paragraphs Why, Misses, False alarms, State and, where a
    constant needs one, Source. Parameters are dataclass fields with a default, a bound and a unit in
    the name or type; nothing else is kept on the object. The step never reads a clock, a file, a global
    or another key.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    scope: ClassVar[Scope]
    reads: ClassVar[tuple[type, ...]] = (Transaction,)
    # The types and channels of the transactions that can change its state or make it fire: with others it is
    # not troubled. None for all.
    types: ClassVar[frozenset[str] | None] = None
    channels: ClassVar[frozenset[str] | None] = None
    severity: ClassVar[Severity]
    # The documented probability that a finding is true, until labels say better.
    prior: ClassVar[float]
    version: ClassVar[int] = 1
    # Raised when dump's shape changes; load then reads the older shapes too.
    state_version: ClassVar[int] = 1
    # Whether constant input must never alert (the detector is about the unusual).
    about_the_unusual: ClassVar[bool] = True
    # Optional fields of events without which it never fires: where all events lack one, its rule is ill.
    needs: ClassVar[tuple[str, ...]] = ()
    # The published table without which nothing can change its state or make it fire.
    rests_on: ClassVar[str | None] = None
    # The fewest alerts that a million events read bring where anything is wrong at all, None where nobody
    # can say: rings may stay away for weeks.
    least_per_million: ClassVar[float | None] = None
    # The largest share of the events read that may credibly bring an alert.
    most_share: ClassVar[float] = 0.05
    # Contract checks that do not apply, each with its reason.
    waives: ClassVar[dict[str, str]] = {}

    @classmethod
    def wanted_uses(cls) -> frozenset[Use]:
        """Give the channels and types of the transactions that it is troubled with."""
        return frozenset(
            (channel, type_)
            for channel, type_ in EVERY_USE
            if (cls.channels is None or channel in cls.channels) and (cls.types is None or type_ in cls.types)
        )

    @classmethod
    def wants(cls, event: Event) -> bool:
        """Say whether it is troubled with an event: whether that may change its state or make it fire."""
        if not isinstance(event, Transaction) or Transaction not in cls.reads:
            return type(event) in cls.reads
        return (cls.channels is None or event.channel in cls.channels) and (
            cls.types is None or event.type in cls.types
        )

    @abstractmethod
    def start(self) -> S:
        """Give the state of a key that has not been seen."""

    @abstractmethod
    def step(self, state: S, event: E) -> tuple[Finding, ...]:
        """Let the event change the state, and return what is wrong: () when quiet, nearly always."""

    @abstractmethod
    def dump(self, state: S) -> tuple[Any, ...]:
        """Give the state as plain numbers, strings, None and nested tuples or lists of them."""

    @abstractmethod
    def load(self, dumped: list[Any], state_version: int) -> S:
        """Give the state that was dumped by `state_version`; sequences come back as lists."""

    @property
    @abstractmethod
    def memory(self) -> timedelta:
        """How long after a key's last event its state still matters.

        Once it is past, the state may be thrown away: `step` must answer as if from `start`.
        """

    def bound(self, tables: Tables) -> Step:
        """Give the step with the published tables it reads; most read none."""
        del tables
        return self.step

    def due(self, state: S) -> int | None:
        """Give the event time in ms at which `expire` wants to be called, or None.

        Override both to notice silence. Of a state as `start` made it nothing is due: nobody asks before an
        event was seen.
        """
        del state
        return None

    def expire(self, state: S, at_ms: int) -> tuple[Finding, ...]:
        """Let the silence until `at_ms` change the state; findings name their `anchor`."""
        del state, at_ms
        return ()
