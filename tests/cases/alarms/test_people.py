"""What people do with a case does something to its alarms."""

from cases.alarms.acknowledging import acknowledge
from cases.case import Outcome
from cases.store import Store
from cases.who import Role, Who
from cases.work.moves import close_case
from tests.cases.alarms.watched import alarm_tables, at_s, events_in_words, signal

ANN = Who("ann", Role.AGENT, "s1")
JAM = signal("note_jam", "d1", 0)
CARD = signal("card_retained", "d1", 0)


def case_of(store: Store, code: str) -> str:
    found = [alarm.case_id for alarm in store.alarms.list() if alarm.code == code]
    assert found[0] is not None
    return found[0]


def close(store: Store, case_id: str, now_s: float) -> None:
    with store.db.writing():
        close_case(store.db, case_id, ANN, Outcome.DEVICE_RESOLVED, "", at_s(now_s), reason="flm_fixed")


def test_who_takes_up_a_case_acknowledges_its_alarms_once(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    claimed = store.work.claim(case_of(store, "note_jam"), ANN, at_s(400))
    with store.db.writing():
        acknowledge(store.db, claimed.case.id, ANN, at_s(500))
    (alarm,) = store.alarms.list()
    assert (alarm.state, alarm.acknowledged_by, alarm.acknowledged_at_ms) == (
        "acknowledged",
        "ann",
        at_s(400),
    )
    store.alarms.take_in([signal("note_jam", "d1", 600, since=0, over=True)], at_s(1000))
    assert events_in_words(url) == [
        "0 raised d1 note_jam",
        "120 annunciated d1 note_jam",
        "400 acknowledged d1 note_jam",
        "660 returned d1 note_jam",
    ]
    assert alarm_tables(url)["alarm"][0]["state"] == "returned"


def test_what_only_people_can_end_ends_with_its_case(store: Store) -> None:
    store.alarms.take_in([CARD], at_s(60))
    close(store, case_of(store, "card_retained"), 700)
    assert store.alarms.list() == ()
    (alarm,) = store.alarms.list(live=False)
    assert (alarm.state, alarm.closed_at_ms) == ("closed", at_s(700))


def test_a_fault_that_outlives_its_case_by_a_day_is_shown_again(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    close(store, case_of(store, "note_jam"), 700)
    (alarm,) = store.alarms.list()
    assert (alarm.state, alarm.suppressed_by) == ("pending", "handled")
    store.alarms.take_in([], at_s(700 + 86_400))
    assert events_in_words(url)[-3:] == [
        "700 suppressed d1 note_jam by handled",
        "87100 released d1 note_jam",
        "87100 annunciated d1 note_jam",
    ]
    (again,) = store.alarms.list()
    assert {row["id"]: row["status"] for row in alarm_tables(url)["case_"]}[again.case_id or ""] == "open"


def test_a_fault_that_is_over_after_its_case_was_closed_stays_over(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    close(store, case_of(store, "note_jam"), 700)
    store.alarms.take_in([signal("note_jam", "d1", 800, since=0, over=True)], at_s(700 + 86_400))
    assert store.alarms.list() == ()
    assert [line for line in events_in_words(url) if "annunciated" in line] == ["120 annunciated d1 note_jam"]


def test_a_condition_that_is_back_puts_its_case_before_people_again(store: Store, url: str) -> None:
    back = [
        signal("note_jam", "d1", 300, since=0, over=True),
        signal("note_jam", "d1", 1000),
    ]
    store.alarms.take_in([JAM, *back], at_s(2000))
    (alarm,) = store.alarms.list()
    assert (alarm.occurrences, alarm.state) == (2, "unacknowledged")
    (case,) = alarm_tables(url)["case_"]
    assert (case["id"], case["status"], case["reopened"]) == (alarm.case_id, "open", 1)
