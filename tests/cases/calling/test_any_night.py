"""Whatever comes of the calls of a ring, nothing is lost and nobody is rung against the rules."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.calling.dispositions import DISPOSITIONS, FRAUD, Step
from cases.calling.sentence import tried_sentence
from cases.case import LIVE, Status
from cases.errors import CannotCall
from cases.store import Store, open_store
from cases.work.states import LIVE_TASKS
from domain.findings import Severity
from tests.cases.calling.night import ANNA, HOUR_MS, TEN, ZONE, a_case, attempt, customer
from tests.cases.made import GREEDY
from tests.sqlite_store import sqlite_store

ENDS = sorted(code for code, each in DISPOSITIONS.items() if each.cases & FRAUD)


@settings(max_examples=25, deadline=None)
@given(
    severity=st.sampled_from(list(Severity)),
    ends=st.lists(st.tuples(st.sampled_from(ENDS), st.integers(0, 9)), min_size=1, max_size=25),
)
def test_nothing_is_lost_whatever_comes_of_the_calls(severity: Severity, ends: list[tuple[str, int]]) -> None:
    with (
        TemporaryDirectory() as folder,
        open_store(sqlite_store(Path(folder) / "desk.db"), policy=GREEDY) as desk,
    ):
        desk.reference.put([customer("u1"), customer("u2", numbers=("only",))])
        case_id = a_case(desk, severity=severity, members=(("c2", "u2"),))
        now_ms, counted = TEN, 0
        for how, hours in ends:
            now_ms += hours * HOUR_MS
            counted += try_once(desk, how, now_ms)
            check(desk, case_id, now_ms, counted)


def try_once(desk: Store, how: str, now_ms: int) -> int:
    """Take the next call, dial and record; gives how many attempts that makes."""
    claimed = desk.work.next(ANNA, now_ms)
    if claimed is None:
        return 0
    if claimed.task.kind != "call_customer":
        desk.work.complete(claimed.task.id, ANNA, None, "looked at", now_ms)
        return 0
    try:
        desk.calling.begin_call(claimed.task.id, ANNA, now_ms)
    except CannotCall:
        return 0
    agreed_ms = now_ms + HOUR_MS if DISPOSITIONS[how].next is Step.CALL_BACK else None
    attempt(
        desk,
        claimed.task.id,
        how,
        now_ms,
        reference=None,
        checked=("identity",),
        callback_at_ms=agreed_ms,
    )
    return int(DISPOSITIONS[how].counts)


def check(desk: Store, case_id: str, now_ms: int, counted: int) -> None:
    file = desk.cases.show(case_id)
    live = [task for task in file.tasks if task.state in LIVE_TASKS]
    assert bool(live) == (file.case.status in LIVE), file
    if file.case.status is Status.WAITING:
        assert file.case.wake_at_ms is not None
    with desk.db.reading():
        rows = desk.db.rows("attempts_of_case", case_id=case_id)
    made = [row for row in rows if DISPOSITIONS[row["disposition"]].counts]
    assert len(made) == counted
    for subject, sentence in desk.calling.sentences(case_id, now_ms):
        own = [row for row in made if row["subject"] == subject]
        assert sentence.startswith(tried_sentence([], ZONE) if not own else f"tried {_times(len(own))} on ")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
