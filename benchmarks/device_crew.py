"""Who works the cases of devices in a simulated month, in event time, by what the product lets people do.

Agents claim what stands first, take a few minutes over it, and do what its kind asks for: ring the branch
or the customer, reset, send somebody. What is wrong is put right when the truth says so, which nobody at the
desk can hasten; whoever was sent reports it then. A case is closed, with its reason, once all of it is right.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from typing import NamedTuple

from benchmarks.device_truth import Incident
from cases.calling.call_scripts import IDENTITY
from cases.calling.results import Report
from cases.case import DeviceItem, Outcome, Status
from cases.device_cases.closing import CloseReason
from cases.device_cases.routing import DEPARTMENT_OF_SKILL, GENERAL
from cases.errors import AlreadyClaimed, AlreadyClosed, AlreadyMerged, CaseError, NotYours
from cases.store import Store
from cases.who import Role, Who
from cases.work.moves import LEADS
from cases.work.service import Claimed
from devices.codes import catalogue

AGENTS = 3
WORK_MS = 4 * 60_000
# What could not be brought to an end is looked at again after this.
LOOK_AGAIN_MS = 3_600_000
_LEASE_MS = 45 * 60_000
# How much earlier than the truth has it a condition may be said to have begun.
_SLACK_MS = 10 * 60_000
_SKILLS = (GENERAL, LEADS, *DEPARTMENT_OF_SKILL)
_REASON_OF_USER = {"branch": CloseReason.FLM_FIXED, "desk": CloseReason.FIXED_REMOTELY}
_DEPARTMENT = Who("department")


class Repairs:
    """When what is wrong is put right, by the truth."""

    def __init__(self, truth: Iterable[Incident]) -> None:
        """Sort incidents by the places they concern."""
        self._at: dict[str, list[Incident]] = {}
        for incident in truth:
            for place in {incident.branch or "", *incident.devices}:
                self._at.setdefault(place, []).append(incident)

    def right_ms(self, item: DeviceItem) -> int | None:
        """Give when a condition is over: 0 once people look at it, None where there was nothing wrong."""
        known = [
            incident
            for place in dict.fromkeys((item.device or "", item.branch or "", ""))
            for incident in self._at.get(place, ())
            if item.code in incident.codes
            and incident.begins_ms - _SLACK_MS <= item.since_ms <= incident.latest_ms
        ]
        return max((incident.ends_ms or 0 for incident in known), default=None)


class _Job(NamedTuple):
    """What an agent is at, and until when."""

    claimed: Claimed
    done_ms: int


class Crew:
    """A few people who share one desk around the clock; each may do what a lead may."""

    def __init__(self, store: Store, repairs: Repairs, agents: int = AGENTS) -> None:
        """Begin with nobody at anything."""
        self._store = store
        self._repairs = repairs
        self._jobs: dict[Who, _Job | None] = {
            Who(f"agent-{number}", Role.LEAD): None for number in range(agents)
        }
        self._look_ms: dict[str, int] = {}
        self._sent: list[tuple[int, str]] = []
        self._sent_for: set[int] = set()
        # What the product did not let them do, by what and why.
        self.refused: Counter[str] = Counter()

    def act(self, now_ms: int) -> None:
        """Do what there is to do at `now_ms`; time only ever goes on."""
        self._hear_of_those_sent(now_ms)
        for who, job in self._jobs.items():
            if job is not None and job.done_ms > now_ms:
                continue
            if job is not None:
                self._bring_on(job, who, now_ms)
            self._jobs[who] = self._next(who, now_ms)

    def _next(self, who: Who, now_ms: int) -> _Job | None:
        self._store.work.sweep_if_due(now_ms)
        for case in self._store.cases.list((Status.OPEN,)):
            if self._look_ms.get(case.id, 0) > now_ms:
                continue
            with suppress(AlreadyClaimed, AlreadyClosed, AlreadyMerged):
                claimed = self._store.work.claim(case.id, who, now_ms, skills=_SKILLS, lease_ms=_LEASE_MS)
                return _Job(claimed, now_ms + WORK_MS)
        return None

    def _bring_on(self, job: _Job, who: Who, now_ms: int) -> None:
        """Bring what somebody was at as far as it goes."""
        case_id, kind = job.claimed.case.id, job.claimed.task.kind
        items = self._store.cases.show(case_id).items
        right = [self._repairs.right_ms(item) for item in items]
        right_ms = max((each for each in right if each is not None), default=0)
        try:
            if kind == "call_customer":
                self._speak_to_customer(job.claimed, items, who, now_ms)
            elif right_ms > now_ms:
                self._see_to(job.claimed, right_ms, who, now_ms)
            else:
                self._close(case_id, _reason(items, right), who, now_ms)
        except (AlreadyClosed, AlreadyMerged, NotYours):
            pass  # it went into another case, or came to its end, meanwhile
        except CaseError as refusal:
            self.refused[f"{kind}: {type(refusal).__name__}"] += 1
            self._leave(case_id, now_ms + LOOK_AGAIN_MS, who, now_ms)

    def _see_to(self, claimed: Claimed, right_ms: int, who: Who, now_ms: int) -> None:
        """Do the next thing about what will be right later."""
        task = claimed.task
        if task.kind == "call_site":
            self._store.calling.record(Report(task_id=task.id, disposition="technician_sent"), who, now_ms)
        elif task.kind == "remote_reset":
            self._store.work.complete(task.id, who, task.lease_no, "a reset did not help", now_ms)
        elif task.kind == "dispatch" and task.id not in self._sent_for:
            order = self._store.device_cases.dispatch(task.id, who, task.lease_no, now_ms)
            self._sent_for.add(task.id)
            heappush(self._sent, (right_ms, order.id))
        else:
            self._leave(claimed.case.id, min(right_ms, now_ms + LOOK_AGAIN_MS), who, now_ms)

    def _speak_to_customer(
        self, claimed: Claimed, items: Sequence[DeviceItem], who: Who, now_ms: int
    ) -> None:
        kept_card = any(item.code == "card_retained" for item in items)
        said = "card_returned" if kept_card else "cash_claim_opened"
        self._store.calling.begin_call(claimed.task.id, who, now_ms)
        report = Report(task_id=claimed.task.id, disposition=said, checked=(IDENTITY,))
        self._store.calling.record(report, who, now_ms)

    def _close(self, case_id: str, reason: CloseReason, who: Who, now_ms: int) -> None:
        outcome = Outcome.FALSE_ALARM if reason is CloseReason.NO_FAULT_FOUND else Outcome.DEVICE_RESOLVED
        self._store.work.close(case_id, who, None, outcome, "", now_ms, reason=reason)

    def _leave(self, case_id: str, look_ms: int, who: Who, now_ms: int) -> None:
        self._look_ms[case_id] = look_ms
        with suppress(CaseError):  # what was laid aside by itself is not held any more
            self._store.work.release(case_id, who, "", now_ms)

    def _hear_of_those_sent(self, now_ms: int) -> None:
        while self._sent and self._sent[0][0] <= now_ms:
            _, order_id = heappop(self._sent)
            try:
                self._store.work_orders.finish(order_id, "put right", _DEPARTMENT, now_ms)
            except CaseError as refusal:
                self.refused[f"work order: {type(refusal).__name__}"] += 1


def _reason(items: Sequence[DeviceItem], right: Sequence[int | None]) -> CloseReason:
    """Say what a case turned out to be, by the first of its items that there was something to."""
    for item, right_ms in zip(items, right, strict=True):
        if right_ms is not None:
            code = catalogue()[item.code]
            if code.harms_customer:
                return CloseReason.CUSTOMER_CONTACTED
            return _REASON_OF_USER.get(code.user, CloseReason.SLM_FIXED)
    return CloseReason.NO_FAULT_FOUND
