"""A detector that gives too many alerts within an hour fills one case; nothing of them is lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cases import outbox
from cases.case import Case, Outcome, Status
from cases.floods import flood_case
from cases.floods.policy import FloodPolicy
from cases.integrity import faults
from cases.outbox import ALARM
from cases.policy import QueuePolicy
from cases.retention.rows import delete_rows, families, roots_of
from cases.store import Store, open_store
from domain.alerts import Alert
from domain.findings import Severity
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert, claim
from tests.cases.work.doing import AGENT, tasks

FLOOD = QueuePolicy(flood=FloodPolicy(alerts=5))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, policy=FLOOD) as opened:
        yield opened
        assert faults(opened.db) == ()


def burst(count: int, start: int = 0, **fields: Any) -> list[Alert]:
    """Give alerts of as many customers, a minute apart."""
    given = {"detector": "burst", **fields}
    return [
        alert(f"{n}", f"c{n}", f"u{n}", at_ms=(n % 50) * MINUTE_MS, **given)
        for n in range(start, start + count)
    ]


def floods(store: Store) -> list[Case]:
    return [case for case in store.cases.list() if case.kind == "storm"]


def others(store: Store) -> list[str]:
    return sorted(case.subject for case in store.cases.list() if case.kind != "storm")


def evidence(store: Store, case: Case) -> set[str]:
    return {record["event_id"] for record in store.cases.show(case.id).evidence}


def test_up_to_the_limit_every_alert_makes_its_case(store: Store) -> None:
    store.cases.take_in(burst(5))
    assert (len(others(store)), floods(store)) == (5, [])


def test_beyond_the_limit_all_of_the_hour_goes_into_one_case_which_says_what_there_is(store: Store) -> None:
    assert store.cases.take_in(burst(8, exposure_minor=1000, severity=Severity.HIGH)) == 8
    assert others(store) == []
    (flood,) = floods(store)
    assert flood.subject == (
        "flood of burst: 8 alerts from 2026-03-05T12:00:00.000Z on, 8 cards of 8 known customers, CNY 80.00"
    )
    assert (flood.alerts, flood.exposure_minor, flood.band) == (8, 8000, 1)
    assert evidence(store, flood) == {f"event-{n}" for n in range(8)}
    said = flood.breakdown["flood"]
    assert (said["cards"], said["customers"], len(said["examples"])) == (8, 8, 5)
    assert [(task.kind, task.state) for task in tasks(store, flood.id)] == [("review", "ready")]


def test_it_is_told_loudly_and_once(store: Store) -> None:
    for number in range(9):
        store.cases.take_in(burst(1, number))
    (flood,) = floods(store)
    assert flood.alerts == 9
    assert [entry.what for entry in store.cases.show(flood.id).timeline].count("flood") == 1
    with store.db.reading():
        (message,) = outbox.after(store.db, ALARM, 0, 10)
    assert (message.payload["what"], message.payload["case"]) == ("flood", flood.id)
    assert store.cases.floods() == {"burst": 1}


def test_each_detector_and_each_hour_has_a_flood_of_its_own(store: Store) -> None:
    later = [
        alert(f"l{n}", f"lc{n}", f"lu{n}", at_ms=HOUR_MS + n, detector="burst", key=f"lc{n}")
        for n in range(6)
    ]
    store.cases.take_in([*burst(6), *later, *burst(5, 20, detector="amount_outlier")])
    assert sorted(case.alerts for case in floods(store)) == [6, 6]
    assert len(others(store)) == 5


def test_the_same_alerts_again_change_nothing(store: Store) -> None:
    store.cases.take_in(burst(7))
    before = store.cases.list()
    assert store.cases.take_in(burst(7)) == 0
    assert store.cases.list() == before


def test_a_customer_of_whom_another_detector_knows_stays_a_case_of_their_own(store: Store) -> None:
    other = alert("x", "c2", "u2", detector="impossible_travel", severity=Severity.CRITICAL)
    store.cases.take_in([other, *burst(7)])
    assert others(store) == ["customer u2"]
    (flood,) = floods(store)
    assert flood.alerts == 6


def test_a_customer_in_a_flood_stands_alone_again_when_another_detector_finds_them(store: Store) -> None:
    store.cases.take_in(burst(7))
    store.cases.take_in([alert("x", "c2", "u2", detector="impossible_travel")])
    (flood,) = floods(store)
    (own,) = [case for case in store.cases.list() if case.kind == "fraud"]
    assert (own.subject, own.alerts, flood.alerts) == ("customer u2", 2, 6)
    assert [task.subject for task in tasks(store, own.id) if task.state == "ready"] == ["customer:u2"]
    assert "left_flood" in [entry.what for entry in store.cases.show(own.id).timeline]


def test_what_somebody_is_at_is_not_swept_along(store: Store) -> None:
    store.cases.take_in(burst(3))
    at_it = next(case for case in store.cases.list() if case.subject == "customer u1")
    claim(store, at_it.id, "ann")
    store.cases.take_in(burst(4, 3))
    assert others(store) == ["customer u1"]
    assert store.cases.show(at_it.id).case.status is Status.WORKING


def test_a_flood_that_all_its_alerts_have_left_is_over(store: Store) -> None:
    store.cases.take_in(burst(6))
    (flood,) = floods(store)
    store.cases.take_in([alert(f"x{n}", f"c{n}", f"u{n}", detector="impossible_travel") for n in range(6)])
    assert floods(store) == []
    assert len(others(store)) == 6
    ended = store.cases.show(flood.id).case
    assert (ended.status, ended.outcome) == (Status.CLOSED, Outcome.DUPLICATE)


def test_what_a_closed_flood_held_stays_there_and_more_begins_another(store: Store) -> None:
    store.cases.take_in(burst(6))
    (flood,) = floods(store)
    lease = claim(store, flood.id, AGENT.name).lease
    assert lease is not None
    store.work.close(flood.id, AGENT, lease.number, Outcome.FALSE_ALARM, "a slip in the profile", NOON_MS)
    store.cases.take_in([*burst(2, 30), alert("again", "c1", "u1", detector="impossible_travel")])
    (second,) = floods(store)
    assert (second.alerts, second.linked_to) == (2, flood.id)
    assert others(store) == ["customer u1"]
    assert store.cases.show(flood.id).case.alerts == 6
    told = list(store.feedback.dispositions(0, NOON_MS + HOUR_MS))
    assert {each.outcome for each in told} == {"false_alarm"}
    assert len(told) == 6


def test_a_case_that_had_taken_in_another_is_swept_along_with_it_and_comes_back_with_it(store: Store) -> None:
    apart = [
        alert("a", "ca", detector="burst"),
        alert("b", "cb", detector="burst", at_ms=1),
        alert("c", "ca", at_ms=2, detector="burst", members=[("cb", None)]),
    ]
    for each in apart:
        store.cases.take_in([each])
    (one,) = store.cases.list()
    store.cases.take_in(burst(5))
    assert [case.alerts for case in store.cases.list()] == [8]
    store.cases.take_in([alert("d", "cb", at_ms=3, detector="impossible_travel")])
    back = store.cases.show(one.id).case
    assert (back.status, back.alerts) == (Status.OPEN, 4)
    merged = store.cases.list([Status.MERGED])
    assert sorted(case.merged_into == back.id for case in merged) == [False] * 5 + [True]


def test_a_flood_leaves_the_store_with_all_that_it_swept_along(store: Store) -> None:
    store.cases.take_in(burst(6))
    (flood,) = floods(store)
    lease = claim(store, flood.id, AGENT.name).lease
    assert lease is not None
    store.work.close(flood.id, AGENT, lease.number, Outcome.FALSE_ALARM, "a slip in the profile", NOON_MS)
    with store.db.writing():
        family = families(store.db, [flood.id])[flood.id]
        assert len(family.ids) == 7
        store.db.run("unlock_timeline", why="purge")
        delete_rows(store.db, family)
        store.db.run("lock_timeline")
    assert store.cases.list(Status) == ()


def test_a_large_flood_counts_right_and_says_the_rest_each_time_it_has_grown_by_a_tenth(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood_case, "ALWAYS_RIGHT", 30)
    for count, start, said in ((40, 0, "40"), (3, 40, "40"), (3, 43, "46")):
        store.cases.take_in(burst(count, start))
        (flood,) = floods(store)
        assert flood.alerts == start + count
        assert flood.subject.startswith(f"flood of burst: {said} alerts")


def test_without_a_limit_nothing_is_a_flood(url: str) -> None:
    with open_store(url, policy=QueuePolicy(flood=None)) as store:
        store.cases.take_in(burst(600))
        assert floods(store) == []


def test_an_hour_may_be_another_time(url: str) -> None:
    short = QueuePolicy(flood=FloodPolicy(alerts=5, per=timedelta(minutes=1)))
    with open_store(url, policy=short) as store:
        store.cases.take_in(burst(40))
        assert floods(store) == []


def test_the_person_in_a_flood_is_found_when_their_data_is_asked_for(store: Store) -> None:
    store.cases.take_in(burst(6))
    (flood,) = floods(store)
    with store.db.reading():
        assert roots_of(store.db, "u3", ["customer:u3"]) == [flood.id]
