"""Waiting for a store that is held by others or away: the flow stands still and loses nothing."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import chain, repeat
from typing import TypeVar

from cases.errors import StoreBusy

T = TypeVar("T")

log = logging.getLogger(__name__)

# Beside the 15 s that a store itself waits for each turn. The last one is repeated.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4, 8))


def patiently(
    action: Callable[[], T],
    patience: timedelta | None = None,
    *,
    pauses: Sequence[timedelta] = _PAUSES,
    on_wait: Callable[[], object] = lambda: None,
) -> T:
    """Do `action`, again and again while the store is busy, after `pauses` and then always the last of them.

    For as long as it takes; with a `patience`, StoreBusy is raised once the pauses add up to it. An action
    must change nothing when it is done a second time: its first answer may have been lost with the server.
    `on_wait` is called before each pause.
    """
    waited = timedelta(0)
    for pause in chain(pauses, repeat(pauses[-1])):
        try:
            return action()
        except StoreBusy as busy:
            if patience is not None and waited >= patience:
                raise
            log.warning("%s; next try in %.1f s", busy, pause.total_seconds())
        on_wait()
        time.sleep(pause.total_seconds())
        waited += pause
    raise AssertionError("the pauses never end")
