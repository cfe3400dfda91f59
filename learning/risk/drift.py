"""Says when the world has left the model: log loss of labels as they arrive, and the share of alerts.

Three figures are watched, each by River's ADWIN (Bifet, Gavalda: SIAM Data Mining 2007), which keeps a window
of what is alike and says when its older part differs from its newer:

- `frauds`: the loss of each fraud; it rises when frauds come that the model does not see;
- `genuine`: the mean loss of 250 genuine ones; it rises when honest use begins to look like fraud;
- `alerts`: the share of alerts in 1000 uses; it changes, up or down, before any label tells why.

A loss that falls is a model that learns, and no alarm.

Claims are mostly of frauds and arrive at a pace of their own, so a loss of all labels together would move
with the mail.
"""

from math import isfinite

from msgspec import Struct
from river import drift

# Losses are cut here: one surprise of many is no drift.
_MOST_LOSS = 10.0
# ADWIN is made for figures from 0 to 1: they are divided by so many times the mean of the first so many.
_SCALE, _FIRST = 8.0, 30
# The share of alerts is of so many uses.
_USES = 1000
# So many figures are looked back on; then the older half is forgotten.
_MOST = 4096
# Alarms that are told; older ones are history.
_MOST_ALARMS = 50


class Alarm(Struct, frozen=True):
    """At `at_ms` the figure `what` was found to have changed: its mean was `before`, and is `after`."""

    at_ms: int
    what: str
    before: float
    after: float


class WatchState(Struct):
    """One watched figure as plain values."""

    values: list[float]
    scale: float
    total: float
    count: int


class Watch:
    """Watches one figure: the mean of each `batch` values that are added.

    River's object holds what cannot be written down. So it is made again from the figures that are still in
    its window: on loading, after a change and when there are too many. A run that was stopped goes on the
    same.
    """

    def __init__(self, what: str, batch: int = 1, *, both_ways: bool = False) -> None:
        """Begin with nothing; a figure that falls gives an alarm only where it goes `both_ways`."""
        self._what, self._batch, self._both_ways = what, batch, both_ways
        self._state = WatchState([], 0.0, 0.0, 0)
        self._adwin = _fed([])

    def add(self, value: float, at_ms: int) -> Alarm | None:
        """Take in a value; give an alarm when the figure has changed."""
        # One value that is no number would spoil the window for good.
        if not isfinite(value):
            raise ArithmeticError(f"{value} of {self._what} is no number to watch")
        state = self._state
        state.total += value
        state.count += 1
        if state.count < self._batch:
            return None
        figure, state.total, state.count = state.total / state.count, 0.0, 0
        state.values.append(figure)
        if not state.scale:
            if len(state.values) < _FIRST:
                return None
            state.scale = max(1e-9, _SCALE * sum(state.values) / len(state.values))
            self._adwin = self._rebuilt()
            return None
        self._adwin.update(min(1.0, figure / state.scale))
        if self._adwin.drift_detected:
            alarm = self._changed(at_ms)
            return alarm if alarm.after > alarm.before or self._both_ways else None
        if len(state.values) >= _MOST:
            state.values = state.values[-_MOST // 2 :]
            self._adwin = self._rebuilt()
        return None

    def dump(self) -> WatchState:
        """Give it as plain values."""
        return self._state

    def load(self, state: WatchState) -> None:
        """Go on from what `dump` gave."""
        self._state = state
        self._adwin = self._rebuilt()

    def _changed(self, at_ms: int) -> Alarm:
        values = self._state.values
        kept = max(1, min(len(values) - 1, int(self._adwin.width)))
        older, newer = values[:-kept], values[-kept:]
        self._state.values = newer
        self._adwin = self._rebuilt()
        return Alarm(at_ms, self._what, round(sum(older) / len(older), 6), round(sum(newer) / kept, 6))

    def _rebuilt(self) -> drift.ADWIN:
        scale = self._state.scale
        return _fed([min(1.0, value / scale) for value in self._state.values] if scale else [])


class DriftState(Struct):
    """What is watched as plain values."""

    watches: dict[str, WatchState]
    alarms: list[Alarm]
    total: int
    uses: int
    alerts: int


class DriftWatch:
    """Watches a model at work; `alarms` are the last 50, oldest first, and `total` counts all."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.alarms: list[Alarm] = []
        self.total = 0
        self._watches = {
            "frauds": Watch("frauds"),
            "genuine": Watch("genuine", 250),
            "alerts": Watch("alerts", both_ways=True),
        }
        # Uses since the last share of alerts, and how many of them were such.
        self._uses = self._alerts = 0

    def label(self, loss: float, at_ms: int, *, fraud: bool) -> None:
        """Take in the loss of a label that became known at `at_ms`."""
        self._add("frauds" if fraud else "genuine", min(_MOST_LOSS, loss), at_ms)

    def use(self, at_ms: int, *, alert: bool) -> None:
        """Take in whether a use at `at_ms` was scored high enough for an alert."""
        self._uses += 1
        self._alerts += alert
        if self._uses == _USES:
            share, self._uses, self._alerts = self._alerts / _USES, 0, 0
            self._add("alerts", share, at_ms)

    def dump(self) -> DriftState:
        """Give what is watched as plain values."""
        watches = {what: watch.dump() for what, watch in self._watches.items()}
        return DriftState(watches, self.alarms, self.total, self._uses, self._alerts)

    def load(self, state: DriftState) -> None:
        """Go on from what `dump` gave."""
        self.alarms, self.total = state.alarms, state.total
        self._uses, self._alerts = state.uses, state.alerts
        for what, watch in self._watches.items():
            watch.load(state.watches[what])

    def _add(self, what: str, value: float, at_ms: int) -> None:
        alarm = self._watches[what].add(value, at_ms)
        if alarm is not None:
            self.alarms = [*self.alarms, alarm][-_MOST_ALARMS:]
            self.total += 1


def _fed(values: list[float]) -> drift.ADWIN:
    adwin = drift.ADWIN()
    for value in values:
        adwin.update(value)
    return adwin
