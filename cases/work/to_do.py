"""What to do in a case after new alerts: tasks added, renamed, woken and taken back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cases.database import Database, Row, Values, as_json
from cases.device_cases.items import Item
from cases.device_cases.routing import GENERAL, Work, first_works, works_after_reset, works_of
from cases.grouping import Group
from cases.subjects import STORM, Circle, Subject
from cases.work.states import LIVE_TASKS, Event, TaskState, task_after

CALLS = ("call_customer", "call_site")


class TaskPlan(NamedTuple):
    """What to change about the tasks of one case, and `live`: what is then still to be done in it.

    `behind` is whether one of those that stay is ranked behind its case.
    """

    case_id: str
    added: tuple[Values, ...]
    renamed: tuple[Values, ...]
    woken: tuple[Row, ...]
    voided: tuple[Row, ...]
    at_ms: int
    ranked: Values
    behind: bool
    live: tuple[Mapping[str, Any], ...]


def task_of(subject: Subject) -> tuple[str, str]:
    """Give the kind of task that a subject asks for, and the task's subject."""
    if subject.kind == STORM:
        return "review", subject.key
    return "call_customer" if subject.kind in ("customer", "card") else "call_site", subject.key


def plan_tasks(
    each: Group, circle: Circle, tasks: Sequence[Row], case: Values, items: Sequence[Item] = ()
) -> TaskPlan:
    """Decide what new alerts change about the tasks of their case.

    Everybody concerned is called once, and again when a new alert is about them. A card whose customer
    becomes known is called under the customer's name: the same task, whoever holds it. What waits wakes when
    an alert is about it, unless the customer may not be called at this hour. What is wrong with devices
    (`items`) is done by their codes, whoever else is called.
    """
    name_of = _names(circle)
    touched = {
        name_of.get(key, key) for alert in each.alerts for key in (part.key for part in alert.subjects)
    }
    live: defaultdict[str, list[Row]] = defaultdict(list)
    had: set[str] = set()
    others: list[Row] = []
    for task in tasks:
        name = name_of.get(task["subject"], task["subject"])
        if task["state"] not in LIVE_TASKS:
            had.add(name)
        elif _is_call_of_circle(task):
            live[name].append(task)
        else:
            others.append(task)
    added, renamed, woken, voided, kept = [], [], [], [], list(others)
    for subject in circle.parties if items else circle.to_call:
        kind, name = task_of(subject)
        found = sorted(live.pop(name, ()), key=_most_advanced_first)
        if not found:
            if name in touched or name not in had:
                added.append({"kind": kind, "subject": name})
            continue
        first, *twins = found
        kept.append(first)
        voided += [task for task in twins if not task["calling"]]
        kept += (on_the_phone := [task for task in twins if task["calling"]])
        if first["subject"] != name and all(task["subject"] != name for task in on_the_phone):
            renamed.append({"id": first["id"], "subject": name})
        if first["state"] == TaskState.WAITING and name in touched and first["waiting_reason"] != "window":
            woken.append(first)
    for task in (task for rest in live.values() for task in rest):
        (kept if task["state"] == TaskState.LEASED else voided).append(task)
    new = {incoming.alert.id for incoming in each.alerts}
    for work in _works([item for item in items if item.alert_id in new], others):
        same = [task for task in others if (task["kind"], task["subject"]) == work[:2]]
        if not same:
            added.append(work._asdict())
        woken += [task for task in same if task["state"] == TaskState.WAITING]
    if not added and not kept and items:
        added = [work._asdict() for work in works_of(items)]
    if not added and not kept:
        # An alert about a place, in a case that was reopened: everybody is called again.
        added = [{"kind": kind, "subject": name} for kind, name in map(task_of, circle.to_call)]
    awake = {task["id"] for task in woken}
    return TaskPlan(
        case_id=each.case_id,
        added=tuple(added),
        renamed=tuple(renamed),
        woken=tuple(woken),
        voided=tuple(voided),
        at_ms=each.at_ms,
        ranked={"case_id": each.case_id, "band": case["band"], "rank_ms": case["rank_ms"]},
        behind=any((task["band"], task["rank_ms"]) > (case["band"], case["rank_ms"]) for task in kept),
        live=(
            *({"state": TaskState.READY} for _ in added),
            *(_standing(task, awake) for task in kept),
        ),
    )


def write_tasks(db: Database, plans: Iterable[TaskPlan]) -> None:
    """Write what was decided."""
    plans = tuple(plans)
    for plan in plans:
        for task in plan.voided:
            task_after(TaskState(task["state"]), Event.VOID)
        for task in plan.woken:
            task_after(TaskState(task["state"]), Event.NEW_ALERT)
    void = TaskState.VOID.value
    db.run_all(
        "end_task",
        ({"id": task["id"], "state": void, "now_ms": plan.at_ms} for plan in plans for task in plan.voided),
    )
    db.run_all("rename_task", (renamed for plan in plans for renamed in plan.renamed))
    db.run_all("ready_task", ({"id": task["id"], "lost": 0} for plan in plans for task in plan.woken))
    db.run_all("rank_tasks", (plan.ranked for plan in plans if plan.behind))
    db.run_all(
        "add_task",
        (
            {"skill": GENERAL, **plan.ranked, **added, "now_ms": plan.at_ms}
            for plan in plans
            for added in plan.added
        ),
    )


def void_twins(db: Database, case_ids: Sequence[str], at_ms: int) -> None:
    """Take back what is to be done in several of these cases that become one, but for the most advanced."""
    best: dict[tuple[str, str], Row] = {}
    for task in sorted(db.rows("tasks_of_cases", ids=as_json(case_ids)), key=_most_advanced_first):
        if task["state"] in LIVE_TASKS and best.setdefault((task["kind"], task["subject"]), task) is not task:
            task_after(TaskState(task["state"]), Event.VOID)
            db.run("end_task", id=task["id"], state=TaskState.VOID.value, now_ms=at_ms)


def _is_call_of_circle(task: Row) -> bool:
    """Whether a task calls somebody because alerts are about them; branches are called because of devices."""
    if task["subject"].startswith("site:"):
        return False
    return task["kind"] in CALLS or task["subject"].startswith(f"{STORM}:")


def _works(items: Sequence[Item], tasks: Sequence[Row]) -> list[Work]:
    """Give what is to be done about new items; nothing is reset that somebody is already sent for."""
    live = {(task["kind"], task["subject"]) for task in tasks}
    found = [
        work
        for item in items
        for work in (
            works_after_reset(item)
            if any(work[:2] in live for work in works_after_reset(item))
            else first_works(item)
        )
    ]
    return list(dict.fromkeys(found))


def _names(circle: Circle) -> dict[str, str]:
    """Give under whose name each card of a known customer is called."""
    return {
        Subject("card", card.card).key: Subject("customer", card.customer).key
        for card in circle.cards
        if card.customer is not None
    }


def _most_advanced_first(task: Row) -> tuple[bool, bool, bool, int]:
    """Order twins: of two calls to one person the one that is going on stays."""
    return (
        not task["calling"],
        task["state"] != TaskState.LEASED,
        not task["subject"].startswith("customer:"),
        task["id"],
    )


def _standing(task: Row, awake: set[int]) -> Mapping[str, Any]:
    if task["id"] in awake:
        return {"state": TaskState.READY}
    return {name: task[name] for name in ("state", "waiting_reason", "wake_at_ms")}
