"""What the desk found out: said once, corrected by what follows, and the same at every reading."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import outbox
from cases.case import Outcome
from cases.feedback import publish_disposition
from cases.store import Store
from domain.events import CaseOutcome, Disposition
from domain.instants import from_ms, to_ms
from tests.cases.closed import close, closed_case, live_case, reopen
from tests.cases.made import HOUR_MS, NOON_MS, alert

FOR_EVER_MS = NOON_MS + 10**12
A, B = alert("a", "c1", "u1"), alert("b", "c1", "u1", at_ms=1000, detector="burst")


def said(store: Store, since_ms: int = 0, until_ms: int = FOR_EVER_MS) -> list[Disposition]:
    return list(store.feedback.dispositions(since_ms, until_ms))


def words(store: Store) -> list[tuple[str, str, bool, int]]:
    return [(each.alert, each.outcome, each.retracted, to_ms(each.at)) for each in said(store)]


def test_an_outcome_is_said_of_each_alert_with_the_time_it_became_known(store):
    case_id = closed_case(store, [A, B], Outcome.CONFIRMED_FRAUD, NOON_MS + HOUR_MS)
    first, second = sorted(said(store), key=lambda each: each.alert_at)
    assert first == Disposition(
        event_id=first.event_id,
        at=from_ms(NOON_MS + HOUR_MS),
        case=case_id,
        outcome="confirmed_fraud",
        alert=A.id,
        alert_at=from_ms(NOON_MS),
        detector="impossible_travel",
        scope="card",
        key="c1",
        trigger="event-a",
        card="c1",
        customer="u1",
    )
    assert (second.alert, second.detector, second.trigger) == (B.id, "burst", "event-b")
    assert first.event_id != second.event_id


def test_the_words_of_an_event_are_those_of_the_desk():
    assert set(CaseOutcome.__args__) == {outcome.value for outcome in Outcome}


def test_a_case_that_is_not_closed_says_nothing(store):
    live_case(store, A)
    assert said(store) == []


def test_a_reopened_case_takes_back_what_it_said_and_says_it_anew_when_it_is_closed_again(store):
    case_id = closed_case(store, [A], Outcome.GENUINE)
    reopen(store, case_id, NOON_MS + HOUR_MS)
    close(store, case_id, Outcome.CONFIRMED_FRAUD, NOON_MS + 2 * HOUR_MS)
    assert words(store) == [
        (A.id, "genuine", False, NOON_MS),
        (A.id, "genuine", True, NOON_MS + HOUR_MS),
        (A.id, "confirmed_fraud", False, NOON_MS + 2 * HOUR_MS),
    ]


def test_a_new_alert_that_reopens_a_case_takes_back_only_what_was_said(store):
    closed_case(store, [A], Outcome.GENUINE, NOON_MS + HOUR_MS)
    store.cases.take_in([alert("late", "c1", "u1", at_ms=2 * HOUR_MS)])
    assert [(name, retracted) for name, _, retracted, _ in words(store)] == [(A.id, False), (A.id, True)]


def test_a_clock_that_was_set_back_does_not_put_a_correction_before_what_it_corrects(store):
    case_id = closed_case(store, [A], at_ms=NOON_MS + HOUR_MS)
    reopen(store, case_id, NOON_MS)
    assert [(retracted, at_ms) for *_, retracted, at_ms in words(store)] == [
        (False, NOON_MS + HOUR_MS),
        (True, NOON_MS + HOUR_MS),
    ]


def test_what_was_said_is_not_said_again(store):
    case_id = closed_case(store, [A])
    with store.db.writing():
        publish_disposition(store.db, case_id, NOON_MS + 1)
    assert len(said(store)) == 1


def test_every_outcome_is_published_once(store):
    case_id = closed_case(store, [A, B])
    reopen(store, case_id, NOON_MS + 1)
    with store.db.reading():
        messages = outbox.after(store.db, "disposition", 0, 10)
    assert [message.key for message in messages] == [f"{case_id}:1", f"{case_id}:2"]
    assert messages[0].payload == {
        "case": case_id,
        "number": 1,
        "known_at": "2026-03-05T12:00:00.000Z",
        "outcome": "genuine",
        "retracted": False,
        "alerts": sorted([A.id, B.id]),
    }
    assert messages[1].payload["retracted"] is True


def test_an_alert_about_a_place_has_its_subject_without_a_card(store):
    closed_case(store, [alert("t", scope="terminal", key="t17")])
    (one,) = said(store)
    assert (one.scope, one.key, one.card, one.customer) == ("terminal", "t17", None, None)


def test_the_longest_names_make_an_event_that_can_be_read(store):
    longest = alert("x", "c" * 64, "u" * 64, event_id="e" * 64, detector="d" * 64)
    closed_case(store, [longest])
    (one,) = said(store)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Disposition) == one


@pytest.mark.parametrize("page", [1, 3, 1000])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 12), max_size=3))
def test_any_stretches_of_time_put_together_say_the_same(store, monkeypatch, page, cuts):
    monkeypatch.setattr("cases.feedback._PAGE", page)
    if not said(store):
        for number in range(6):
            closed_case(store, [alert(f"{number}", f"c{number}", f"u{number}")], at_ms=NOON_MS + number // 2)
    whole = said(store)
    places = [0, *sorted(NOON_MS + cut for cut in cuts), FOR_EVER_MS]
    parts = [each for since, until in pairwise(places) for each in said(store, since, until)]
    assert parts == whole
    assert len({each.event_id for each in whole}) == len(whole) == 6
