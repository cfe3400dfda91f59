"""Sinks: the lines that were no event, with a limit past which the flow should stop."""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from cases.store import open_store
from connectors.dead_letter_lines import dead_letter_record
from connectors.line_file import LineFileSink
from connectors.patience import patiently
from domain.rejections import Reason, Rejected

_REASONS_NAMED = 3


class DeadLetterSink(FixedPartitionedSink[Rejected, None]):
    """Refused lines, from items (key, Rejected), into the store at `url`.

    Unit of parallelism: none; one worker holds the one connection that writes.

    Guarantee: each line is kept once. A batch is one transaction, committed before the epoch can be; what
    comes again after a crash is known by its id and changes nothing, not even a correction made meanwhile.

    While another process holds the store, or the database is away, the flow stands still and then goes on.

    Resumed: nothing; the store knows what it has.
    """

    def __init__(self, url: str) -> None:
        """Keep the URL; the store is opened by the worker that writes to it."""
        self._url = url

    def list_parts(self) -> list[str]:
        return ["dead_letters"]

    def part_fn(self, item_key: str) -> int:
        return 0

    def build_part(
        self, step_id: str, for_part: str, resume_state: None
    ) -> StatefulSinkPartition[Rejected, None]:
        return _StorePartition(self._url)


class _StorePartition(StatefulSinkPartition[Rejected, None]):
    def __init__(self, url: str) -> None:
        self._store = patiently(lambda: open_store(url))

    def write_batch(self, values: list[Rejected]) -> None:
        patiently(lambda: self._store.dead_letters.add(values))

    def snapshot(self) -> None:
        return None

    def close(self) -> None:
        self._store.close()


class DeadLetterFileSink(LineFileSink[Rejected]):
    """Refused lines, from items (key, Rejected), for a run without a store.

    Parallelism, guarantee and resumption are those of LineFileSink.
    """

    part = "dead_letters"

    def record(self, item: Rejected) -> dict[str, Any]:
        return dead_letter_record(item)


class ShareLimit:
    """Says when too many of a partition's latest lines were refused: the bug is then ours, or the feed's.

    It looks at the last `window_lines` lines of each partition, or a block more. Before there were so many,
    those still to come count as good, so that one bad line at the very beginning stops nothing. A share of
    1 is never exceeded.
    """

    def __init__(self, limit_share: float, window_lines: int = 10_000) -> None:
        """Allow at most `limit_share` (0 to 1) of `window_lines` lines to be refused."""
        if not 0 <= limit_share <= 1:
            raise ValueError(f"limit_share is {limit_share}; it must be a share between 0 and 1")
        if window_lines < 1:
            raise ValueError(f"window_lines is {window_lines}; it must be 1 or more")
        self._limit_share = limit_share
        self._window_lines = window_lines
        self._windows: dict[str, _Window] = {}

    def add(self, partition: str, events: int, rejected: Sequence[Rejected]) -> str | None:
        """Count the next block of a partition: its events and its refused lines.

        Gives what to tell the operator when the limit is exceeded, else None.
        """
        window = self._windows.setdefault(partition, _Window())
        window.push(events + len(rejected), Counter(each.reason for each in rejected), self._window_lines)
        refused = window.reasons.total()
        if refused <= self._limit_share * max(window.lines, self._window_lines):
            return None
        worst = window.reasons.most_common(_REASONS_NAMED)
        named = ", ".join(f"{count} {reason}" for reason, count in worst)
        last = f" The last one: {rejected[-1].detail}." if rejected else ""
        return (
            f"{refused} of the last {window.lines} lines of {partition} are no events ({named}), more than "
            f"{self._limit_share * 100:g}% of {max(window.lines, self._window_lines)}.{last} "
            f"Look at them with `riskdesk dead-letters list --reason {worst[0][0]}`; "
            "if they are rightly refused, raise dead_letters.limit_share in the profile"
        )


class _Window:
    """The latest blocks of one partition: how many lines, and how many refused for which reason."""

    def __init__(self) -> None:
        self.lines = 0
        self.reasons: Counter[Reason] = Counter()
        self._blocks: deque[tuple[int, Counter[Reason]]] = deque()

    def push(self, lines: int, reasons: Counter[Reason], least: int) -> None:
        """Take in a block; let go of the oldest as long as `least` lines remain."""
        self._blocks.append((lines, reasons))
        self.lines += lines
        self.reasons += reasons
        while self.lines - self._blocks[0][0] >= least:
            old_lines, old_reasons = self._blocks.popleft()
            self.lines -= old_lines
            self.reasons -= old_reasons
