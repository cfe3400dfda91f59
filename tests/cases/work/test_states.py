"""The tables of what may happen: nothing leaves them, whatever happens in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import LIVE, Status
from cases.errors import NotPossible
from cases.work.states import (
    CASE_MOVES,
    LIVE_TASKS,
    TASK_MOVES,
    Event,
    TaskState,
    case_after,
    standing,
    task_after,
)

some_tasks = st.frozensets(st.sampled_from(LIVE_TASKS), min_size=1)


@given(st.lists(st.tuples(st.sampled_from(Event), some_tasks), max_size=30))
def test_any_sequence_of_events_keeps_a_case_inside_its_table(
    events: list[tuple[Event, frozenset[TaskState]]],
) -> None:
    status = Status.OPEN
    for event, tasks in events:
        try:
            after = case_after(status, event, tasks)
        except NotPossible:
            continue
        assert after in CASE_MOVES[status, event]
        if len(CASE_MOVES[status, event]) > 1:
            assert after is standing(tasks)
        status = after


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_a_task_that_has_ended_never_begins_again(events: list[Event]) -> None:
    state = TaskState.READY
    for event in events:
        ended = state not in LIVE_TASKS
        try:
            state = task_after(state, event)
        except NotPossible:
            continue
        assert not ended


def test_every_status_can_be_left_a_merged_one_only_out_of_a_flood_and_every_status_reached() -> None:
    assert {status for status, _ in CASE_MOVES} == {*Status}
    assert {event for status, event in CASE_MOVES if status is Status.MERGED} == {Event.LEAVE}
    assert {after for found in CASE_MOVES.values() for after in found} == {*Status}
    assert {state for state, _ in TASK_MOVES} == {*LIVE_TASKS}
    assert {*TASK_MOVES.values()} == {*TaskState}


@pytest.mark.parametrize("status", LIVE)
def test_every_live_case_can_be_merged_closed_escalated_and_alerted_about(status: Status) -> None:
    for event in (Event.MERGE, Event.RESOLVE, Event.ESCALATE, Event.NEW_ALERT):
        assert (status, event) in CASE_MOVES


def test_an_escalated_case_stays_with_its_team_whatever_its_tasks_do() -> None:
    for event in Event:
        after = CASE_MOVES.get((Status.ESCALATED, event))
        if event not in (Event.RETURN, Event.RESOLVE, Event.MERGE):
            assert after in (None, (Status.ESCALATED,))


def test_what_cannot_happen_is_refused_with_what_can() -> None:
    with pytest.raises(NotPossible, match="a case that is closed does not claim; possible is: reopen"):
        case_after(Status.CLOSED, Event.CLAIM)
    with pytest.raises(NotPossible, match="a task that is done does not wake; possible is: nothing"):
        task_after(TaskState.DONE, Event.WAKE)
    with pytest.raises(NotPossible, match="a case that is open does not become working when"):
        case_after(Status.OPEN, Event.WAIT, {TaskState.LEASED})
