"""What alarm management asks of the desk, all of it inside the caller's `writing`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from cases.case import LIVE, Outcome
from cases.database import Database, as_json
from cases.device_cases.annunciate import annunciate, settle_returned
from cases.device_cases.closing import CloseReason
from cases.policy import QueuePolicy
from cases.who import DESK_ITSELF
from cases.work.moves import case_row, close_case
from cases.work.states import TaskState
from devices.codes import catalogue
from devices.registry import Fleet
from domain.alerts import Alert


class Desk(Protocol):
    """Where alarms are shown."""

    def annunciate(
        self, db: Database, alerts: Sequence[Alert], fleet: Fleet, policy: QueuePolicy, at_ms: int
    ) -> Mapping[str, str]:
        """Put alarms before people and give the case of each alert by its id."""

    def settle_returned(self, db: Database, case_id: str, at_ms: int) -> bool:
        """Close a case of which every condition is over, unless somebody is at it; says whether it was."""

    def take_back(self, db: Database, case_id: str, note: str, at_ms: int) -> bool:
        """Close a case that an outage explains; says whether nothing of it is left for people to do.

        It stays as it is while somebody is at it, and where a customer or security is concerned.
        """


class CaseDesk:
    """The desk's own cases."""

    def annunciate(
        self, db: Database, alerts: Sequence[Alert], fleet: Fleet, policy: QueuePolicy, at_ms: int
    ) -> Mapping[str, str]:
        return annunciate(db, alerts, fleet, policy, at_ms)

    def settle_returned(self, db: Database, case_id: str, at_ms: int) -> bool:
        return settle_returned(db, case_id, at_ms)

    def take_back(self, db: Database, case_id: str, note: str, at_ms: int) -> bool:
        case = case_row(db, case_id)
        if case["status"] not in LIVE:
            return True
        ids = as_json([case_id])
        held = any(task["state"] == TaskState.LEASED for task in db.rows("tasks_of_cases", ids=ids))
        evidence = any(
            catalogue().never_suppressed(item["code"]) for item in db.rows("device_items", ids=ids)
        )
        if held or evidence or case["kind"] != "device" or db.rows("live_work_orders", case_id=case_id):
            return False
        reason = CloseReason.PARENT_OUTAGE
        close_case(db, case_id, DESK_ITSELF, Outcome.DUPLICATE, note, at_ms, reason=reason)
        return True
