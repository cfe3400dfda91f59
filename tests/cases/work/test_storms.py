"""A detector that goes off too often fills one case, not the queue."""

from collections.abc import Iterator

import pytest

from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.work.policy import WorkPolicy
from tests.cases.made import MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import AGENT, tasks


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, policy=QueuePolicy(work=WorkPolicy(storm_alerts=3))) as opened:
        yield opened


def burst(count: int, start: int = 0, **fields):
    return [alert(f"{n}", f"c{n}", f"u{n}", at_ms=n, **fields) for n in range(start, start + count)]


def storms(store: Store) -> list[tuple[str, int]]:
    return [(case.subject, case.alerts) for case in store.cases.list() if case.kind == "storm"]


def test_beyond_the_limit_one_storm_case_takes_all_in_and_counts_them(store: Store) -> None:
    assert store.cases.take_in(burst(80)) == 80
    assert storms(store) == [("storm impossible_travel", 77)]
    assert len(store.cases.list()) == 4


def test_the_limit_holds_over_batches(store: Store) -> None:
    for number in range(10):
        store.cases.take_in(burst(1, number))
    assert storms(store) == [("storm impossible_travel", 7)]


def test_the_same_alerts_again_change_nothing(store: Store) -> None:
    store.cases.take_in(burst(5))
    before = store.cases.list()
    assert store.cases.take_in(burst(5)) == 0
    assert store.cases.list() == before


def test_each_detector_and_minute_has_its_own_limit(store: Store) -> None:
    store.cases.take_in(burst(3))
    store.cases.take_in(burst(3, 3, detector="burst"))
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", at_ms=MINUTE_MS + n) for n in range(6, 9)])
    assert storms(store) == []


def test_an_alert_about_a_live_case_goes_there_all_the_same(store: Store) -> None:
    store.cases.take_in(burst(5))
    store.cases.take_in([alert("again", "c0", "u0", at_ms=9)])
    assert {case.subject: case.alerts for case in store.cases.list()}["customer u0"] == 2


def test_a_storm_ties_nobody_together_and_is_reviewed(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", ring="r", at_ms=n) for n in range(6)])
    (storm,) = [case for case in store.cases.list() if case.kind == "storm"]
    assert (storm.alerts, storm.customers) == (3, ())
    assert [(task.kind, task.subject) for task in tasks(store, storm.id)] == [
        ("review", "storm:impossible_travel")
    ]


def test_without_a_limit_nothing_is_a_storm(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in(burst(20))
        assert storms(store) == []
        assert store.work.next(AGENT, NOON_MS) is not None
