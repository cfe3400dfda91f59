"""What agents do: seen from their claims and calls, and said by themselves."""

import pytest

from cases.calling.results import Report
from cases.calling.telephone import LineEvent
from cases.case import Outcome
from cases.errors import NotAllowed
from cases.kpi.values import Ratio
from cases.store import Store
from cases.who import Role, Who
from cases.work.agent_states import AgentState
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert, claim
from tests.cases.worked import AGENT, SECOND_MS, call, customer

LEAD = Who("lead-2", Role.LEAD)


@pytest.fixture
def busy(store: Store) -> Store:
    """A store with two cases of customers who can be called."""
    store.reference.put([customer("u1"), customer("u2")])
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)], NOON_MS)
    return store


def states(store: Store, agent: str = AGENT.name) -> list[tuple[str, int, int | None]]:
    """Give what an agent did: the state, and from when to when in seconds from noon."""
    with store.db.reading():
        rows = store.db.rows("kpi_states", from_ms=NOON_MS - HOUR_MS, to_ms=NOON_MS + 10 * HOUR_MS)
    return sorted(
        (
            (row["state"], _second(row["from_ms"]), None if row["to_ms"] is None else _second(row["to_ms"]))
            for row in rows
            if row["agent"] == agent
        ),
        key=lambda each: (each[1], each[2] is None, each[2]),
    )


def _second(at_ms: int) -> int:
    return (at_ms - NOON_MS) // SECOND_MS


def test_a_call_is_seen_from_its_preview_to_its_wrap_up(busy: Store) -> None:
    claimed = busy.work.next(AGENT, NOON_MS)
    begun = busy.calling.begin_call(claimed.task.id, AGENT, NOON_MS + 30 * SECOND_MS)
    report = Report(
        task_id=begun.task_id,
        disposition="genuine",
        checked=("identity",),
        answered_at_ms=NOON_MS + 40 * SECOND_MS,
        ended_at_ms=NOON_MS + 100 * SECOND_MS,
    )
    busy.calling.record(report, AGENT, NOON_MS + 120 * SECOND_MS)
    assert states(busy) == [
        ("preview", 0, 30),
        ("dialing", 30, 40),
        ("talking", 40, 100),
        ("wrapup", 100, 120),
        ("available", 120, None),
    ]


def test_who_is_answered_talks_from_then_on(busy: Store) -> None:
    claimed = busy.work.next(AGENT, NOON_MS)
    busy.calling.begin_call(claimed.task.id, AGENT, NOON_MS + 30 * SECOND_MS)
    busy.calling.answered(claimed.task.id, AGENT, NOON_MS + 40 * SECOND_MS)
    assert [each.state for each in busy.work.states(LEAD)] == ["talking"]
    report = Report(
        task_id=claimed.task.id,
        disposition="genuine",
        checked=("identity",),
        answered_at_ms=NOON_MS + 40 * SECOND_MS,
        ended_at_ms=NOON_MS + 100 * SECOND_MS,
    )
    busy.calling.record(report, AGENT, NOON_MS + 120 * SECOND_MS)
    assert states(busy) == [
        ("preview", 0, 30),
        ("dialing", 30, 40),
        ("talking", 40, 100),
        ("wrapup", 100, 120),
        ("available", 120, None),
    ]


def test_the_telephone_system_says_that_an_agent_talks(busy: Store) -> None:
    claimed = busy.work.next(AGENT, NOON_MS)
    begun = busy.calling.begin_call(claimed.task.id, AGENT, NOON_MS + 30 * SECOND_MS)
    later_ms = NOON_MS + 40 * SECOND_MS
    busy.calling.line(begun.attempt_id, LineEvent.ANSWERED, AGENT, later_ms, later_ms)
    assert states(busy)[-1] == ("talking", 40, None)


def test_occupancy_is_there_without_anybody_saying_anything(busy: Store) -> None:
    call(busy, "no_answer", 0, 60 * SECOND_MS)
    end_ms = NOON_MS + 5 * MINUTE_MS
    (found,) = (each for each in busy.kpi.figures(NOON_MS, end_ms, end_ms) if each.name == "occupancy")
    # On the case for 65 s with its wrap-up, then available.
    assert found.value == Ratio(65 * SECOND_MS, 5 * MINUTE_MS)


def test_who_is_on_a_break_stays_so_until_they_say_or_claim(busy: Store) -> None:
    case = busy.work.next(AGENT, NOON_MS).case
    busy.work.say_state(AGENT.name, AgentState.BREAK, AGENT, NOON_MS + MINUTE_MS, "lunch")
    busy.work.release(case.id, AGENT, "", NOON_MS + 2 * MINUTE_MS)
    assert states(busy) == [("preview", 0, 60), ("break", 60, None)]
    assert [each.reason for each in busy.work.states(LEAD)] == ["lunch"]
    claim(busy, case.id, AGENT.name, NOON_MS + 3 * MINUTE_MS)
    assert [each.state for each in busy.work.states(LEAD)] == ["preview"]


def test_the_end_of_a_shift_and_of_a_lease_is_the_end_of_being_there(busy: Store) -> None:
    first = busy.work.next(AGENT, NOON_MS)
    busy.work.end_shift(AGENT.name, AGENT, NOON_MS + MINUTE_MS)
    assert busy.work.states(LEAD) == ()
    other = Who("a18")
    busy.work.claim(first.case.id, other, NOON_MS + 2 * MINUTE_MS, lease_ms=MINUTE_MS)
    busy.work.sweep(NOON_MS + HOUR_MS)
    # Nobody knows what they did after their lease ran out: it counts as no work.
    assert states(busy, "a18") == [("preview", 120, 180), ("offline", 180, None)]


def test_a_lead_who_frees_or_closes_what_another_holds_changes_what_that_one_does(busy: Store) -> None:
    first = busy.work.next(AGENT, NOON_MS).case
    busy.work.release(first.id, LEAD, "needed elsewhere", NOON_MS + MINUTE_MS)
    second = busy.work.next(AGENT, NOON_MS + 2 * MINUTE_MS).case
    busy.work.close(second.id, LEAD, None, Outcome.GENUINE, "", NOON_MS + 3 * MINUTE_MS)
    assert [each[0] for each in states(busy)] == ["preview", "available", "preview", "available"]
    assert states(busy, LEAD.name) == []


def test_a_clock_that_is_behind_stops_no_claim(busy: Store) -> None:
    busy.work.say_state(AGENT.name, AgentState.AVAILABLE, AGENT, NOON_MS + MINUTE_MS)
    assert busy.work.next(AGENT, NOON_MS) is not None
    assert states(busy) == [("available", 60, 60), ("preview", 60, None)]


def test_nobody_but_a_lead_says_what_another_does(store: Store) -> None:
    with pytest.raises(NotAllowed, match="may not work for others"):
        store.work.say_state("a18", AgentState.BREAK, AGENT, NOON_MS)
    store.work.say_state("a18", AgentState.BREAK, LEAD, NOON_MS)
    with pytest.raises(NotAllowed, match="may not read cases"):
        store.work.states(Who("ops-1", Role.OPS))
