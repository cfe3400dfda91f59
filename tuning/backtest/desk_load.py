"""A desk works through the alerts of a run, in event time and by its own rules.

The alerts go into a throwaway store by the intake of the product, and its work queue hands out what comes of
them: cases, bands, due times, calling hours, promotion and reopening are those of the profile's `queue`, and
none of that is done a second time here. What is assumed is only how long people take.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from msgspec import Struct

from cases.case import Case, Outcome
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Who
from domain.alerts import Alert
from domain.findings import Member, Severity
from domain.instants import span_ms, to_ms

# Nobody renews here: what is held is held until it is done.
_HELD = timedelta(days=1)
# So long after the last alert the desk goes on with what is left.
_AFTER_MS = span_ms(timedelta(days=1))
_FOREVER_MS = 253_402_300_799_000
_OPENED = ("opened", "reopened")
# From when on a case can be worked: it came, it came back, or its customer's calling hours began.
_READY = (*_OPENED, "woke")


class Handling(Struct, frozen=True, kw_only=True):
    """How long people take: a call with all around it `aht_s` seconds, a task `calls_per_task` calls.

    Who does not answer is called again. These calls are made in a row here, which keeps an agent for as long
    as calls over the day would.
    """

    aht_s: float = 180.0
    calls_per_task: float = 1.5

    @property
    def task_ms(self) -> int:
        """How long a task keeps an agent."""
        return max(1, round(self.aht_s * self.calls_per_task * 1000))


class Contact(NamedTuple):
    """A task: when it could be taken up first, and when an agent did (None: not by the end).

    `case` is another one each time that the case is reopened, and `opened_ms` when that was. `ready_ms` is
    not before the customer may be called; more than `allowed_ms` after it the desk is late. `exposure_minor`
    is the money that can still go.
    """

    case: str
    band: str
    opened_ms: int
    ready_ms: int
    allowed_ms: int
    taken_ms: int | None
    cards: tuple[str, ...]
    exposure_minor: int
    currency: str


class Worked(NamedTuple):
    """What a desk did by `ended_ms`, in the order in which it was taken up; `device_alerts` were left out."""

    contacts: tuple[Contact, ...]
    device_alerts: int
    ended_ms: int


def work_through(
    records: Iterable[Mapping[str, Any]],
    policy: QueuePolicy,
    handling: Handling,
    *,
    agents: int | None = None,
    watch: Callable[[int, int], None] = lambda done, of: None,
) -> Worked:
    """Let `agents` people, or as many as there is work for, work through alerts until a day after the last.

    `records` are alerts in the order of event time; those of devices are counted and left out, as a desk
    works them by other rules. `watch` is told how many alerts are taken in, of how many. The same alerts
    always give the same work.
    """
    kept = list(records)
    alerts = [_alert(record) for record in kept if "alarm" not in record]
    if not alerts:
        return Worked((), len(kept), 0)
    held = replace(policy.work, lease=_HELD, lease_cap=_HELD, tasks_per_agent=1)
    with (
        TemporaryDirectory(prefix="riskdesk-desk-") as folder,
        open_store(f"sqlite:///{folder}/desk.db", policy=replace(policy, work=held)) as store,
    ):
        desk = _Desk(store, handling, agents)
        desk.work(alerts, lambda done: watch(done, len(alerts)))
        ended_ms = alerts[-1].at_ms + _AFTER_MS
        return Worked((*desk.contacts, *desk.left()), len(kept) - len(alerts), ended_ms)


class _Held(NamedTuple):
    """A task that an agent is at, in the order of when they are done."""

    done_ms: int
    agent: int
    task: int
    lease_no: int


class _Desk:
    def __init__(self, store: Store, handling: Handling, agents: int | None) -> None:
        self.contacts: list[Contact] = []
        self._store = store
        self._handling = handling
        self._most = agents
        self._hired = 0
        self._idle: list[int] = []
        self._busy: list[_Held] = []

    def work(self, alerts: Sequence[Alert], tell: Callable[[int], None]) -> None:
        """Go from moment to moment at which something happens: an alert, an agent is done, a task wakes."""
        end_ms = alerts[-1].at_ms + _AFTER_MS
        come = 0
        while (now_ms := self._next_ms(alerts[come].at_ms if come < len(alerts) else _FOREVER_MS)) <= end_ms:
            while self._busy and self._busy[0].done_ms <= now_ms:
                self._finish(heappop(self._busy))
            arrived = come
            while come < len(alerts) and alerts[come].at_ms <= now_ms:
                come += 1
            if come > arrived:
                self._store.cases.take_in(alerts[arrived:come])
                tell(come)
            while (agent := self._free_agent()) is not None:
                if not self._take_up(agent, now_ms):
                    heappush(self._idle, agent)
                    break
        if come < len(alerts):
            # Everybody is busy beyond the end: what has come meanwhile waits.
            self._store.cases.take_in(alerts[come:])
            tell(len(alerts))

    def left(self) -> list[Contact]:
        """Give what nobody has taken up."""
        found = []
        for case in self._store.cases.list():
            with self._store.db.reading():
                tasks = self._store.db.rows("live_tasks", case_id=case.id)
            for task in tasks:
                if task["state"] in ("ready", "waiting"):
                    wakes_ms = task["wake_at_ms"] or 0
                    found.append(self._contact(case, None, not_before_ms=wakes_ms))
        return found

    def _next_ms(self, alert_ms: int) -> int:
        """Give when something happens next; what wakes concerns only who has nothing to do."""
        done_ms = self._busy[0].done_ms if self._busy else _FOREVER_MS
        if self._most is not None and len(self._busy) >= self._most:
            return done_ms
        with self._store.db.reading():
            waiting = self._store.db.rows("due_waiting", now_ms=_FOREVER_MS, limit=1)
        wakes_ms: int = waiting[0]["wake_at_ms"] if waiting else _FOREVER_MS
        return min(alert_ms, done_ms, wakes_ms)

    def _free_agent(self) -> int | None:
        if self._idle:
            return heappop(self._idle)
        if self._most is not None and self._hired >= self._most:
            return None
        self._hired += 1
        return self._hired

    def _take_up(self, agent: int, now_ms: int) -> bool:
        claimed = self._store.work.next(_who(agent), now_ms)
        if claimed is None:
            return False
        self.contacts.append(self._contact(claimed.case, now_ms))
        done_ms = now_ms + self._handling.task_ms
        heappush(self._busy, _Held(done_ms, agent, claimed.task.id, claimed.task.lease_no))
        return True

    def _finish(self, held: _Held) -> None:
        """End a task; the last one of a case closes it."""
        heappush(self._idle, held.agent)
        who, db = _who(held.agent), self._store.db
        with db.reading():
            (task,) = db.rows("task", id=held.task)
            live = db.rows("live_tasks", case_id=task["case_id"])
        if task["lease_by"] != who.name or task["lease_no"] != held.lease_no:
            return  # its case went into another one, which has a task about the same customer
        if len(live) == 1:
            self._store.work.close(task["case_id"], who, held.lease_no, Outcome.GENUINE, "", held.done_ms)
        else:
            self._store.work.complete(held.task, who, held.lease_no, "", held.done_ms)

    def _contact(self, case: Case, taken_ms: int | None, *, not_before_ms: int = 0) -> Contact:
        with self._store.db.reading():
            events = self._store.db.rows("case_events", case_id=case.id)
        opened_ms = max(event["at_ms"] for event in events if event["what"] in _OPENED)
        ready_ms = max(event["at_ms"] for event in events if event["what"] in _READY)
        allowed_s = case.breakdown["sla_s"] * case.breakdown["tier_factor"]
        return Contact(
            case=f"{case.id}/{case.reopened}",
            band=case.breakdown["band"],
            opened_ms=opened_ms,
            ready_ms=max(ready_ms, not_before_ms),
            allowed_ms=round(allowed_s * 1000),
            taken_ms=taken_ms,
            cards=tuple(member.card for member in case.members),
            exposure_minor=case.exposure_minor,
            currency=case.currency,
        )


def _who(agent: int) -> Who:
    return Who(f"agent-{agent}")


def _alert(record: Mapping[str, Any]) -> Alert:
    """Read what `domain.alerts.alert_record` wrote of an alert about cards."""
    same = {name: record[name] for name in Alert.__struct_fields__ if name in record}
    read = {
        "at_ms": to_ms(datetime.fromisoformat(record["at"])),
        "severity": Severity[record["severity"].upper()],
        "members": tuple(Member(**member) for member in record["members"]),
    }
    return Alert(**same | read)
