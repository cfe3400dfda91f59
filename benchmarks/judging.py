"""What alerts are worth, judged by the truth: the rules were set before any detector had run.

An alert belongs to an incident, of whatever kind, when the event that triggered it is one of the incident's,
or when it names several cards and one of them is the incident's, within the incident's time. An incident is
found when an alert of the detector that the truth names for it belongs to it.

A lookalike is mistaken when an alert of the detector named for it belongs to no incident and is on one of
its events, or names several cards and one of them is the lookalike's, at any time.
"""

from collections.abc import Iterable

from msgspec import Struct

from benchmarks.nights import Replayed, Seen
from simulation.truth import Incident, Lookalike


class Score(Struct, kw_only=True):
    """One detector's counts over some streams; `cards` are those of its incidents."""

    detector: str
    incidents: int = 0
    found: int = 0
    cards: int = 0
    cards_named: int = 0
    alerts: int = 0
    outside: int = 0
    lookalikes: int = 0
    mistaken: int = 0

    @property
    def recall(self) -> float | None:
        """The share of incidents that were found; None without incidents."""
        return self.found / self.incidents if self.incidents else None

    @property
    def precision(self) -> float | None:
        """The share of alerts that belong to an incident; None without alerts."""
        return 1 - self.outside / self.alerts if self.alerts else None


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that went wrong: an incident missed, a lookalike mistaken, an alert outside any incident."""

    seed: int
    detector: str
    what: str
    reason: str


def belongs(alert: Seen, incident: Incident) -> bool:
    """Whether an alert, of whatever detector, is about an incident."""
    if alert.event_id in incident.event_ids:
        return True
    # Both times are written in one way, so text sorts as time does.
    return incident.at <= alert.at <= incident.until and _names_one(alert, incident)


def mistakes(alert: Seen, lookalike: Lookalike) -> bool:
    """Whether an alert that belongs to no incident takes a lookalike for one."""
    return alert.detector == lookalike.detector and (
        alert.event_id in lookalike.event_ids or _names_one(alert, lookalike)
    )


def finds(alert: Seen, incident: Incident) -> bool:
    """Whether an alert is the one that an incident must give."""
    return alert.detector == incident.detector and belongs(alert, incident)


def scores(streams: Iterable[Replayed], names: Iterable[str]) -> list[Score]:
    """Score the named detectors over the streams, in the order of the names."""
    scored = {name: Score(detector=name) for name in names}
    for stream in streams:
        for incident in stream.incidents:
            score = scored[incident.detector]
            found = [alert for alert in stream.alerts if finds(alert, incident)]
            named = frozenset[str]().union(*(alert.cards for alert in found))
            score.incidents += 1
            score.found += bool(found)
            score.cards += len(incident.cards)
            score.cards_named += len(named & frozenset(incident.cards))
        for lookalike in stream.lookalikes:
            scored[lookalike.detector].lookalikes += 1
            scored[lookalike.detector].mistaken += any(_wrong(stream, lookalike))
        for alert in stream.alerts:
            scored[alert.detector].alerts += 1
        for alert in outside(stream):
            scored[alert.detector].outside += 1
    return list(scored.values())


def faults(streams: Iterable[Replayed]) -> list[Fault]:
    """List everything that went wrong, one by one."""
    found = []
    for stream in streams:
        seed = stream.stream.seed
        found += [
            Fault(seed=seed, detector=incident.detector, what="missed", reason=_told(incident))
            for incident in missed(stream)
        ]
        found += [
            Fault(seed=seed, detector=lookalike.detector, what="mistaken", reason=_told(lookalike))
            for lookalike in stream.lookalikes
            if any(_wrong(stream, lookalike))
        ]
        found += [
            Fault(seed=seed, detector=alert.detector, what="outside", reason=alert.reason)
            for alert in outside(stream)
        ]
    return found


def missed(stream: Replayed) -> list[Incident]:
    """Give the incidents that nobody found."""
    return [
        incident
        for incident in stream.incidents
        if not any(finds(alert, incident) for alert in stream.alerts)
    ]


def outside(stream: Replayed) -> list[Seen]:
    """Give the alerts that belong to no incident."""
    return [
        alert for alert in stream.alerts if not any(belongs(alert, incident) for incident in stream.incidents)
    ]


def per_100_000(stream: Replayed, detector: str) -> float:
    """Give a detector's alerts for each 100,000 transactions."""
    count = sum(alert.detector == detector for alert in stream.alerts)
    return count * 100_000 / stream.transactions


def _wrong(stream: Replayed, lookalike: Lookalike) -> list[Seen]:
    return [alert for alert in outside(stream) if mistakes(alert, lookalike)]


def _names_one(alert: Seen, truth: Incident | Lookalike) -> bool:
    return any(member.card in truth.cards for member in alert.members)


def _told(truth: Incident | Lookalike) -> str:
    return f"{truth.kind} {truth.id}"
