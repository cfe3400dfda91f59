"""What becomes of an alert about somebody whose case is closed: it reopens the case, or is linked to it."""

from collections.abc import Sequence

from cases.case import Status
from cases.database import Database, as_json
from cases.policy import QueuePolicy
from cases.subjects import Incoming, Subject
from cases.who import DESK_ITSELF
from cases.work.moves import restore
from cases.work.states import Event, case_after
from domain.instants import span_ms
from domain.wording import counted


def revive(db: Database, alerts: Sequence[Incoming], policy: QueuePolicy) -> dict[Subject, str]:
    """Reopen the cases that new alerts bring back; gives the closed case of every other subject that has one.

    A case comes back when it was closed no longer ago than the policy says and none of its people has a newer
    case. Of several the one closed last is reopened. A device's case and a fraud case do not bring each other
    back, and what harms a customer is a case of its own each time.
    """
    first: dict[str, Incoming] = {}
    for incoming in alerts:
        for subject in incoming.subjects:
            first.setdefault(subject.key, incoming)
    past = db.rows("past_cases", subjects=as_json(first))
    links: dict[Subject, str] = {}
    live: set[str] = set()
    for row in past:
        key, case_id = row["about"], row["id"]
        if key in live or Subject.of(key) in links:
            continue
        since_ms = _time_ms(first[key]) - row["closed_at_ms"]
        within_ms = _within_ms(first[key], row["kind"] == "device", policy)
        if within_ms and since_ms <= within_ms and not db.rows("subjects_elsewhere", case_id=case_id):
            case_after(Status(row["status"]), Event.REOPEN)
            after = counted(max(0, round(since_ms / 3_600_000)), "hour")
            restore(db, row, DESK_ITSELF, f"a new alert, {after} after it was closed", _time_ms(first[key]))
            live |= {subject["subject"] for subject in db.rows("subjects", ids=as_json([case_id]))}
        else:
            links[Subject.of(key)] = case_id
    return {subject: case_id for subject, case_id in links.items() if subject.key not in live}


def _within_ms(incoming: Incoming, of_device: bool, policy: QueuePolicy) -> int:
    """Give for how long after its end a case of a device, or else of fraud, is reopened (ms); 0 for never."""
    item = incoming.item
    if (item is not None) != of_device or (item is not None and item.rule.harms_customer):
        return 0
    return span_ms(policy.work.reopen_within if item is None else policy.alarms.reopen_window)


def _time_ms(incoming: Incoming) -> int:
    """Give when an alert came before the desk: that of a device is held back first."""
    return incoming.alert.at_ms if incoming.item is None else incoming.item.annunciated_at_ms
