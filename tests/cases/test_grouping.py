"""Which alerts become one case, as every store does it."""

from datetime import timedelta

import pytest

from cases.case import Outcome, Status
from cases.grouping import GroupingPolicy
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Who
from cases.work.policy import WorkPolicy
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert, claim, next_case, partition


def subjects(store: Store) -> list[str]:
    return sorted(case.subject for case in store.cases.list())


def calls(store: Store, case_id: str) -> list[str]:
    return [task.subject for task in store.cases.show(case_id).tasks if task.state == "ready"]


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([alert("a", "c1", "u1"), alert("b", "c2", "u1")], ["customer u1"]),
        ([alert("a", "c1", "u1"), alert("b", "c2", "u2")], ["customer u1", "customer u2"]),
        ([alert("a", "c1"), alert("b", "c2")], ["card c1", "card c2"]),
        ([alert("a", "c1"), alert("b", "c1", "u1", at_ms=1)], ["customer u1"]),
        ([alert("a", scope="customer", key="u1")], ["customer u1"]),
        ([alert("a", scope="card", key="c1")], ["card c1"]),
        # Whose card happened to trigger it says nothing about a terminal.
        (
            [alert(card, card, "u1", scope="terminal", key="t1") for card in ("c1", "c2")],
            ["terminal t1"],
        ),
        ([alert("a", "c9", "u9", scope="branch", key="b", members=[("c1", "u1")])], ["customer u1"]),
        ([alert("a", scope="branch", members=[("c1", "u1"), ("c2", "u1")])], ["customer u1"]),
        (
            [alert("a", scope="branch", members=[("c1", "u1"), ("c2", "u2")])],
            ["ring of 2 cards, 2 customers"],
        ),
        (
            [alert("a", scope="branch", members=[("c1", "u1"), ("c2", None), ("c3", None)])],
            ["ring of 3 cards, 1 customer, 2 cards without a known customer"],
        ),
        ([alert("a", "c1", "u1", scope="customer", members=[("c2", None)])], ["customer u1"]),
    ],
)  # fmt: skip
def test_a_case_is_about(store: Store, alerts: list, expected: list[str]) -> None:
    store.cases.take_in(alerts)
    assert subjects(store) == expected


def test_a_case_is_named_after_the_alert_that_opened_it(store: Store) -> None:
    first = alert("a", "c1", "u1")
    store.cases.take_in([alert("b", "c1", "u1", at_ms=1), first])
    assert store.cases.list()[0].id == f"C{first.id[:10]}"


def test_a_ring_takes_in_the_cases_of_its_members_and_the_oldest_survives(store: Store) -> None:
    store.cases.take_in(
        [alert("a", "c1", "u1", at_ms=2), alert("b", "c2", "u2", at_ms=1), alert("c", "c3", "u3")]
    )
    oldest, middle, youngest = (case.id for case in store.cases.list())
    store.cases.take_in([alert("d", scope="branch", members=[("c2", "u2"), ("c1", "u1")], at_ms=9)])
    ring, other = sorted(store.cases.list(), key=lambda case: case.subject, reverse=True)
    assert (ring.id, ring.subject, ring.alerts) == (middle, "ring of 2 cards, 2 customers", 3)
    assert other.id == oldest
    (gone,) = store.cases.list([Status.MERGED])
    assert (gone.id, gone.merged_into, gone.rank) == (youngest, middle, None)
    assert calls(store, middle) == ["customer:u2", "customer:u1"]
    assert [entry.what for entry in store.cases.show(middle).timeline] == [
        *("opened", "took_in", "grew", "concerns"),
    ]
    assert store.cases.show(youngest).timeline[-1].what == "merged"


def test_a_link_to_a_merged_case_follows_it_into_the_next(store: Store) -> None:
    alerts = [alert(f"{n}", f"c{n}", f"u{n}", at_ms=n) for n in range(3)]
    store.cases.take_in(alerts)
    oldest = store.cases.list()[0].id
    store.cases.take_in([alert("x", scope="branch", members=[("c1", "u1"), ("c2", "u2")])])
    store.cases.take_in([alert("y", scope="branch", members=[("c0", "u0"), ("c2", "u2")])])
    assert {case.merged_into for case in store.cases.list([Status.MERGED])} == {oldest}
    assert len(partition(store.cases)) == 1


def test_who_is_on_the_phone_keeps_the_customer_when_the_case_is_merged(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    older, younger = (case.id for case in store.cases.list())
    claim(store, younger, "a17")
    store.cases.take_in([alert("c", scope="branch", members=[("c1", "u1"), ("c2", "u2")])])
    (ring,) = store.cases.list()
    assert (ring.id, ring.status, ring.lease.by) == (older, Status.WORKING, "a17")
    store.work.close(older, Who("a17"), ring.lease.number, Outcome.CONFIRMED_FRAUD, "", NOON_MS)


def test_who_holds_the_oldest_case_keeps_it_when_both_are_held(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    older, younger = (case.id for case in store.cases.list())
    claim(store, older, "a17", NOON_MS, 1)
    claim(store, younger, "a18")
    store.cases.take_in([alert("c", scope="branch", members=[("c1", "u1"), ("c2", "u2")])])
    (ring,) = store.cases.list()
    assert (ring.id, ring.lease.by, ring.lease.number) == (older, "a17", 1)


def test_a_card_that_gets_its_customers_name_is_called_under_it(store: Store) -> None:
    store.cases.take_in([alert("a", "c1")])
    (case,) = store.cases.list()
    assert calls(store, case.id) == ["card:c1"]
    store.cases.take_in([alert("b", "c1", "u1")])
    assert calls(store, case.id) == ["customer:u1"]
    assert [task.state for task in store.cases.show(case.id).tasks] == ["ready"]


@pytest.mark.parametrize("step", [1, -1])
def test_a_card_of_two_customers_is_listed_under_the_same_one_in_any_order(store: Store, step: int) -> None:
    for each in [alert("a", "c1", "u1"), alert("b", "c1", "u2"), alert("c", "c1")][::step]:
        store.cases.take_in([each])
    (case,) = store.cases.list()
    assert case.customers == ("u1", "u2")
    assert [member.customer for member in case.members] == ["u1"]


def test_cards_of_unknown_holders_are_several_people_only_where_an_alert_tells_them_apart(
    store: Store,
) -> None:
    cards = [f"c{number}" for number in range(4)]
    store.cases.take_in([alert(card, card, ring="r") for card in cards])
    (case,) = store.cases.list()
    assert (case.subject, case.band) == ("ring of 4 cards, 4 cards without a known customer", 2)
    store.cases.take_in([alert("told apart", scope="branch", members=[(card, None) for card in cards])])
    assert store.cases.list()[0].band == 0
    # What is learnt later does not make the case less urgent.
    store.cases.take_in([alert(f"{card} again", card, "u1") for card in cards])
    (case,) = store.cases.list()
    assert (case.subject, case.band) == ("customer u1", 0)


@pytest.mark.parametrize(
    ("second_at_ms", "cases"),
    [(0, 1), (2 * HOUR_MS, 1), (-2 * HOUR_MS, 1), (2 * HOUR_MS + 1, 2), (-2 * HOUR_MS - 1, 2)],
)
def test_one_ring_key_within_two_hours_makes_one_case(store: Store, second_at_ms: int, cases: int) -> None:
    store.cases.take_in([alert("a", "c1", "u1", ring="r")])
    store.cases.take_in([alert("b", "c2", "u2", ring="r", at_ms=second_at_ms)])
    assert len(store.cases.list()) == cases


def test_a_ring_goes_on_as_long_as_its_newest_alert_is_recent(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}", ring="r", at_ms=n * 2 * HOUR_MS) for n in range(5)])
    assert subjects(store) == ["ring of 5 cards, 5 customers"]


def test_a_customer_seen_again_keeps_the_ring_open(store: Store) -> None:
    for number, customer in enumerate(("u1", "u1", "u2")):
        store.cases.take_in(
            [alert(f"{number}", "c-" + customer, customer, ring="r", at_ms=number * 90 * MINUTE_MS)]
        )
    assert subjects(store) == ["ring of 2 cards, 2 customers"]


def test_an_alert_in_between_bridges_two_sightings(store: Store) -> None:
    store.cases.take_in(
        [alert("a", "c1", "u1", ring="r"), alert("b", "c2", "u2", ring="r", at_ms=4 * HOUR_MS)]
    )
    assert len(store.cases.list()) == 2
    store.cases.take_in([alert("c", "c3", "u3", ring="r", at_ms=2 * HOUR_MS)])
    assert subjects(store) == ["ring of 3 cards, 3 customers"]


def test_a_ring_key_seen_with_one_customer_stays_their_own_case(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1", ring="r"), alert("b", "c2", "u1", ring="r")])
    assert subjects(store) == ["customer u1"]
    store.cases.take_in([alert("c", "c3", "u2", ring="other")])
    assert subjects(store) == ["customer u1", "customer u2"]


def test_a_policy_may_ask_for_more_customers_and_a_shorter_time(url: str) -> None:
    policy = GroupingPolicy(ring_window=timedelta(minutes=10), ring_customers=3)
    with open_store(url, policy=QueuePolicy(grouping=policy)) as store:
        store.cases.take_in(
            [alert(f"{n}", f"c{n}", f"u{n}", ring="r", at_ms=n * 10 * MINUTE_MS) for n in (0, 1)]
        )
        store.cases.take_in([alert("late", "c9", "u9", ring="r", at_ms=20 * MINUTE_MS + 1)])
        assert len(store.cases.list()) == 3
        store.cases.take_in([alert("2", "c2", "u2", ring="r", at_ms=20 * MINUTE_MS)])
        assert subjects(store) == ["ring of 4 cards, 4 customers"]


def test_a_closed_case_is_out_of_the_game_where_none_is_reopened(url: str) -> None:
    with open_store(url, policy=QueuePolicy(work=WorkPolicy(reopen_within=timedelta(0)))) as store:
        store.cases.take_in([alert("a", scope="branch", members=[("c1", "u1"), ("c2", "u2")], ring="r")])
        held = next_case(store, "a17")
        store.work.close(held.id, Who("a17"), 1, Outcome.CONFIRMED_FRAUD, "", NOON_MS)
        store.cases.take_in([alert("b", "c1", "u1", ring="r"), alert("c", "c9", "u9", ring="q")])
        assert subjects(store) == ["customer u1", "customer u9"]
        assert [case.linked_to for case in store.cases.list()] == [held.id, None]
        store.cases.take_in([alert("d", "c3", "u3", ring="r")])
        assert subjects(store) == ["customer u9", "ring of 2 cards, 2 customers"]
