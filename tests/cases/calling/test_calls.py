"""Beginning a call: who may be rung, when, and on which number."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest

from cases.calling.contacts import SITE
from cases.case import Status
from cases.errors import CannotCall, NotAllowed, NotFound, NotYours, OnTheLine, WrongUse
from cases.store import Store, open_store
from cases.who import Role, Who
from domain.findings import Severity
from domain.reference import Card
from tests.cases.calling.night import (
    ANNA,
    BERT,
    HOUR_MS,
    LEAD,
    LONG_AGO,
    MINUTE_MS,
    NIGHT,
    TEN,
    a_case,
    at,
    attempt,
    claim,
    customer,
    states,
)
from tests.cases.made import alert


def test_a_call_is_opened_on_the_number_whose_turn_it_is(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    begun = desk.calling.begin_call(task_id, ANNA, TEN)
    assert (begun.reference, begun.customer, begun.case_id) == ("u1-mobile", "u1", case_id)
    assert begun.script.name == "impossible_travel"
    assert desk.cases.show(case_id).case.status == Status.WORKING


def test_at_three_in_the_morning_medium_waits_for_the_window(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, NIGHT)
    with pytest.raises(CannotCall, match=r"it is 03:00 on 2026-03-06 in Asia/Shanghai .* waits until 08:00"):
        desk.calling.begin_call(task_id, ANNA, NIGHT)
    case = desk.cases.show(case_id).case
    assert (case.status, case.waiting_reason) == (Status.WAITING, "window")
    assert case.wake_at_ms == at("2026-03-06 08:00")


def test_at_three_in_the_morning_critical_dials(desk: Store) -> None:
    task_id = claim(desk, a_case(desk, severity=Severity.CRITICAL), NIGHT)
    assert desk.calling.begin_call(task_id, ANNA, NIGHT).reference == "u1-mobile"


def test_the_queue_hands_out_nothing_outside_the_window(desk: Store) -> None:
    case_id = a_case(desk)
    assert desk.work.next(ANNA, NIGHT) is None
    assert desk.cases.show(case_id).case.status == Status.WAITING
    morning_ms = at("2026-03-06 08:00")
    claimed = desk.work.next(ANNA, morning_ms)
    assert claimed is not None
    assert claimed.case.id == case_id


def test_the_window_that_closes_during_the_lease_counts(desk: Store) -> None:
    task_id = claim(desk, a_case(desk), at("2026-03-05 20:59"))
    with pytest.raises(CannotCall, match="21:00"):
        desk.calling.begin_call(task_id, ANNA, at("2026-03-05 21:00"))


def test_it_is_three_in_the_morning_where_the_customer_is(desk: Store) -> None:
    desk.reference.put([customer("u2", time_zone="America/New_York")])
    task_id = claim(desk, a_case(desk, "two", "u2"), TEN)
    with pytest.raises(CannotCall, match="it is 21:00 on 2026-03-04 in America/New_York"):
        desk.calling.begin_call(task_id, ANNA, TEN)


def test_a_callback_that_the_customer_set_overrides_the_window(desk: Store) -> None:
    case_id = a_case(desk)
    evening_ms, agreed_ms = at("2026-03-05 20:30"), at("2026-03-05 23:30")
    attempt(desk, claim(desk, case_id, evening_ms), "callback_later", evening_ms, callback_at_ms=agreed_ms)
    assert desk.work.next(BERT, agreed_ms) is None  # Anna promised it
    claimed = desk.work.next(ANNA, agreed_ms)
    assert claimed is not None
    assert desk.calling.begin_call(claimed.task.id, ANNA, agreed_ms).reference == "u1-mobile"


def test_a_callback_falls_to_anyone_after_the_grace(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, TEN), "callback_later", TEN, callback_at_ms=TEN + HOUR_MS)
    assert desk.work.next(BERT, TEN + HOUR_MS + 14 * MINUTE_MS) is None
    claimed = desk.work.next(BERT, TEN + HOUR_MS + 15 * MINUTE_MS)
    assert claimed is not None
    assert claimed.case.id == case_id


def test_a_callback_that_was_missed_by_hours_waits_for_the_window(desk: Store) -> None:
    agreed_ms = at("2026-03-05 22:30")
    attempt(desk, claim(desk, a_case(desk), TEN), "callback_later", TEN, callback_at_ms=agreed_ms)
    assert desk.work.next(ANNA, at("2026-03-06 01:00")) is None
    assert desk.work.next(ANNA, at("2026-03-06 08:00")) is not None


def two_tasks_about_one_person(desk: Store) -> tuple[int, int]:
    """Give the calls of two cases held by two agents; the card of one is the customer's of the other."""
    first = claim(desk, a_case(desk), TEN)
    desk.cases.take_in([alert("card", "card-x")])
    other = next(case.id for case in desk.cases.list() if not case.customers)
    desk.reference.put(
        [
            Card(
                id="card-x",
                effective_at=LONG_AGO,
                customer="u1",
                last4="1234",
                issued_branch="b",
                issued_at=LONG_AGO,
            )
        ]
    )
    return first, claim(desk, other, TEN, BERT)


def test_nobody_is_on_two_calls_at_once_whatever_the_cases(desk: Store) -> None:
    first, second = two_tasks_about_one_person(desk)
    desk.calling.begin_call(first, ANNA, TEN)
    with pytest.raises(OnTheLine, match=r"agent-7 has been on the phone with card:card-x since"):
        desk.calling.begin_call(second, BERT, TEN)
    attempt(desk, first, "no_answer", TEN + MINUTE_MS, reference=None)
    assert desk.calling.begin_call(second, BERT, TEN + 2 * MINUTE_MS).customer == "u1"


def test_of_two_who_dial_one_person_in_the_same_instant_one_gets_through(desk: Store, url: str) -> None:
    tasks = dict(zip((ANNA, BERT), two_tasks_about_one_person(desk), strict=True))
    together = Barrier(2)

    def begin(who: Who) -> bool:
        with open_store(url) as own:
            together.wait()
            try:
                own.calling.begin_call(tasks[who], who, TEN)
            except OnTheLine:
                return False
            return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(begin, tasks)) == [False, True]


def test_the_database_itself_refuses_a_second_open_call_to_a_customer(desk: Store) -> None:
    first, second = two_tasks_about_one_person(desk)
    case_id = desk.cases.list()[0].id
    row = {
        "case_id": case_id,
        "customer": "u1",
        "reference": "u1-mobile",
        "agent": "agent-7",
        "lease_no": 1,
        "started_at_ms": TEN,
        "script": "burst",
        "script_version": 1,
    }
    with desk.db.writing():
        assert len(desk.db.rows("begin_attempt", task_id=first, **row)) == 1
        assert desk.db.rows("begin_attempt", task_id=second, **row) == []


def test_a_task_has_one_open_call(desk: Store) -> None:
    task_id = claim(desk, a_case(desk), TEN)
    desk.calling.begin_call(task_id, ANNA, TEN)
    with pytest.raises(OnTheLine, match="record how that call ended first"):
        desk.calling.begin_call(task_id, ANNA, TEN + 1)


def test_a_call_that_nobody_can_report_on_bars_no_later_one(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    desk.calling.begin_call(task_id, ANNA, TEN)
    desk.work.close(case_id, ANNA, None, "false_alarm", "hung up on", TEN + MINUTE_MS)
    desk.work.reopen(case_id, LEAD, "the customer called", TEN + HOUR_MS)
    again = claim(desk, case_id, TEN + HOUR_MS)
    assert desk.calling.begin_call(again, ANNA, TEN + HOUR_MS).attempt_id


def test_who_does_not_hold_the_task_does_not_call(desk: Store) -> None:
    task_id = claim(desk, a_case(desk), TEN)
    with pytest.raises(NotYours, match="with agent-7"):
        desk.calling.begin_call(task_id, BERT, TEN)
    with pytest.raises(NotYours, match="lease 9 is stale"):
        desk.calling.begin_call(task_id, ANNA, TEN, lease_no=9)
    with pytest.raises(NotAllowed, match="may not work cases"):
        desk.calling.begin_call(task_id, Who("agent-7", Role.AUDITOR), TEN)


def test_a_number_can_be_chosen_among_those_on_record(desk: Store) -> None:
    task_id = claim(desk, a_case(desk), TEN)
    with pytest.raises(WrongUse, match=r"no number 'u9-home'; on record are: u1-mobile, u1-home"):
        desk.calling.begin_call(task_id, ANNA, TEN, reference="u9-home")
    assert desk.calling.begin_call(task_id, ANNA, TEN, reference="u1-home").reference == "u1-home"


def test_a_number_that_led_nowhere_is_not_rung_again(desk: Store) -> None:
    task_id = claim(desk, a_case(desk), TEN)
    attempt(desk, task_id, "number_invalid", TEN)
    with pytest.raises(
        CannotCall, match=r"u1-mobile is not to be rung: number not in service; others: u1-home"
    ):
        desk.calling.begin_call(task_id, ANNA, TEN, reference="u1-mobile")


def test_a_wish_on_one_number_leaves_the_other(desk: Store) -> None:
    case_id = a_case(desk)
    desk.calling.wish(case_id, "u1", ANNA, TEN, reference="u1-mobile")
    begun = desk.calling.begin_call(claim(desk, case_id, TEN), ANNA, TEN)
    assert begun.reference == "u1-home"


def test_a_wish_not_to_be_called_for_a_while_lays_the_task_aside(desk: Store) -> None:
    case_id = a_case(desk)
    desk.calling.wish(case_id, "u1", ANNA, TEN, until_ms=TEN + HOUR_MS, note="in a meeting")
    task_id = claim(desk, case_id, TEN)
    with pytest.raises(CannotCall, match="does not want to be called until 2026-03-05T03:00"):
        desk.calling.begin_call(task_id, ANNA, TEN)
    case = desk.cases.show(case_id).case
    assert (case.waiting_reason, case.wake_at_ms) == ("legal", TEN + HOUR_MS)


def test_a_wish_never_to_be_called_goes_to_a_lead(desk: Store) -> None:
    case_id = a_case(desk)
    desk.calling.wish(case_id, "u1", ANNA, TEN)
    with pytest.raises(CannotCall, match="for good: the task has gone to a lead"):
        desk.calling.begin_call(claim(desk, case_id, TEN), ANNA, TEN)
    assert states(desk, case_id) == {"call_customer customer:u1": "dead", "review customer:u1": "ready"}


def test_a_wish_can_be_taken_back(desk: Store) -> None:
    case_id = a_case(desk)
    desk.calling.wish(case_id, "u1", ANNA, TEN)
    desk.calling.end_wish("u1", ANNA, TEN)
    assert desk.calling.begin_call(claim(desk, case_id, TEN), ANNA, TEN).reference == "u1-mobile"


def test_a_customer_without_a_number_makes_a_task_to_find_one(desk: Store) -> None:
    desk.reference.put([customer("u2", numbers=())])
    case_id = a_case(desk, "two", "u2")
    task_id = claim(desk, case_id, TEN)
    with pytest.raises(CannotCall, match="no number of customer:u2 can be rung"):
        desk.calling.begin_call(task_id, ANNA, TEN)
    assert states(desk, case_id) == {
        "call_customer customer:u2": "waiting",
        "contact_data customer:u2": "ready",
    }


def test_a_found_number_wakes_the_call(desk: Store) -> None:
    desk.reference.put([customer("u2", numbers=())])
    case_id = a_case(desk, "two", "u2")
    with pytest.raises(CannotCall):
        desk.calling.begin_call(claim(desk, case_id, TEN), ANNA, TEN)
    finding = claim(desk, case_id, TEN, BERT)
    desk.reference.put([customer("u2")])
    desk.calling.contact_restored(finding, BERT, TEN + MINUTE_MS)
    assert states(desk, case_id) == {"call_customer customer:u2": "ready", "contact_data customer:u2": "done"}
    begun = desk.calling.begin_call(claim(desk, case_id, TEN + MINUTE_MS), ANNA, TEN + MINUTE_MS)
    assert begun.reference == "u2-mobile"


def test_the_numbers_are_those_of_the_time(desk: Store) -> None:
    desk.reference.put([replace(customer(numbers=("new",)), effective_at=datetime(2026, 4, 1, tzinfo=UTC))])
    case_id = a_case(desk)
    for now_ms, numbers in ((TEN, ["u1-mobile", "u1-home"]), (at("2026-04-02 10:00"), ["u1-new"])):
        call = desk.calling.calls(case_id, ANNA, now_ms)[0]
        assert [number.reference for number in call.numbers] == numbers


def test_a_place_of_our_own_is_called_around_the_clock(desk: Store) -> None:
    desk.cases.take_in([alert("site", scope="terminal", key="t1")])
    case_id = desk.cases.list()[0].id
    begun = desk.calling.begin_call(claim(desk, case_id, NIGHT), ANNA, NIGHT)
    assert (begun.reference, begun.customer) == (SITE, None)


def test_a_case_that_is_not_there_is_said_so_whatever_its_name(desk: Store) -> None:
    with pytest.raises(NotFound, match="there is no case"):
        desk.calling.calls('C"0', ANNA, TEN)
    assert desk.calling.calls(a_case(desk), ANNA, TEN)[0].next == "u1-mobile"
