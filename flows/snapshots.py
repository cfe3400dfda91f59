"""What the recovery store keeps of one bucket, in every shape that an earlier riskdesk has written.

A snapshot is plain values throughout, so that looking at a store needs nobody's classes.
"""

from io import BytesIO
from pickle import Unpickler, UnpicklingError
from typing import Any

from flows.cells import Layout
from flows.recovery import RecoveryError
from flows.silence import Saved

# Raised when the shape of a snapshot changes; `current` must go on reading the older ones. Up to 2 every
# detector's state was in every cell; since 3 there is None for what a detector has seen nothing of.
SNAPSHOT_FORMAT = 3

# Format, layout of the cells, latest event time, packed cells, held-back events, keys due, and the
# parameters (see ScopePlan.wakes_under) that these became due under.
Snapshot = tuple[int, Layout, int, bytes, Any, Saved | None, str]

NOTHING: Snapshot = (SNAPSHOT_FORMAT, [], 0, b"", None, None, "")


def current(saved: tuple[Any, ...] | None) -> Snapshot:
    """Give a snapshot in today's shape, an empty one for None.

    Raises RecoveryError for one that a newer riskdesk wrote.
    """
    if saved is None:
        return NOTHING
    written, *rest = saved
    if written > SNAPSHOT_FORMAT:
        raise RecoveryError(
            f"the recovery store holds snapshots of format {written}, this riskdesk reads them up to format "
            f"{SNAPSHOT_FORMAT}; go on with the newer riskdesk, or begin anew with an empty recovery folder"
        )
    if written < 2:
        # Under which parameters is not known, so what is due is worked out again.
        rest.append("")
    layout, latest_ms, packed, order, due, due_under = rest
    return SNAPSHOT_FORMAT, layout, latest_ms, packed, order, due, due_under


class _PlainUnpickler(Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise UnpicklingError(f"{module}.{name} is no plain value")


def read_plain(pickled: bytes) -> Any:
    """Read what the engine has pickled without running anything that the bytes name.

    Raises pickle.UnpicklingError where they hold more than plain values.
    """
    return _PlainUnpickler(BytesIO(pickled)).load()
