"""What each alert was worth, by what was known at some moment.

An alert is *true* when one of these events is labelled fraud: the one that triggered it, one that its
evidence names under `events`, or one of its cards (also its members') at most 24 hours before it. It is
*false* when none of them is and its triggering event is labelled honest. Otherwise it is *unlabelled*, and no
figure counts it against a detector.

A fraud is *found* when it made an alert true, or came on the cards of a true alert in the 24 hours after it:
the desk had been told, and a rule that tells early must not look worse than one that waits.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from typing import Any

from msgspec import Struct

from domain.instants import from_ms, to_ms
from tuning.measures.labels import Labels, Use

_REACH_MS = 24 * 3_600_000
# Zones are whole quarter-hours off, so every moment of one lies on one day.
_QUARTER_MS = 15 * 60_000


class Judged(Struct, frozen=True, kw_only=True):
    """An alert and what it was worth: `true` is None for one that is unlabelled.

    `day` is the local date's ordinal, `cards` the alert's own and its members', and `frauds` what it found.
    """

    id: str
    detector: str
    at_ms: int
    day: int
    event_id: str
    probability: float
    cards: tuple[str, ...]
    true: bool | None
    frauds: tuple[Use, ...]


class Judge:
    """Judges alerts by what was known at one moment; made once, it judges any number of runs.

    `labelled` counts the events whose label was known; `frauds` are the fraudulent ones in order of time, and
    `labelled_days` and `fraud_days` the days on which a card had a labelled event, or a fraud. `days` are
    those with a labelled event, in order.
    """

    def __init__(self, labels: Labels, *, until_ms: int, zone: tzinfo = UTC) -> None:
        """Look at `labels` as they were known at `until_ms`; days are those of `zone`."""
        known = labels.known(until_ms)
        self.until_ms = until_ms
        self.zone = zone
        self.labelled = len(known)
        self.frauds = tuple(use for use in known if use.fraud)
        self.labelled_days: defaultdict[str, set[int]] = defaultdict(set)
        self.fraud_days: defaultdict[str, set[int]] = defaultdict(set)
        self._day_of: dict[int, int] = {}
        self._by_id = {use.event_id: use for use in known}
        self._frauds_of: defaultdict[str, list[Use]] = defaultdict(list)
        for use in known:
            self.labelled_days[use.card].add(self.day(use.at_ms))
        self.days = sorted(set[int]().union(*self.labelled_days.values()))
        for use in self.frauds:
            self.fraud_days[use.card].add(self.day(use.at_ms))
            self._frauds_of[use.card].append(use)

    def day(self, at_ms: int) -> int:
        """Give the ordinal of the local date of a moment (see `datetime.date.fromordinal`)."""
        quarter = at_ms // _QUARTER_MS
        found = self._day_of.get(quarter)
        if found is None:
            found = self._day_of[quarter] = from_ms(at_ms).astimezone(self.zone).toordinal()
        return found

    def frauds_on(self, card: str, from_ms: int, until_ms: int) -> list[Use]:
        """Give the known frauds on a card between two moments, both included."""
        frauds = self._frauds_of.get(card)
        if frauds is None:
            return []
        first = bisect_left(frauds, from_ms, key=attrgetter("at_ms"))
        return frauds[first : bisect_right(frauds, until_ms, key=attrgetter("at_ms"))]

    def judge(self, alerts: Iterable[Mapping[str, Any]]) -> list[Judged]:
        """Judge alert records (see `domain.alerts.alert_record`), in their order."""
        return [self._judge(alert) for alert in alerts]

    def _judge(self, alert: Mapping[str, Any]) -> Judged:
        at_ms = to_ms(datetime.fromisoformat(alert["at"]))
        cards = tuple(
            dict.fromkeys(
                card for card in (alert["card"], *(member["card"] for member in alert["members"])) if card
            )
        )
        named = (self._by_id.get(event_id) for event_id in (alert["event_id"], *_events_of(alert)))
        frauds = {use.event_id: use for use in named if use is not None and use.fraud}
        for card in cards:
            frauds.update((use.event_id, use) for use in self.frauds_on(card, at_ms - _REACH_MS, at_ms))
        # What is not fraud may only be held against an alert where its own trigger is known.
        true = True if frauds else False if alert["event_id"] in self._by_id else None
        for card in cards if true else ():
            frauds.update((use.event_id, use) for use in self.frauds_on(card, at_ms, at_ms + _REACH_MS))
        return Judged(
            id=alert["id"],
            detector=alert["detector"],
            at_ms=at_ms,
            day=self.day(at_ms),
            event_id=alert["event_id"],
            probability=alert["probability"],
            cards=cards,
            true=true,
            frauds=tuple(frauds.values()),
        )


def _events_of(alert: Mapping[str, Any]) -> tuple[str, ...]:
    named = alert["evidence"].get("events")
    return tuple(each for each in named if isinstance(each, str)) if isinstance(named, list) else ()
