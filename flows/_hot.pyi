"""What native/flow gives where it was built."""

from collections.abc import Callable, Sequence
from typing import Any, final

from domain.alerts import Alert
from domain.events import Event
from flows.cells import Cell
from flows.plan import Steps
from flows.routing import Uses
from flows.stepping import Fail, Fetch, Tell

# A digest of the sources that it was built of.
SOURCES: str

def running_latest(events: Sequence[Event], /) -> list[int]: ...
def into_buckets(
    events: Sequence[Event],
    reads: frozenset[type],
    key: str,
    uses: Uses,
    orders: list[int] | None,
    count: int,
    /,
) -> tuple[list[list[Any]], list[list[int]] | None]: ...

@final
class Stepper:
    def __init__(
        self,
        key: str,
        memory_ms: int,
        steps_of_use: dict[str, dict[str, Steps]],
        steps_of: dict[type, Steps],
        wake: Fetch,
        start: Fetch,
        last_ids: Callable[[str], str],
        tell: Tell,
        fail: Fail,
        /,
    ) -> None: ...
    def __call__(
        self, events: Sequence[Any], live: dict[str, Cell], latest_ms: int, alerts: list[Alert], /
    ) -> tuple[int, int, int]: ...
