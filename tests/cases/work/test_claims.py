"""Who gets which task: the best first, one person at a time, and nobody on two calls."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.case import Status
from cases.errors import AlreadyClaimed, NotAllowed, NotPossible
from cases.store import Store, open_store
from cases.who import Role, Who
from cases.work.moves import add_task, wait
from cases.work.policy import WorkPolicy
from cases.work.service import SqlWork
from domain.findings import Severity
from tests.cases.made import GREEDY, HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import AGENT, LEAD, OTHER, do, one_case, set_calling, tasks
from tests.sqlite_store import sqlite_store

ranks = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("order")


@given(ranked=ranks)
@settings(max_examples=30, deadline=None)
def test_tasks_are_claimed_in_the_order_of_band_rank_time_and_id(
    folder: Path, ranked: list[tuple[int, int]]
) -> None:
    path = folder / "desk.db"
    path.unlink(missing_ok=True)
    with open_store(sqlite_store(path), policy=GREEDY) as store:
        case_id = one_case(store, alert("a", "c1", "u1"))
        for number, (band, rank_ms) in enumerate(ranked):
            do(
                store,
                add_task,
                case_id,
                "review",
                f"card:{number}",
                LEAD,
                NOON_MS,
                band=band,
                rank_ms=rank_ms,
            )
        expected = sorted((task.id for task in tasks(store, case_id)), key=_rank_of(store, case_id))
        claimed = []
        while found := store.work.next(AGENT, NOON_MS):
            claimed.append(found.task.id)
        assert claimed == expected


def _rank_of(store: Store, case_id: str) -> Callable[[int], tuple[int, int, int]]:
    with store.db.reading():
        rows = {row["id"]: row for row in store.db.rows("live_tasks", case_id=case_id)}
    return lambda task: (rows[task]["band"], rows[task]["rank_ms"], task)


def test_the_next_task_comes_with_its_case_and_whom_to_call(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", severity=Severity.CRITICAL)])
    claimed = store.work.next(AGENT, NOON_MS)
    assert (claimed.case.subject, claimed.case.status) == ("customer u2", Status.WORKING)
    assert (claimed.task.kind, claimed.task.subject, claimed.task.lease_no) == (
        *("call_customer", "customer:u2", 1),
    )
    assert claimed.task.lease_until_ms == NOON_MS + 120_000


def test_a_ring_is_worked_by_as_many_as_it_has_people(store: Store) -> None:
    case_id = one_case(store, alert("a", scope="branch", members=[("c1", "u1"), ("c2", "u2")]))
    subjects = {store.work.next(who, NOON_MS).task.subject for who in (AGENT, OTHER)}
    assert subjects == {"customer:u1", "customer:u2"}
    assert [lease.by for lease in store.cases.show(case_id).case.leases] == ["a17", "a18"]
    assert store.work.next(Who("a19"), NOON_MS) is None


def test_an_agent_holds_one_task_and_a_lead_several(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}") for n in range(7)])
    held = store.work.next(AGENT, NOON_MS)
    with pytest.raises(NotPossible, match=f"a17 holds {held.case.id} and may hold no more than 1; finish"):
        store.work.next(AGENT, NOON_MS)
    with pytest.raises(NotPossible, match="no more than 1"):
        store.work.claim(store.cases.list()[-1].id, AGENT, NOON_MS)
    for _ in range(5):
        assert store.work.next(LEAD, NOON_MS) is not None
    with pytest.raises(NotPossible, match="no more than 5"):
        store.work.next(LEAD, NOON_MS)


def test_a_task_for_one_agent_is_theirs_until_the_time_has_passed(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    held = store.work.claim(case_id, AGENT, NOON_MS)
    until_ms = NOON_MS + 10 * MINUTE_MS
    do(
        *(store, wait, held.task.id, "callback", NOON_MS + MINUTE_MS, AGENT, NOON_MS),
        prefer_agent="a17",
        prefer_until_ms=until_ms,
    )
    assert store.work.next(OTHER, NOON_MS + MINUTE_MS) is None
    assert store.work.next(AGENT, NOON_MS + MINUTE_MS).task.id == held.task.id


def test_a_task_for_one_agent_is_anybodys_afterwards(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    held = store.work.claim(case_id, AGENT, NOON_MS)
    do(
        *(store, wait, held.task.id, "callback", NOON_MS, AGENT, NOON_MS),
        prefer_agent="a17",
        prefer_until_ms=NOON_MS + MINUTE_MS,
    )
    assert store.work.next(OTHER, NOON_MS + MINUTE_MS - 1) is None
    assert store.work.next(OTHER, NOON_MS + MINUTE_MS) is not None


def test_nobody_claims_a_task_about_somebody_who_is_on_the_phone(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    first, second = (case.id for case in store.cases.list())
    do(store, add_task, second, "contact_data", "customer:u1", LEAD, NOON_MS, band=0)
    talking = store.work.claim(first, AGENT, NOON_MS)
    set_calling(store, talking.task.id)
    assert store.work.next(OTHER, NOON_MS).task.subject == "customer:u2"
    with pytest.raises(AlreadyClaimed, match="customer:u1 is on the phone with a17"):
        store.work.claim(second, Who("a19"), NOON_MS)
    set_calling(store, talking.task.id, 0)
    assert store.work.claim(second, Who("a19"), NOON_MS).task.subject == "customer:u1"


def test_skills_and_teams_see_their_own_tasks_the_best_of_all_first(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    do(store, add_task, case_id, "review", "card:1", LEAD, NOON_MS, skill="lead", band=0)
    do(store, add_task, case_id, "review", "card:2", LEAD, NOON_MS, skill="legal", band=1)
    assert store.work.next(AGENT, NOON_MS).task.subject == "customer:u1"
    assert store.work.next(LEAD, NOON_MS, skills=("legal", "lead", "general")).task.subject == "card:1"
    assert store.work.next(OTHER, NOON_MS, skills=("legal",)).task.subject == "card:2"
    assert store.work.next(Who("a19"), NOON_MS) is None


def test_a_case_with_another_team_is_not_an_agents_to_claim(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    store.work.claim(case_id, AGENT, NOON_MS)
    store.work.escalate(case_id, AGENT, "legal", "an order came", NOON_MS)
    with pytest.raises(NotAllowed, match=f"{case_id} is with the team 'legal'"):
        store.work.claim(case_id, AGENT, NOON_MS)
    assert store.work.claim(case_id, OTHER, NOON_MS, skills=("legal",)).case.status is Status.ESCALATED


def test_a_customer_who_calls_by_themselves_need_not_wait(store: Store) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    held = store.work.claim(case_id, AGENT, NOON_MS)
    do(store, wait, held.task.id, "callback", NOON_MS + HOUR_MS, AGENT, NOON_MS)
    again = store.work.claim(case_id, OTHER, NOON_MS + MINUTE_MS)
    assert (again.task.id, again.task.wake_at_ms, again.case.status) == (held.task.id, None, Status.WORKING)


def test_who_may_not_be_called_now_is_passed_over_and_waits(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    morning_ms = NOON_MS + 30 * MINUTE_MS

    def asleep(task, now_ms: int) -> int | None:
        return morning_ms if task["subject"] == "customer:u1" and now_ms < morning_ms else None

    work = replace(store.work, may_call=asleep)
    assert work.next(AGENT, NOON_MS, lease_ms=HOUR_MS).task.subject == "customer:u2"
    case = store.cases.list()[0]
    assert (case.status, case.waiting_reason, case.wake_at_ms) == (Status.WAITING, "window", morning_ms)
    assert work.next(OTHER, morning_ms - 1) is None
    assert work.next(OTHER, morning_ms).task.subject == "customer:u1"


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OPS, Role.AUDITOR])
def test_who_does_not_work_cases_claims_none(store: Store, role: Role) -> None:
    case_id = one_case(store, alert("a", "c1", "u1"))
    for act in (
        lambda: store.work.next(Who("x", role), NOON_MS),
        lambda: store.work.claim(case_id, Who("x", role), NOON_MS),
        lambda: store.work.escalate(case_id, Who("x", role), "legal", "", NOON_MS),
        lambda: store.work.close(case_id, Who("x", role), None, "genuine", "", NOON_MS),
    ):
        with pytest.raises(NotAllowed, match="that takes: agent, lead"):
            act()


def test_a_policy_says_how_many_and_how_long(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}") for n in range(3)])
        work = SqlWork(store.db, WorkPolicy(tasks_per_agent=2, lease="PT10M"))
        assert work.next(AGENT, NOON_MS).task.lease_until_ms == NOON_MS + 10 * MINUTE_MS
        assert work.next(AGENT, NOON_MS) is not None
        with pytest.raises(NotPossible, match="no more than 2"):
            work.next(AGENT, NOON_MS)
