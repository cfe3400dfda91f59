"""Which feeds have stopped: partitions, or kinds of events, that came hour by hour while others still do."""

from collections import deque
from collections.abc import Mapping


class Feeds:
    """What came of each feed in the last hours on end, and which have stopped."""

    def __init__(self, hours: int, least_due: float) -> None:
        """A feed that came in `hours` hours on end is missed where `least_due` events were due."""
        self._least_due = least_due
        self._past: deque[Mapping[str, int]] = deque(maxlen=hours)
        self._last = 0
        self._stopped: set[str] = set()

    def add(self, hour: int, counts: Mapping[str, int], *, ended: bool) -> dict[str, bool]:
        """Take in the next hour; says of feeds that they have stopped, or that they no longer have."""
        if hour != self._last + 1:
            # Nobody came at all for a while: what was usual before that tells nothing.
            self._past.clear()
        told = {name: False for name in self._stopped if counts.get(name)}
        steady = self._steady() if ended else {}
        told |= {name: True for name in steady if not counts.get(name) and self._due(name, steady, counts)}
        self._stopped = (self._stopped | {name for name, has in told.items() if has}) - {
            name for name, has in told.items() if not has
        }
        self._past.append(dict(counts))
        self._last = hour
        return told

    def _steady(self) -> dict[str, float]:
        """Give the mean count of each feed that came in every one of the last hours."""
        if len(self._past) < (self._past.maxlen or 0):
            return {}
        return {
            name: sum(past[name] for past in self._past) / len(self._past)
            for name in self._past[0]
            if all(past.get(name) for past in self._past)
        }

    def _due(self, name: str, steady: Mapping[str, float], counts: Mapping[str, int]) -> bool:
        """Whether enough was due of a feed: as much as usual, or less where the others bring less too."""
        others = [other for other in steady if other != name]
        usual = sum(steady[other] for other in others)
        now = sum(counts.get(other, 0) for other in others)
        return bool(usual) and steady[name] * min(1.0, now / usual) >= self._least_due
