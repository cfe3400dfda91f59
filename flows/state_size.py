"""How much a bucket remembers, told whenever its state is saved."""

from itertools import islice

import msgspec
from prometheus_client import Gauge

from flows.cells import Cells, parts
from flows.plan import ScopePlan
from observability.metrics import Metrics

# Cells of each bucket that detectors' shares are judged by: over 64 buckets a thousand, in 2 ms.
_SAMPLE = 16

_encode = msgspec.msgpack.Encoder().encode
_NOT_BEGUN = _encode(None)


class _Share:
    """What one bucket has added to a gauge that all buckets of a process share."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._told = 0

    def tell(self, now: int) -> None:
        self._gauge.inc(now - self._told)
        self._told = now


class StateSize:
    """Tells how many keys a bucket holds, in how many bytes, and what of that is each detector's.

    Bytes are known where state is saved only. What detectors have of it is judged by a few cells: those that
    nobody touched for longest, and those touched last.
    """

    def __init__(self, plan: ScopePlan, metrics: Metrics) -> None:
        """Begin with nothing told of a bucket of this plan."""
        scope = plan.scope.value
        self._keys = _Share(metrics.keys_held.labels(scope))
        self._bytes = _Share(metrics.state_bytes.labels(scope))
        self._detectors = [
            (
                _encode(watcher.detector.dump(watcher.detector.start())),
                _Share(metrics.detector_keys.labels(watcher.name)),
                _Share(metrics.detector_state_bytes.labels(watcher.name)),
            )
            for watcher in plan.watchers
        ]

    def tell(self, cells: Cells) -> None:
        """Tell how many keys there are."""
        self._keys.tell(len(cells))

    def tell_saved(self, cells: Cells, saved_bytes: int) -> None:
        """Tell of cells that have just been saved in so many bytes."""
        packed = cells.packed
        # All are there now; to count them otherwise takes a tenth of a second for a million.
        self._keys.tell(len(packed))
        self._bytes.tell(saved_bytes)
        sample = list(islice(packed.values(), _SAMPLE // 2))
        if len(packed) > len(sample):
            sample += islice(reversed(packed.values()), min(_SAMPLE // 2, len(packed) - len(sample)))
        split = [parts(cell) for cell in sample]
        for index, (start, keys, size) in enumerate(self._detectors):
            of_detector = [states[index] for states in split]
            remembered = sum(state not in (start, _NOT_BEGUN) for state in of_detector)
            keys.tell(_scaled(remembered, len(sample), len(packed)))
            size.tell(_scaled(sum(map(len, of_detector)), len(sample), len(packed)))


def _scaled(found: int, of_sample: int, of_all: int) -> int:
    return round(found * of_all / of_sample) if of_sample else 0
