"""A detector that goes off too often fills one storm case instead of the whole queue."""

from collections import Counter
from collections.abc import Sequence

from cases.database import Database, as_json
from cases.subjects import STORM, Incoming, Subject
from cases.work.policy import WorkPolicy

_MINUTE_MS = 60_000


def divert(db: Database, alerts: Sequence[Incoming], policy: WorkPolicy) -> list[Incoming]:
    """Give the alerts, those beyond a detector's limit in one minute as alerts of its storm.

    Alerts about somebody who has a live case go there all the same: that case is worked anyway.
    """
    if policy.storm_alerts is None or not alerts:
        return list(alerts)
    left = {name: policy.storm_alerts - before for name, before in _seen_before(db, alerts).items()}
    subjects = as_json({subject.key for incoming in alerts for subject in incoming.subjects})
    live = {row["subject"] for row in db.rows("owners", subjects=subjects)}
    sorted_out = []
    for incoming in alerts:
        name = _slot(incoming)
        left[name] -= 1
        known = any(subject.key in live for subject in incoming.subjects)
        sorted_out.append(incoming if left[name] >= 0 or known else _of_storm(incoming))
    return sorted_out


def _seen_before(db: Database, alerts: Sequence[Incoming]) -> dict[tuple[str, int], int]:
    """Count the alerts, and give how many of its detector and minute came before this batch."""
    before = {}
    for (detector, minute), new in sorted(Counter(map(_slot, alerts)).items()):
        counted = db.rows("count_alerts", detector=detector, minute=minute, alerts=new)
        before[detector, minute] = counted[0]["alerts"] - new
    return before


def _slot(incoming: Incoming) -> tuple[str, int]:
    return incoming.alert.detector, incoming.alert.at_ms // _MINUTE_MS


def _of_storm(incoming: Incoming) -> Incoming:
    """File an alert under its detector's storm; without parties it cannot tie people together."""
    storm = Subject(STORM, incoming.alert.detector)
    return Incoming(incoming.alert, (), (storm,), ())
