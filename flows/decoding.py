"""From raw blocks to what crosses the exchange: decoded, joined with reference data, sorted by bucket."""

import logging
from collections import Counter

from config.profiles import PastLimit
from connectors.blocks import Block
from connectors.codec import Codec
from connectors.dead_letters import ShareLimit
from connectors.stopping import StopSign
from devices.registry import Fleet
from domain.events import CardIssued, Event, Transaction, type_of_kind
from domain.reference import Reference
from domain.rejections import Rejected
from domain.telemetry import Telemetry
from flows.exchange import Addressed, Exchange
from observability.metrics import Metrics

log = logging.getLogger(__name__)

KIND_OF_TYPE = {type_: kind for kind, type_ in type_of_kind.items()}


class Decoding:
    """The flow's first step: one block in; its batches by scope and bucket, and its dead letters, out.

    When refused lines exceed the profile's share, it asks the flow to stop: what was read is then still
    watched and kept, and nothing more is read. Where `past_limit` says to go on, it only tells of the
    partition, once.
    """

    def __init__(
        self,
        codec: Codec,
        reference: Reference,
        fleet: Fleet,
        exchange: Exchange,
        limit: ShareLimit,
        stop: StopSign,
        metrics: Metrics,
        past_limit: PastLimit = "stop",
    ) -> None:
        """Put the parts together; one of these serves all partitions of a worker."""
        self._codec = codec
        self._reference = reference
        self._fleet = fleet
        self._exchange = exchange
        self._limit = limit
        self._stop = stop
        self._metrics = metrics
        self._past_limit = past_limit
        self._poisoned: set[str] = set()
        self._unknown_fields = 0

    def __call__(self, block: Block) -> list[Addressed | Rejected]:
        """Decode, join and route one block."""
        events, rejected = self._codec.decode(block)
        if not (self._reference.empty and self._fleet.empty):
            self._join(events)
        self._count(block, events, rejected)
        trouble = self._limit.add(block.partition, len(events), rejected)
        if trouble is not None:
            self._on_trouble(block.partition, trouble)
        return [*self._exchange.route(block.partition, events, block.last), *rejected]

    def _on_trouble(self, partition: str, trouble: str) -> None:
        if self._past_limit == "stop":
            self._stop.ask(trouble)
        elif partition not in self._poisoned:
            self._poisoned.add(partition)
            log.error("%s. The profile says to go on", trouble)

    def _join(self, events: list[Event]) -> None:
        join, join_device = self._reference.join, self._fleet.join
        unresolved = 0
        for event in events:
            if isinstance(event, (Transaction, CardIssued)):
                unresolved += not join(event)
            elif isinstance(event, Telemetry):
                unresolved += not join_device(event)
        if unresolved:
            self._metrics.unresolved.inc(unresolved)

    def _count(self, block: Block, events: list[Event], rejected: list[Rejected]) -> None:
        metrics = self._metrics
        metrics.bytes_read.inc(len(block.data))
        types = Counter(map(type, events))
        for type_, count in types.items():
            metrics.events.labels(KIND_OF_TYPE[type_]).inc(count)
        metrics.hours.add_block(block.partition, block.offset, events, types)
        for reason, count in Counter(letter.reason for letter in rejected).items():
            metrics.rejected.labels(reason.value).inc(count)
        grown = self._codec.unknown_fields.total() - self._unknown_fields
        if grown:
            metrics.unknown_fields.inc(grown)
            self._unknown_fields += grown
        if events:
            metrics.event_time.labels(block.partition).set(events[-1].at_ms / 1000)
