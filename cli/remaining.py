"""How much of what is to be read was read, and how long the rest takes."""

from typing import NamedTuple

from flows.progress import Progress

# Until it has read for so long nobody can say how fast it is.
_LEAST_S = 1.0


class Estimate(NamedTuple):
    """The share that was read, 0 to 1, and how many seconds the rest takes, None while that is open."""

    share: float
    seconds_left: float | None


class Remaining:
    """Estimates from what the sources say is left: bytes of files as they lie there, messages of topics.

    Of files the share is that of all there is, also where a run goes on in the middle. Of topics nobody
    counted what an earlier run has read: it is the share of this run's. Of both together there is none, as
    nobody can say how many messages a byte is.
    """

    def __init__(self, *, file_bytes: int, files: int, topics: int) -> None:
        """Prepare for so many inputs of each kind, files and folders holding `file_bytes`."""
        self._files = files
        self._topics = topics
        self._whole = file_bytes
        self._first: tuple[float, int] | None = None

    def after(self, seconds: float, progress: Progress) -> Estimate | None:
        """Give the estimate after so many seconds; None while, or where, nothing can be said."""
        if self._files and self._topics:
            return None
        if not progress.partitions or progress.partitions < self._files:
            return None  # some have not said yet how much they have
        left = progress.left_messages if self._topics else progress.left_bytes
        if self._topics:
            self._whole = max(self._whole, left)
        if not self._whole:
            return None
        share = min(1.0, max(0.0, 1 - left / self._whole))
        if self._first is None:
            self._first = seconds, left
        began, first = self._first
        if seconds - began < _LEAST_S or left >= first:
            return Estimate(share, None)
        return Estimate(share, left * (seconds - began) / (first - left))
