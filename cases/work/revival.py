"""What becomes of an alert about somebody whose case is closed: it reopens the case, or is linked to it."""

from collections.abc import Sequence

from cases.case import Status
from cases.database import Database, as_json
from cases.subjects import Incoming, Subject
from cases.who import DESK_ITSELF
from cases.work.moves import restore
from cases.work.policy import WorkPolicy
from cases.work.states import Event, case_after
from domain.instants import span_ms
from domain.wording import counted


def revive(db: Database, alerts: Sequence[Incoming], policy: WorkPolicy) -> dict[Subject, str]:
    """Reopen the cases that new alerts bring back; gives the closed case of every other subject that has one.

    A case comes back when it was closed no longer ago than the policy says and none of its people has a newer
    case. Of several the one closed last is reopened.
    """
    at_ms: dict[str, int] = {}
    for incoming in alerts:
        for subject in incoming.subjects:
            at_ms.setdefault(subject.key, incoming.alert.at_ms)
    past = db.rows("past_cases", subjects=as_json(at_ms))
    within_ms = span_ms(policy.reopen_within)
    links: dict[Subject, str] = {}
    live: set[str] = set()
    for row in past:
        key, case_id = row["about"], row["id"]
        if key in live or Subject.of(key) in links:
            continue
        since_ms = at_ms[key] - row["closed_at_ms"]
        if within_ms and since_ms <= within_ms and not db.rows("subjects_elsewhere", case_id=case_id):
            case_after(Status(row["status"]), Event.REOPEN)
            after = counted(max(0, round(since_ms / 3_600_000)), "hour")
            restore(db, row, DESK_ITSELF, f"a new alert, {after} after it was closed", at_ms[key])
            live |= {subject["subject"] for subject in db.rows("subjects", ids=as_json([case_id]))}
        else:
            links[Subject.of(key)] = case_id
    return {subject: case_id for subject, case_id in links.items() if subject.key not in live}
