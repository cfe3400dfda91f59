"""What native/intake gives where it was built."""

from collections.abc import Sequence

from domain.events import Event

# A digest of the sources that it was built of.
SOURCES: str

def stamp(events: Sequence[Event], earliest_ms: int, latest_ms: int, ahead_of_ingest_ms: int, /) -> bool: ...
