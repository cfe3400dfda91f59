"""A desk that makes so many calls an hour, and the fraud money that it is in time for.

**Alerts** of one party (a customer) go into the party's open case, or open one. A case keeps its worst
severity and its highest exposure, and its probability is what the product makes of all its detectors.
Nobody has called by 7 days after its latest alert: it lapses.

**Episodes** are what is true: a party's fraud from its first use until it would end without the desk. The
first use is lost in any case, as no alert can come before it; the others are what can still be saved.

**Calls** are evenly spread over the hour, all hours of the day. At each the desk takes the case that is
first in its order at that moment, and the call takes effect at once. If the party is in an episode by
then, all later uses of that episode are saved, and its alerts stay away. If not, the call costs its
place, the case is closed, and alerts of the party are ignored for the 24 hours that follow: the owner has
said that all is well. Everybody is reached, and nobody learns anything from the calls but whom not to
call again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

from cases.combination import CombinationPolicy
from domain.findings import Severity

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LAPSE_MS = 7 * DAY_MS
_QUIET_MS = DAY_MS
_COMBINATION = CombinationPolicy()


class Alert(NamedTuple):
    """What an alert says of one party.

    `exposure_minor` is the party's share, `joint_minor` that of all whom the alert names: so many
    `people` with so many `cards`. `detector` tells who said it.
    """

    at_ms: int
    party: str
    detector: str
    severity: Severity
    probability: float
    exposure_minor: int
    joint_minor: int
    people: int = 1
    cards: int = 1


class Episode(NamedTuple):
    """Fraud of a party from its first use until before `until_ms`.

    `losses` are time and amount (minor units) of the uses after the first.
    """

    party: str
    first_ms: int
    until_ms: int
    losses: tuple[tuple[int, int], ...]


class Case:
    """What the alerts of a party say together."""

    __slots__ = (
        "cards",
        "exposure_minor",
        "findings",
        "first_ms",
        "joint_minor",
        "latest_ms",
        "party",
        "people",
        "probability",
        "serial",
        "severity",
    )

    def __init__(self, alert: Alert) -> None:
        """Open a case with its first alert."""
        self.party, self.first_ms, self.latest_ms = alert.party, alert.at_ms, alert.at_ms
        self.severity, self.probability = alert.severity, alert.probability
        self.findings = {alert.detector: alert.probability}
        self.exposure_minor, self.joint_minor = alert.exposure_minor, alert.joint_minor
        self.people, self.cards = alert.people, alert.cards
        self.serial = 0

    def add(self, alert: Alert) -> None:
        """Let a further alert make it worse."""
        self.latest_ms = max(self.latest_ms, alert.at_ms)
        self.severity = min(self.severity, alert.severity)
        if alert.probability > self.findings.get(alert.detector, -1.0):
            self.findings[alert.detector] = alert.probability
            self.probability = _COMBINATION.probability(self.findings)
        self.exposure_minor = max(self.exposure_minor, alert.exposure_minor)
        self.joint_minor = max(self.joint_minor, alert.joint_minor)
        self.people, self.cards = max(self.people, alert.people), max(self.cards, alert.cards)

    @property
    def detector(self) -> str:
        """The detector that is surest of it."""
        return max(self.findings, key=self.findings.__getitem__)


class Order(NamedTuple):
    """Which case is called first: the one with the smallest key at that moment.

    `ages` tells that keys change as time passes; they are made anew every hour then.
    """

    name: str
    key: Callable[[Case, int], Any]
    ages: bool = False


class Worked(NamedTuple):
    """What came of the calls: money saved by the day of its loss, how many calls, and how many right ones."""

    saved: dict[int, int]
    calls: int
    right: int


class Truth:
    """Who is robbed when, and what can be saved of it."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        """Take all episodes; those of one party do not overlap."""
        self._of: defaultdict[str, list[Episode]] = defaultdict(list)
        for episode in episodes:
            self._of[episode.party].append(episode)

    def episode(self, party: str, at_ms: int) -> Episode | None:
        """Give the episode in which a party is at a moment."""
        for episode in self._of.get(party, ()):
            if episode.first_ms <= at_ms < episode.until_ms:
                return episode
        return None

    def at_stake(self, from_ms: int, until_ms: int) -> dict[int, int]:
        """Give the money that can be saved between two moments, by the day (since 1970) of its loss."""
        found: defaultdict[int, int] = defaultdict(int)
        for episodes in self._of.values():
            for episode in episodes:
                for at_ms, minor in episode.losses:
                    if from_ms <= at_ms < until_ms:
                        found[at_ms // DAY_MS] += minor
        return dict(found)


class _Queue:
    """Open cases in an order that alerts, and time, may change."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._cases: dict[str, Case] = {}
        self._heap: list[tuple[Any, int, Case]] = []
        self._serial = 0
        self._hour = -1

    def add(self, alert: Alert) -> None:
        case = self._cases.get(alert.party)
        if case is None or alert.at_ms - case.latest_ms > LAPSE_MS:
            case = self._cases[alert.party] = Case(alert)
        else:
            case.add(alert)
        self._push(case, alert.at_ms)

    def take(self, at_ms: int) -> Case | None:
        hour = at_ms // HOUR_MS
        if self._order.ages and hour != self._hour:
            self._hour = hour
            self._heap = []
            self._cases = {
                party: case for party, case in self._cases.items() if at_ms - case.latest_ms <= LAPSE_MS
            }
            for case in self._cases.values():
                self._push(case, at_ms)
        while self._heap:
            _, serial, case = heappop(self._heap)
            if serial != case.serial or self._cases.get(case.party) is not case:
                continue
            del self._cases[case.party]
            if at_ms - case.latest_ms <= LAPSE_MS:
                return case
        return None

    def _push(self, case: Case, at_ms: int) -> None:
        self._serial += 1
        case.serial = self._serial
        heappush(self._heap, (self._order.key(case, at_ms), self._serial, case))


def work(
    alerts: Sequence[Alert],
    truth: Truth,
    order: Order,
    calls_an_hour: int | None,
    from_ms: int,
    until_ms: int,
) -> Worked:
    """Let the desk call from one moment to another; with no limit each alert is called about when it comes.

    `alerts` are in the order of time. The queue is empty at the begin.
    """
    inside = [alert for alert in alerts if from_ms <= alert.at_ms < until_ms]
    if calls_an_hour is None:
        moments: Iterable[int] = [alert.at_ms for alert in inside]
    else:
        calls = (until_ms - from_ms) * calls_an_hour // HOUR_MS
        moments = (from_ms + number * HOUR_MS // calls_an_hour for number in range(calls))
    queue, ignored_until = _Queue(order), dict[str, int]()
    saved: defaultdict[int, int] = defaultdict(int)
    made = right = come = 0
    for at_ms in moments:
        while come < len(inside) and inside[come].at_ms <= at_ms:
            if ignored_until.get(inside[come].party, 0) <= inside[come].at_ms:
                queue.add(inside[come])
            come += 1
        case = queue.take(at_ms)
        if case is None:
            continue
        made += 1
        episode = truth.episode(case.party, at_ms)
        if episode is None:
            ignored_until[case.party] = at_ms + _QUIET_MS
            continue
        right += 1
        ignored_until[case.party] = episode.until_ms
        for lost_ms, minor in episode.losses:
            if at_ms < lost_ms < until_ms:
                saved[lost_ms // DAY_MS] += minor
    return Worked(dict(saved), made, right)
