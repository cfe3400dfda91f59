"""Taking tasks and giving them back; every function runs inside the caller's transaction."""

from collections.abc import Sequence
from typing import TypeVar

from cases.alarms.acknowledging import acknowledge
from cases.case import Status
from cases.database import Database, Row
from cases.device_cases.routing import GENERAL
from cases.errors import AlreadyClaimed, NotAllowed, NotPossible, NotYours, WrongUse
from cases.who import Right, Who
from cases.work.journal import enter
from cases.work.leases import held
from cases.work.moves import LEADS, case_row, live_case, make_ready
from cases.work.policy import WorkPolicy
from cases.work.settling import settle
from cases.work.states import Event, TaskState, task_after
from domain.card_masking import mask_text
from domain.instants import iso, span_ms

_Refusal = TypeVar("_Refusal", AlreadyClaimed, NotYours)


def skills_of(who: Who) -> tuple[str, ...]:
    """Give what somebody can do unless they say otherwise: a lead what is put before the leads, too."""
    return (GENERAL, LEADS) if _leads(who) else (GENERAL,)


def take_next(
    db: Database, who: Who, skills: Sequence[str], now_ms: int, lease_ms: int, policy: WorkPolicy
) -> Row | None:
    """Claim the best ready task of `skills`; None without one.

    Raises NotAllowed, WrongUse, and NotPossible for somebody who holds as much as the policy allows.
    """
    _check(who, lease_ms)
    _has_room(db, who, policy)
    for skill in _best_first(db, who, skills, now_ms):
        taken = db.rows(
            "claim_next_task",
            skill=skill,
            agent=who.name,
            session=who.session,
            now_ms=now_ms,
            until_ms=_until_ms(now_ms, now_ms, lease_ms, policy),
        )
        if taken:
            return taken[0]
    return None


def record_claim(db: Database, task: Row, who: Who, now_ms: int) -> None:
    """Write down that a task was claimed, and let its case stand accordingly."""
    _settle(db, task["case_id"], Event.CLAIM)
    acknowledge(db, task["case_id"], who, now_ms)
    note = f"{task['subject']} until {iso(task['lease_until_ms'])}"
    enter(db, task["case_id"], who, "claimed", now_ms, note=note)


def take(
    db: Database,
    case_id: str,
    who: Who,
    skills: Sequence[str],
    now_ms: int,
    lease_ms: int,
    policy: WorkPolicy,
) -> int:
    """Claim the best task of one case that nobody holds, or renew the one that `who` holds; gives its id.

    What waits can be claimed too: a customer may call by themselves. Raises NotFound, AlreadyClosed,
    AlreadyMerged, AlreadyClaimed, NotAllowed, NotPossible.
    """
    _check(who, lease_ms)
    case = live_case(db, case_id)
    tasks = db.rows("live_tasks", case_id=case_id)
    mine = next((task for task in tasks if task["lease_by"] == who.name), None)
    if mine is not None and (not who.session or mine["lease_session"] in ("", who.session)):
        extend(db, mine["id"], who, None, now_ms, lease_ms, policy)
        return int(mine["id"])
    free = sorted(
        (task for task in tasks if task["state"] != TaskState.LEASED or task is mine),
        key=lambda task: (task is not mine, task["state"] != TaskState.READY),
    )
    if not free:
        raise _held_by(AlreadyClaimed, case_id, tasks)
    able = [task for task in free if task["skill"] in skills or _leads(who)]
    if not able:
        raise NotAllowed(f"{case_id} is with the team {free[0]['skill']!r}; take another case").known_as(
            "with_team", case=case_id, team=free[0]["skill"]
        )
    busy = None
    for task in able:
        busy = next(iter(db.rows("called_elsewhere", subject=task["subject"], id=task["id"])), None)
        if busy is None:
            if task is not mine:
                _has_room(db, who, policy)
            _lease(db, case, task, who, now_ms, _until_ms(now_ms, now_ms, lease_ms, policy))
            return int(task["id"])
    raise AlreadyClaimed(
        f"{able[0]['subject']} is on the phone with {busy and busy['lease_by']}; take another case"
    )


def extend(
    db: Database, task_id: int, who: Who, lease_no: int | None, now_ms: int, lease_ms: int, policy: WorkPolicy
) -> Row:
    """Keep a task for longer, up to the policy's cap. Raises NotFound, NotYours, NotPossible at the cap."""
    _check(who, lease_ms)
    row = held(db, task_id, who, lease_no, now_ms)
    until_ms = _until_ms(row["leased_at_ms"], now_ms, lease_ms, policy)
    if until_ms <= now_ms:
        raise NotPossible(
            f"{row['case_id']} is yours since {iso(row['leased_at_ms'])}, which is as long as it can be; "
            "release it, so that it can be claimed again"
        ).known_as("longest", case=row["case_id"], since_ms=row["leased_at_ms"])
    if until_ms > row["lease_until_ms"]:
        db.run("renew_task", id=task_id, until_ms=until_ms)
        enter(db, row["case_id"], who, "renewed", now_ms, note=f"until {iso(until_ms)}")
    return row


def give_back(db: Database, case_id: str, who: Who, reason: str, now_ms: int) -> int:
    """Free what `who` holds of a case; for a lead with a reason, what others hold. Gives the number of tasks.

    Nobody is cut off who is on the phone. Raises NotFound, AlreadyClosed, AlreadyMerged, NotYours, WrongUse.
    """
    who.require(Right.WORK_CASES)
    live_case(db, case_id)
    leased = [task for task in db.rows("live_tasks", case_id=case_id) if task["lease_by"] is not None]
    mine = [task for task in leased if task["lease_by"] == who.name]
    if not leased:
        raise NotYours(f"nobody holds {case_id}").known_as("nobody_holds", case=case_id)
    if not mine:
        if not _leads(who):
            raise _held_by(NotYours, case_id, leased)
        if not reason.strip():
            raise WrongUse(f"say why {case_id} is taken from {leased[0]['lease_by']}")
    freed = [task for task in mine or leased if not task["calling"]]
    if not freed:
        raise NotPossible(f"a call of {case_id} is open; end it first").known_as("call_open", case=case_id)
    free_tasks(db, freed, who, reason, now_ms)
    return len(freed)


def end_shift(db: Database, agent: str, who: Who, now_ms: int) -> tuple[str, ...]:
    """Free all that `agent` holds, but what they are on the phone about, and give the cases.

    Raises NotAllowed for anybody else but a lead.
    """
    who.require(Right.WORK_CASES if agent == who.name else Right.WORK_FOR_OTHERS)
    tasks = [task for task in db.rows("tasks_of_agent", agent=agent) if not task["calling"]]
    free_tasks(db, tasks, who, "end of shift", now_ms)
    return tuple(dict.fromkeys(task["case_id"] for task in tasks))


def free_tasks(db: Database, tasks: Sequence[Row], who: Who, reason: str, now_ms: int) -> None:
    """Put tasks that are held among those to claim, with the reason where there is one."""
    for task in tasks:
        make_ready(db, task["id"], who, now_ms)
        if reason.strip():
            note = mask_text(reason)
            enter(db, task["case_id"], who, "release_reason", now_ms, old=task["lease_by"], note=note)


def _best_first(db: Database, who: Who, skills: Sequence[str], now_ms: int) -> Sequence[str]:
    """Order skills by the task that each would give."""
    if len(skills) == 1:
        return skills
    heads = []
    for skill in dict.fromkeys(skills):
        found = db.rows("best_of_skill", skill=skill, agent=who.name, now_ms=now_ms)
        heads += [((row["band"], row["rank_ms"], row["id"]), skill) for row in found]
    return [skill for _, skill in sorted(heads)]


def _lease(db: Database, case: Row, task: Row, who: Who, now_ms: int, until_ms: int) -> None:
    if task["state"] != TaskState.LEASED:
        task_after(TaskState(task["state"]), Event.CLAIM)
    db.run("claim_task", id=task["id"], agent=who.name, session=who.session, now_ms=now_ms, until_ms=until_ms)
    _settle(db, case["id"], Event.CLAIM)
    acknowledge(db, case["id"], who, now_ms)
    note = f"{task['subject']} until {iso(until_ms)}"
    enter(db, case["id"], who, "claimed", now_ms, old=task["lease_by"], note=note)


def _settle(db: Database, case_id: str, event: Event) -> Status:
    return settle(db, case_row(db, case_id), event, db.rows("live_tasks", case_id=case_id))


def _has_room(db: Database, who: Who, policy: WorkPolicy) -> None:
    most = policy.tasks_per_lead if _leads(who) else policy.tasks_per_agent
    holds = db.rows("tasks_of_agent", agent=who.name)
    if len(holds) >= most:
        cases = ", ".join(dict.fromkeys(task["case_id"] for task in holds))
        raise NotPossible(
            f"{who.name} holds {cases} and may hold no more than {most}; finish or release it first"
        ).known_as("holds_most", name=who.name, cases=cases, most=most)


def _until_ms(since_ms: int, now_ms: int, lease_ms: int, policy: WorkPolicy) -> int:
    return min(now_ms + lease_ms, since_ms + span_ms(policy.lease_cap))


def _held_by(kind: type[_Refusal], case_id: str, tasks: Sequence[Row]) -> _Refusal:
    first = next(task for task in tasks if task["lease_by"] is not None)
    by, until_ms = first["lease_by"], first["lease_until_ms"]
    refusal = kind(f"{case_id} is with {by} until {iso(until_ms)}; take another case")
    return refusal.known_as("with_another", case=case_id, by=by, until_ms=until_ms)


def _leads(who: Who) -> bool:
    return who.may(Right.WORK_FOR_OTHERS)


def _check(who: Who, lease_ms: int) -> None:
    if not who.name.strip() or len(who.name) > 64:
        raise WrongUse("an agent needs a name of 1 to 64 characters")
    if lease_ms <= 0:
        raise WrongUse(f"a lease of {lease_ms} ms has run out before it begins; give it at least 1 ms")
    who.require(Right.WORK_CASES)
