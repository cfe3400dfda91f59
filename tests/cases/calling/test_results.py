"""What an attempt leaves on record, and what it leads to."""

from typing import Any

import pytest

from cases.case import Outcome, Status
from cases.errors import NotYours, WrongUse
from cases.outbox import after
from cases.store import Store
from domain.findings import Severity
from tests.cases.calling.night import (
    ANNA,
    BERT,
    HOUR_MS,
    LEAD,
    MINUTE_MS,
    NIGHT,
    TEN,
    a_case,
    at,
    attempt,
    attempts,
    claim,
    customer,
    rows,
    states,
)

VERIFIED = {"checked": ("identity",)}


def test_an_attempt_keeps_who_when_where_and_by_which_script(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    begun = desk.calling.begin_call(task_id, ANNA, TEN)
    recorded = attempt(
        desk,
        task_id,
        "third_party",
        TEN + MINUTE_MS,
        reference=None,
        note=" her husband, card 4111 1111 1111 1111 ",
        answered_at_ms=TEN + 20_000,
        ended_at_ms=TEN + 50_000,
        checked=("nothing_before_identity",),
    )
    assert recorded.attempt_id == begun.attempt_id
    found = attempts(desk, case_id)[0]
    kept = {
        name: found[name] for name in ("agent", "customer", "reference", "disposition", "note", "checklist")
    }
    assert kept == {
        "agent": "agent-7",
        "customer": "u1",
        "reference": "u1-mobile",
        "disposition": "third_party",
        "note": "her husband, card **** **** **** 1111",
        "checklist": '["nothing_before_identity"]',
    }
    times = [
        found[name] - TEN for name in ("started_at_ms", "answered_at_ms", "ended_at_ms", "wrapup_until_ms")
    ]
    assert times == [0, 20_000, 50_000, MINUTE_MS]
    assert (found["script"], found["script_version"]) == ("impossible_travel", 1)


def test_an_attempt_refers_to_its_recording(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, TEN), "no_answer", TEN, recording="vault:2026/03/05#a17-0093")
    (found,) = attempts(desk, case_id)
    assert found["recording_ref"] == "vault:2026/03/05#a17-0093"


@pytest.mark.parametrize("recording", ["", "a" * 201, "two\nlines", "rec-4111111111111111"])
def test_what_names_no_recording_is_refused(desk: Store, recording: str) -> None:
    task_id = claim(desk, a_case(desk), TEN)
    with pytest.raises(WrongUse, match="recording"):
        attempt(desk, task_id, "no_answer", TEN, recording=recording)


def test_nobody_answering_waits_for_the_cadence_and_then_rings_the_other_number(desk: Store) -> None:
    case_id = a_case(desk)
    recorded = attempt(desk, claim(desk, case_id, TEN), "no_answer", TEN)
    assert (recorded.next.wake_at_ms, recorded.next.reference) == (TEN + HOUR_MS, "u1-home")
    case = desk.cases.show(case_id).case
    assert (case.status, case.waiting_reason, case.wake_at_ms) == (Status.WAITING, "cadence", TEN + HOUR_MS)
    assert desk.work.next(ANNA, TEN + HOUR_MS - 1) is None
    claimed = desk.work.next(BERT, TEN + HOUR_MS)
    assert claimed is not None
    assert desk.calling.begin_call(claimed.task.id, BERT, TEN + HOUR_MS).reference == "u1-home"


def try_until_the_last(store: Store, case_id: str, start_ms: int) -> list[int]:
    """Record that nobody answers until nobody is to be tried any more; give the times."""
    times, now_ms = [], start_ms
    while True:
        task_id = claim(store, case_id, now_ms)
        store.calling.begin_call(task_id, ANNA, now_ms)
        times.append(now_ms)
        following = attempt(store, task_id, "no_answer", now_ms, reference=None).next
        if following.wake_at_ms is None:
            return times
        now_ms = following.wake_at_ms


def test_critical_is_tried_eight_times_and_goes_to_a_lead(desk: Store) -> None:
    case_id = a_case(desk, severity=Severity.CRITICAL)
    times = try_until_the_last(desk, case_id, NIGHT)
    assert [(each - NIGHT) // MINUTE_MS for each in times] == [0, 2, 7, 17, 37, 77, 137, 257]
    assert states(desk, case_id) == {"call_customer customer:u1": "dead", "review customer:u1": "ready"}
    assert desk.calling.sentences(case_id, times[-1]) == (
        (
            "customer:u1",
            "tried 8 times on 2 numbers between 03:00 and 07:17, no answer "
            "(times of Asia/Shanghai on 2026-03-06)",
        ),
    )
    with desk.db.reading():
        letters = after(desk.db, "branch_letter", 0, 10)
        messages = after(desk.db, "customer_message", 0, 10)
    assert [each.payload["customer"] for each in letters] == ["u1"]
    assert len(messages) == 1  # after the second attempt
    assert messages[0].at_ms == times[1]


def test_medium_that_nobody_answers_is_closed_as_unreachable_with_a_message(desk: Store) -> None:
    case_id = a_case(desk)
    times = try_until_the_last(desk, case_id, TEN)
    assert len(times) == 4
    case = desk.cases.show(case_id).case
    assert (case.status, case.outcome) == (Status.CLOSED, Outcome.UNREACHABLE)
    with desk.db.reading():
        assert len(after(desk.db, "customer_message", 0, 10)) == 1


@pytest.mark.parametrize("how", ["genuine", "confirmed_fraud"])
def test_what_the_right_person_says_closes_the_case(desk: Store, how: str) -> None:
    case_id = a_case(desk)
    recorded = attempt(desk, claim(desk, case_id, TEN), how, TEN, note="was in Taipei", **VERIFIED)
    assert recorded.next.case_closed_as == how
    file = desk.cases.show(case_id)
    assert (file.case.status, file.case.outcome) == (Status.CLOSED, how)
    assert file.timeline[-1].note == "was in Taipei"


@pytest.mark.parametrize("how", ["genuine", "confirmed_fraud"])
def test_nothing_is_confirmed_before_the_identity_is_ticked(desk: Store, how: str) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    with pytest.raises(WrongUse, match=f"{how} needs the step 'identity'"):
        attempt(desk, task_id, how, TEN, checked=("callback_offered",))
    assert attempts(desk, case_id) == []
    assert attempt(desk, task_id, how, TEN, **VERIFIED).next.case_closed_as == how


def test_a_ring_closes_only_when_everyone_was_called(desk: Store) -> None:
    desk.reference.put([customer("u2"), customer("u3")])
    case_id = a_case(desk, members=(("c2", "u2"), ("c3", "u3")))
    outcomes = {"customer:u1": "genuine", "customer:u2": "confirmed_fraud", "customer:u3": "genuine"}
    for left in (2, 1, 0):
        claimed = desk.work.claim(case_id, ANNA, TEN)
        name = claimed.task.subject.removeprefix("customer:")
        how = outcomes[claimed.task.subject]
        following = attempt(desk, claimed.task.id, how, TEN, reference=f"{name}-mobile", **VERIFIED).next
        closed = desk.cases.show(case_id).case.status == Status.CLOSED
        assert closed == (left == 0), following.words
    assert desk.cases.show(case_id).case.outcome == Outcome.CONFIRMED_FRAUD


def test_a_member_whom_nobody_reached_keeps_a_ring_from_being_genuine(desk: Store) -> None:
    desk.reference.put([customer("u2")])
    case_id = a_case(desk, severity=Severity.LOW, members=(("c2", "u2"),))
    first = desk.work.claim(case_id, ANNA, TEN)
    name = first.task.subject.removeprefix("customer:")
    attempt(desk, first.task.id, "genuine", TEN, reference=f"{name}-mobile", **VERIFIED)
    try_until_the_last(desk, case_id, TEN)
    assert desk.cases.show(case_id).case.outcome == Outcome.UNREACHABLE


def test_a_person_who_cannot_be_verified_goes_to_a_lead(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, TEN), "identity_failed", TEN)
    assert states(desk, case_id) == {"call_customer customer:u1": "dead", "review customer:u1": "ready"}


def test_a_customer_who_wants_a_branch_is_handed_over(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, TEN), "wants_branch", TEN)
    case = desk.cases.show(case_id).case
    assert case.status == Status.ESCALATED
    assert states(desk, case_id)["call_customer customer:u1"] == "waiting"


def test_a_wrong_number_is_not_rung_again_and_somebody_is_to_correct_it(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    following = attempt(desk, task_id, "wrong_number", TEN).next
    assert (following.reference, following.wake_at_ms) == ("u1-home", None)  # the same agent rings the next
    assert states(desk, case_id) == {
        "call_customer customer:u1": "leased",
        "contact_data customer:u1": "ready",
    }
    following = attempt(desk, task_id, "number_invalid", TEN, reference="u1-home").next
    assert following.wake_at_ms == TEN + 4 * HOUR_MS
    assert states(desk, case_id)["call_customer customer:u1"] == "waiting"
    numbers = desk.calling.calls(case_id, ANNA, TEN)[0].numbers
    assert [number.why_not for number in numbers] == ["wrong number", "number not in service"]


def test_what_the_dialer_failed_to_dial_is_no_attempt(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    attempt(desk, task_id, "dialer_failed", TEN)
    assert rows(desk, "cases", ids=f'["{case_id}"]')[0]["first_attempt_at_ms"] is None
    assert rows(desk, "call_task", id=task_id)[0]["attempt_no"] == 0
    assert desk.calling.sentences(case_id, TEN) == (("customer:u1", "not tried yet"),)
    assert desk.calling.begin_call(task_id, ANNA, TEN).attempt_id


def test_first_attempt_and_first_contact_are_kept_once(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, TEN), "no_answer", TEN)
    later = TEN + HOUR_MS
    attempt(desk, claim(desk, case_id, later), "callback_later", later, callback_at_ms=later + HOUR_MS)
    last = later + HOUR_MS
    task_id = claim(desk, case_id, last)
    attempt(desk, task_id, "genuine", last, **VERIFIED)
    assert rows(desk, "call_task", id=task_id)[0]["attempt_no"] == 3
    case = rows(desk, "cases", ids=f'["{case_id}"]')[0]
    assert (case["first_attempt_at_ms"], case["first_contact_at_ms"]) == (TEN, later)
    assert [each["disposition"] for each in attempts(desk, case_id)] == [
        "no_answer",
        "callback_later",
        "genuine",
    ]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"disposition": "callback_later"}, "needs the time to call back"),
        ({"disposition": "no_answer", "callback_at_ms": TEN + 1}, "has no time to call back"),
        ({"disposition": "callback_later", "callback_at_ms": TEN}, "within the next 7 days"),
        (
            {"disposition": "callback_later", "callback_at_ms": TEN + 8 * 24 * HOUR_MS},
            "within the next 7 days",
        ),
        ({"disposition": "cash_claim_opened"}, "no way for a call in a fraud case to end"),
        (
            {"disposition": "no_answer", "checked": ("whereabout",)},
            "not on the checklist of impossible_travel",
        ),
        ({"disposition": "no_answer", "reference": "u9"}, "on record are: u1-mobile, u1-home"),
        ({"disposition": "no_answer", "reference": None}, "say which number"),
    ],
)
def test_a_report_that_cannot_be_is_refused_and_leaves_nothing(
    desk: Store, fields: dict[str, Any], what: str
) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    given = dict(fields)
    with pytest.raises(WrongUse, match=what):
        attempt(desk, task_id, given.pop("disposition"), TEN, **given)
    assert attempts(desk, case_id) == []


def test_digits_are_no_handle_of_a_number(desk: Store) -> None:
    desk.reference.put([customer("u2", numbers=())])
    task_id = claim(desk, a_case(desk, "two", "u2"), TEN)
    with pytest.raises(WrongUse, match="never by its digits"):
        attempt(desk, task_id, "no_answer", TEN, reference="13800001234")


def test_an_attempt_by_hand_outside_the_window_is_on_record_as_such(desk: Store) -> None:
    case_id = a_case(desk)
    attempt(desk, claim(desk, case_id, NIGHT), "no_answer", NIGHT)
    line = next(entry for entry in desk.cases.show(case_id).timeline if entry.what == "attempt")
    assert line.old == "customer:u1 on u1-mobile, outside the hours of calls"


def test_who_comes_too_late_loses_the_task_and_not_the_note(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    desk.work.release(case_id, LEAD, "went home", TEN + MINUTE_MS)
    claim(desk, case_id, TEN + MINUTE_MS, BERT)
    with pytest.raises(NotYours, match="taken over by agent-8"):
        attempt(desk, task_id, "no_answer", TEN + 2 * MINUTE_MS, lease_no=1, note="rang for a minute")
    assert attempts(desk, case_id) == []
    assert desk.cases.show(case_id).timeline[-1].note == "no_answer: rang for a minute"


def test_attempts_of_a_case_that_went_into_another_count_there(desk: Store) -> None:
    desk.reference.put([customer("u2")])
    old = a_case(desk, "one", "u1")
    new = a_case(desk, "two", "u2", at_ms=MINUTE_MS)
    attempt(desk, claim(desk, new, TEN), "no_answer", TEN, reference="u2-mobile")
    a_case(desk, "both", "u1", at_ms=2 * MINUTE_MS, members=(("card-u2", "u2"),))
    found = dict(desk.calling.sentences(old, TEN))
    assert found["customer:u2"].startswith("tried once on 1 number at 10:00, no answer")


def test_the_next_window_is_kept_where_the_cadence_ends_in_the_night(desk: Store) -> None:
    case_id = a_case(desk)
    late = at("2026-03-05 20:30")
    recorded = attempt(desk, claim(desk, case_id, late), "no_answer", late)
    assert recorded.next.wake_at_ms == at("2026-03-06 08:00")
    assert desk.cases.show(case_id).case.waiting_reason == "window"
