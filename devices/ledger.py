"""The ledger of a device's time: intervals that follow one another without gap or overlap.

It is a function of the register and of the set of reports: in whatever order, how often and how late they
came, the same ledger comes out, byte for byte.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import msgspec

from devices.buckets import SERVICE_WINDOW, Bucket, Standing, Verdict, verdict
from devices.codes import Catalogue
from devices.conditions import Timeline
from devices.history import History, Reports
from devices.outages import Outages
from devices.registry import Device, Fleet, Function, Maintenance, Site
from devices.service import day_span_ms
from domain.instants import iso, to_ms

# A device that misses as many of its signs of life in a row is not known to be anything.
HEARTBEATS = 3
_DAY = timedelta(days=1)


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """One device's time from `begin_ms` until `end_ms`, within the local day `day`.

    `cause` is the code, or other cause, that decided the bucket, on `component` and `unit`; `serves` are the
    functions that customers could use, `lacks` those that they should have been able to use as well.
    """

    device: str
    day: date
    begin_ms: int
    end_ms: int
    bucket: Bucket
    cause: str
    component: str
    unit: int
    serves: tuple[Function, ...]
    lacks: tuple[Function, ...]

    @property
    def length_ms(self) -> int:
        """How long it lasted."""
        return self.end_ms - self.begin_ms


@dataclass(frozen=True)
class Watch:
    """Everything the ledger of a fleet is made from."""

    fleet: Fleet
    reports: Reports
    codes: Catalogue
    heartbeats: int = HEARTBEATS

    @cached_property
    def outages(self) -> Outages:
        """Give the outages that devices share."""
        return Outages(self.reports.shared, self.fleet, self.codes)

    @cached_property
    def works(self) -> dict[str, list[int]]:
        """Give by id of device or branch when planned work on it begins, ends or is decided on."""
        moments: dict[str, set[int]] = {}
        for name in self.fleet.maintenances:
            versions = self.fleet.maintenances.of(name)
            for work in versions:
                moments.setdefault(work.device or work.branch or "", set()).update(_moments(work))
            decided = {to_ms(work.effective_at) for work in versions}
            for work in versions:
                moments[work.device or work.branch or ""] |= decided
        return {place: sorted(found) for place, found in moments.items()}


class Course:
    """What is known of one device at any time: its reports and the register taken together."""

    def __init__(self, device: str, watch: Watch) -> None:
        """Go through the device's reports once."""
        self.device = device
        self._watch = watch
        self._history: History = watch.reports.of(device)
        self._timeline = Timeline(self._history, watch.codes)
        self._versions = watch.fleet.devices.of(device)

    def standing(self, at_ms: int) -> Standing | None:
        """Give what counts at a time; None while the device was not on record."""
        fleet = self._watch.fleet
        known = fleet.devices.at(self.device, at_ms)
        if known is None:
            return None
        return Standing(
            known,
            self._timeline.at(at_ms),
            self._watch.outages.at(self.device, at_ms),
            fleet.maintenance_at(self.device, at_ms) is not None,
            at_ms < self.expires_ms(at_ms, known),
            self._cassettes(known, at_ms),
        )

    def heard_ms(self, at_ms: int) -> int | None:
        """Give when the device was last heard of, by `at_ms`."""
        index = bisect_right(self._history.alive_ms, at_ms)
        return self._history.alive_ms[index - 1] if index else None

    def expires_ms(self, at_ms: int, known: Device, heartbeats: int | None = None) -> int:
        """Give until when what was heard by `at_ms` is believed; the beginning of time for nothing heard."""
        heard_ms = self.heard_ms(at_ms)
        if heard_ms is None:
            return 0
        return heard_ms + (heartbeats or self._watch.heartbeats) * known.heartbeat_s * 1000

    def intervals(self, first: date, last: date) -> Iterator[Interval]:
        """Give the intervals of the local days from `first` to `last`, both included.

        A day counts from when the one before it ended, which matters only where a device moves to another
        time zone. Days on which the device was not on record are left out.
        """
        fleet, day, ended_ms = self._watch.fleet, first, 0
        while day <= last:
            # The zone is that of the day's noon, wherever on the globe that is.
            near_ms = day_span_ms(day, "UTC")[0] + 12 * 3_600_000
            known = fleet.devices.at(self.device, near_ms) or next(iter(self._versions), None)
            if known is None:
                return
            begin_ms, end_ms = day_span_ms(day, fleet.zone(known.branch, near_ms))
            begin_ms = max(begin_ms, ended_ms)
            if to_ms(self._versions[0].effective_at) < end_ms:
                yield from self._day(day, begin_ms, end_ms)
            day, ended_ms = day + _DAY, end_ms

    def judged(self, at_ms: int) -> Verdict:
        """Put a moment in its bucket."""
        if not self._watch.fleet.in_service_window(self.device, at_ms):
            return Verdict("out_of_window", SERVICE_WINDOW)
        standing = self.standing(at_ms)
        if standing is None:
            return Verdict("out_of_window", SERVICE_WINDOW)
        return verdict(standing, self._watch.codes)

    def _day(self, day: date, begin_ms: int, end_ms: int) -> Iterator[Interval]:
        open_ms, now = begin_ms, self.judged(begin_ms)
        for at_ms in self._cuts(begin_ms, end_ms):
            then = self.judged(at_ms)
            if then != now:
                yield self._interval(day, open_ms, at_ms, now)
                open_ms, now = at_ms, then
        yield self._interval(day, open_ms, end_ms, now)

    def _interval(self, day: date, begin_ms: int, end_ms: int, found: Verdict) -> Interval:
        return Interval(device=self.device, day=day, begin_ms=begin_ms, end_ms=end_ms, **found._asdict())

    def _cuts(self, begin_ms: int, end_ms: int) -> list[int]:
        """Give every moment within a span at which anything may change."""
        moments = {begin_ms, *self._registered(begin_ms, end_ms)}
        cuts = set(moments)
        for at_ms in moments:
            for window in self._watch.fleet.service_ms(self.device, at_ms):
                cuts.update(window)
        for place in (self.device, *{version.branch for version in self._versions}):
            cuts.update(_within(self._watch.works.get(place, []), begin_ms, end_ms))
        cuts.update(_within(self._timeline.changes_ms, begin_ms, end_ms))
        cuts.update(_within(self._watch.outages.changes_ms(self.device, sorted(moments)), begin_ms, end_ms))
        cuts.update(self._history.cassettes.values())
        cuts.update(self._silences(begin_ms, end_ms))
        return sorted(at_ms for at_ms in cuts if begin_ms < at_ms < end_ms)

    def _registered(self, begin_ms: int, end_ms: int) -> list[int]:
        """Give when the register's word on the device or its site changes."""
        fleet = self._watch.fleet
        sites = {version.branch for version in self._versions}
        records: list[Device | Site] = [
            *self._versions,
            *(site for name in sites for site in fleet.sites.of(name)),
        ]
        return _within(sorted(to_ms(record.effective_at) for record in records), begin_ms, end_ms)

    def _silences(self, begin_ms: int, end_ms: int) -> Iterator[int]:
        """Give when the device's word runs out, and when it is heard again."""
        alive_ms = self._history.alive_ms
        patience = {version.heartbeat_s * self._watch.heartbeats * 1000 for version in self._versions}
        first = max(0, bisect_left(alive_ms, begin_ms) - 1)
        heard = [*alive_ms[first : bisect_right(alive_ms, end_ms)], end_ms]
        yield heard[0]
        shortest = min(patience)
        for last_ms, next_ms in pairwise(heard):
            if next_ms - last_ms >= shortest:
                yield next_ms
                yield from (last_ms + length_ms for length_ms in patience)

    def _cassettes(self, known: Device, at_ms: int) -> frozenset[int]:
        """Give the cassettes that are fitted; those heard of so far where the register does not say."""
        fitted = frozenset(cassette.unit for cassette in known.cassettes)
        return fitted or frozenset(
            unit for unit, since_ms in self._history.cassettes.items() if since_ms <= at_ms
        )


def ledger_line(interval: Interval) -> bytes:
    """Write an interval as a line of JSON."""
    known = msgspec.structs.asdict(interval)
    times = {"begin": iso(known.pop("begin_ms")), "end": iso(known.pop("end_ms"))}
    return msgspec.json.encode({**known, **times, "minutes": interval.length_ms / 60_000}) + b"\n"


def ledger_bytes(intervals: Iterable[Interval]) -> bytes:
    """Write a ledger, one interval a line."""
    return b"".join(map(ledger_line, intervals))


def _within(moments: list[int], begin_ms: int, end_ms: int) -> list[int]:
    return moments[bisect_left(moments, begin_ms) : bisect_left(moments, end_ms)]


def _moments(work: Maintenance) -> tuple[int, int, int]:
    return to_ms(work.effective_at), to_ms(work.begins_at), to_ms(work.ends_at)
