"""The loop over the events of a bucket: the hot one; the twin in C is native/flow/stepping.c."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from domain.alerts import Alert
from domain.events import Transaction
from domain.findings import Finding
from flows.cells import IDS, LATEST, MOST_IDS, PARTER, Cell
from flows.plan import Steps, Watcher

# Gives the cell of a key that is not at hand, with the time of the event that asks for it.
Fetch = Callable[[str, int], Cell]
Tell = Callable[[list[Alert], Watcher, str, tuple[Finding, ...], Any], None]
Fail = Callable[[Watcher, Exception], None]


class Stepper:
    """Lets the detectors of a scope see the events of a batch, each in the cell of its key."""

    def __init__(
        self,
        key: str,
        memory_ms: int,
        steps_of_use: Mapping[str, Mapping[str, Steps]],
        steps_of: Mapping[type, Steps],
        wake: Fetch,
        start: Fetch,
        last_ids: Callable[[str], str],
        tell: Tell,
        fail: Fail,
    ) -> None:
        """Take the field of events that has the key, and how long one that is silent matters.

        `steps_of_use` are the steps of transactions by channel and type, `steps_of` those of others. `wake`
        and `start` give cells, `last_ids` cuts back their text of ids. What detectors find is told to
        `tell`, and `fail` hears of one that fails: it stops no other.
        """
        self._key_of = attrgetter(key)
        self._memory_ms = memory_ms
        self._steps_of_use, self._steps_of = steps_of_use, steps_of
        self._wake, self._start, self._last_ids = wake, start, last_ids
        self._tell, self._fail = tell, fail

    def __call__(
        self, events: Sequence[Any], live: dict[str, Cell], latest_ms: int, alerts: list[Alert]
    ) -> tuple[int, int, int]:
        """Give the latest time by then, and how many events were repeats, and how many late."""
        # Locals instead of attributes, nothing made while all is quiet.
        key_of, memory_ms = self._key_of, self._memory_ms
        steps_of, steps_of_use = self._steps_of, self._steps_of_use
        repeats = late = 0
        for event in events:
            key = key_of(event)
            at_ms = event.at_ms
            cell = live.get(key) or self._wake(key, at_ms)
            known_ms = cell[LATEST]
            if latest_ms - known_ms > memory_ms:
                cell = self._start(key, at_ms)
                known_ms = at_ms
            ids = cell[IDS]
            event_id = event.event_id
            # Mostly a plain search tells; where it finds something, it may be within a longer id.
            if event_id in ids and f"{PARTER}{event_id}{PARTER}" in ids:
                repeats += 1
                continue
            ids = f"{ids}{event_id}{PARTER}"
            cell[IDS] = ids if len(ids) <= MOST_IDS * (len(event_id) + 1) + 1 else self._last_ids(ids)
            if at_ms < known_ms:
                late += 1
            else:
                cell[LATEST] = at_ms
                if at_ms > latest_ms:
                    latest_ms = at_ms
            if event.__class__ is Transaction:
                steps = steps_of_use[event.channel][event.type]
            else:
                steps = steps_of[event.__class__]
            for index, step, watcher, begin in steps:
                try:
                    state = cell[index]
                    if state is None:
                        state = cell[index] = begin()
                    found = step(state, event)
                except Exception as error:
                    self._fail(watcher, error)
                    continue
                if found:
                    self._tell(alerts, watcher, key, found, event)
        return latest_ms, repeats, late
