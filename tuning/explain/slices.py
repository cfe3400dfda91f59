"""The slice of events that fires an alert again: with all of its evidence, and by as few as will do."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from detectors.base import Detector
from detectors.examples import Fired, run
from domain.alerts import Alert, alert_record
from domain.events import Event, Progress
from domain.instants import from_ms, to_ms
from domain.tables import Tables
from flows.alerting import alert_on, alert_on_silence
from flows.plan import plan_scopes
from tuning.explain.minimal import minimal
from tuning.explain.recorded import Handed
from tuning.explain.tables import least_tables

Record = dict[str, Any]
# What was in force is no part of what an alert says.
IN_FORCE = frozenset({"version", "parameters"})
# The same alert, whatever else it says.
_SAME = ("id", "at")


class Slice(NamedTuple):
    """Events in their order of arrival, the tables they are judged by, and all that fires."""

    events: tuple[Event, ...]
    tables: Tables
    fired: tuple[Fired, ...]


class Slices(NamedTuple):
    """`exact` fires the very alert, None where that cannot be; `least` the alert by a 1-minimal slice.

    What the least says may be less: the alert is the same by its id and time. `differing` are the fields in
    which the alert comes out otherwise where it cannot be had exactly.
    """

    exact: Slice | None
    least: Slice
    differing: tuple[str, ...] = ()


class Rerun:
    """One detector, set as it was, that runs over whatever events it is given."""

    def __init__(self, detector: Detector[Any, Any], tables: Tables) -> None:
        """Keep the detector and the published tables."""
        self.detector = detector
        reads_tables = type(detector).bound is not Detector.bound
        self._tables = tables if reads_tables else Tables()
        (plan,) = plan_scopes([detector], self._tables, log_scope=None, partitions=1)
        (self._watcher,) = plan.watchers

    @property
    def notices_silence(self) -> bool:
        """Whether it is woken when time has passed."""
        return self._watcher.notices_silence

    def alerts(self, events: Sequence[Event]) -> Iterator[Record]:
        """Give the alert records that events make, as an alert file holds them."""
        by_id = {event.event_id: event for event in events if not isinstance(event, Progress)}
        for fired in run(self.detector, events, self._tables):
            alert = self._alert(fired, by_id.get(fired.event_id))
            yield orjson.loads(orjson.dumps(alert_record(alert)))

    def fires(self, wanted: Record, names: Iterable[str]) -> Callable[[Sequence[Event]], bool]:
        """Give what tells whether events fire an alert that is the wanted one in the fields named."""
        names = tuple(names)
        return lambda events: any(
            all(alert.get(name) == wanted[name] for name in names) for alert in self.alerts(events)
        )

    def slice(self, events: Sequence[Event]) -> Slice:
        """Give events as a slice, with no more of the tables than it takes that all fires as it does."""
        fired = run(self.detector, events, self._tables)
        tables = least_tables(self._tables, lambda some: run(self.detector, events, some) == fired)
        return Slice(tuple(events), tables, tuple(fired))

    def _alert(self, fired: Fired, event: Any) -> Alert:
        scope, at_ms = self.detector.scope.value, fired.at_ms
        if event is None:
            return alert_on_silence(self._watcher, scope, fired.key, fired.finding, at_ms, told_ms=at_ms)
        return alert_on(self._watcher, scope, fired.key, fired.finding, event)


def slices_of(histories: Iterable[Sequence[Handed]], alert: Record, rerun: Rerun) -> Slices | None:
    """Find the slices of an alert in what its detector was handed; None where it does not fire again.

    Each history is that of the alert's key in one bucket of the flow.
    """
    streams = [_stream(history, alert, rerun) for history in histories]
    said = [name for name in alert if name not in IN_FORCE]
    exactly, same = rerun.fires(alert, said), rerun.fires(alert, _SAME)
    for events in streams:
        if whole := _until_told(events, alert, exactly):
            exact = minimal(whole, exactly)
            return Slices(rerun.slice(exact), rerun.slice(minimal(exact, same)))
    for events in streams:
        if whole := _until_told(events, alert, same):
            again = next(found for found in rerun.alerts(whole) if _are_equal(found, alert, _SAME))
            differing = tuple(name for name in said if not _are_equal(again, alert, (name,)))
            return Slices(None, rerun.slice(minimal(whole, same)), differing)
    return None


def _are_equal(found: Record, alert: Record, names: Iterable[str]) -> bool:
    return all(found.get(name) == alert[name] for name in names)


def _stream(history: Sequence[Handed], alert: Record, rerun: Rerun) -> list[Event]:
    """Give a history as a detector's examples have it: where time ran ahead of an event, a line says so."""
    if not rerun.notices_silence:
        return [handed.event for handed in history]
    events: list[Event] = []
    for handed in history:
        if handed.order_ms > handed.event.at_ms:
            events.append(_progress(handed.order_ms))
        events.append(handed.event)
    # The recorded stream went on until the alert was told, whichever key it was that moved time.
    latest_ms = max((handed.order_ms for handed in history), default=0)
    return [*events, _progress(max(latest_ms, _at_ms(alert)) + 1)]


def _until_told(
    events: Sequence[Event], alert: Record, fires: Callable[[Sequence[Event]], bool]
) -> list[Event]:
    """Give the events up to where the alert is told of; none where it never is."""
    # What has been told stays told, however the stream goes on: the place can be found by halving.
    told = bisect_left(range(len(events) + 1), True, key=lambda length: fires(events[:length]))
    if told > len(events):
        return []
    if alert["event_id"]:
        return list(events[:told])
    # Nothing but time was needed: no event that came with it.
    return [*events[: told - 1], _progress(_at_ms(alert) + 1)]


def _progress(at_ms: int) -> Progress:
    return Progress(at=from_ms(at_ms), at_ms=at_ms)


def _at_ms(alert: Record) -> int:
    return to_ms(datetime.fromisoformat(alert["at"]))
