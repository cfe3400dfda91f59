"""Which event times are believed, and where each event gets its time in milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.faults import Fault
from connectors.hot import stamp
from domain.events import Event, Transaction
from domain.instants import iso, span_words, to_ms
from domain.rejections import Reason


@dataclass(frozen=True)
class TimeBounds:
    """Event times from `earliest_ms` to `latest_ms` are believed, in milliseconds since 1970.

    An event with an ingest stamp may moreover be at most `ahead_of_ingest_ms` ahead of it: a clock that
    runs fast would otherwise carry the watermark into the future, and make every other event late.
    """

    earliest_ms: int
    latest_ms: int
    ahead_of_ingest_ms: int

    def __post_init__(self) -> None:
        """Refuse bounds that no event can meet."""
        if self.earliest_ms > self.latest_ms:
            raise ValueError("earliest_ms is after latest_ms; no event could be between them")
        if self.ahead_of_ingest_ms < 0:
            raise ValueError("ahead_of_ingest_ms is negative; 0 allows no event ahead of its ingest stamp")

    def stamp(self, events: Sequence[Event]) -> bool:
        """Set `at_ms` of each event; False as soon as one has times that `fault` must look at."""
        return stamp(events, self.earliest_ms, self.latest_ms, self.ahead_of_ingest_ms)

    def fault(self, event: Event) -> Fault:
        """Say what is wrong with the times of an event that could not be stamped."""
        at = event.at.isoformat()
        at_ms = to_ms(event.at)
        if at_ms < self.earliest_ms:
            return Fault(Reason.TOO_EARLY, f"$.at is {at}, expected from {iso(self.earliest_ms)} on")
        if at_ms > self.latest_ms:
            return Fault(Reason.TOO_LATE, f"$.at is {at}, expected up to {iso(self.latest_ms)}")
        if isinstance(event, Transaction) and event.ended_at is not None and event.ended_at < event.at:
            return Fault(
                Reason.OUT_OF_RANGE,
                f"$.ended_at is {event.ended_at.isoformat()}, expected not before $.at, which is {at}",
            )
        return Fault(
            Reason.TOO_LATE,
            f"$.at is {at}, expected at most {span_words(self.ahead_of_ingest_ms)} after $.ingested_at; "
            "is a clock wrong?",
        )
