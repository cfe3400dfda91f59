"""Which event times are believed, and where each event gets its time in milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo

from msgspec.structs import force_setattr

from connectors.faults import Fault
from domain.events import CardIssued, Event, Transaction
from domain.instants import EPOCH, iso, span_words, to_ms
from domain.rejections import Reason
from domain.telemetry import Telemetry

_DAY_MS = 86_400_000
# The same moment in each offset: subtracting within one takes a tenth of the time. There are 2,879 at most.
_EPOCHS: dict[tzinfo | None, datetime] = {}


def _epoch_in(zone: tzinfo | None) -> datetime:
    if not isinstance(zone, timezone):
        return EPOCH  # its offset changes over the year
    return _EPOCHS.setdefault(zone, EPOCH.astimezone(zone))


@dataclass(frozen=True)
class TimeBounds:
    """Event times from `earliest_ms` to `latest_ms` are believed, in milliseconds since 1970.

    An event with an ingest stamp may moreover be at most `ahead_of_ingest_ms` ahead of it: a clock that
    runs fast would otherwise carry the watermark into the future, and make every other event late.
    """

    earliest_ms: int
    latest_ms: int
    ahead_of_ingest_ms: int
    _behind: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse bounds that no event can meet."""
        if self.earliest_ms > self.latest_ms:
            raise ValueError("earliest_ms is after latest_ms; no event could be between them")
        if self.ahead_of_ingest_ms < 0:
            raise ValueError("ahead_of_ingest_ms is negative; 0 allows no event ahead of its ingest stamp")
        object.__setattr__(self, "_behind", timedelta(milliseconds=-self.ahead_of_ingest_ms))

    def stamp(self, events: Sequence[Event]) -> bool:
        """Set `at_ms` of each event; False as soon as one has times that `fault` must look at."""
        # The hot path: calendar days repeat, and numbers below 2**30 are the fast ones.
        day, midnight_ms, lowest_ms, highest_ms = None, 0, 0, 0
        behind = self._behind
        for event in events:
            at = event.at
            since = at - (_EPOCHS.get(at.tzinfo) or _epoch_in(at.tzinfo))
            if since.days != day:
                day = since.days
                midnight_ms = day * _DAY_MS
                lowest_ms = max(0, self.earliest_ms - midnight_ms)
                highest_ms = min(_DAY_MS, self.latest_ms - midnight_ms)
            of_day_ms = since.seconds * 1000 + since.microseconds // 1000
            if of_day_ms < lowest_ms or of_day_ms > highest_ms:
                return False
            if type(event) is Transaction or type(event) is CardIssued or type(event) is Telemetry:
                ingested = event.ingested_at
                if ingested is not None:
                    ingested_since = ingested - (_EPOCHS.get(ingested.tzinfo) or _epoch_in(ingested.tzinfo))
                    if ingested_since - since < behind:
                        return False
                if type(event) is Transaction and event.ended_at is not None and event.ended_at < at:
                    return False
            force_setattr(event, "at_ms", midnight_ms + of_day_ms)
        return True

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
