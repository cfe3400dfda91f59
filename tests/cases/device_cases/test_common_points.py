"""What cards tell of a machine and what its reader tells are one case, in whichever order they come."""

import pytest

from cases.case import Outcome, Status
from cases.store import Store
from domain.alerts import Alert
from tests.cases.device_cases.machines import LEAD, one_case, raised, show, work
from tests.cases.made import MINUTE_MS, NOON_MS, alert

VICTIMS = [("c1", "k1"), ("c2", "k2"), ("c3", None)]


def common_point(at_ms: int = 0, device: str = "atm-4") -> Alert:
    return alert(
        f"point-{device}",
        "c99",
        "k99",
        scope="terminal",
        key="t-17",
        detector="terminal_hotspot",
        members=VICTIMS,
        ring=f"security:{device}",
        at_ms=at_ms,
    )


def live_cases(store: Store) -> list[str]:
    return [case.id for case in store.cases.list()]


def tampered(at_ms: int = 0) -> Alert:
    return raised("r", "reader_tampering", at_ms=at_ms, members=[("c1", "k1"), ("c8", "k8")])


def test_a_common_point_joins_the_case_of_its_suspected_reader(store: Store) -> None:
    reader = one_case(store, tampered())
    store.cases.take_in([common_point(MINUTE_MS)])
    assert live_cases(store) == [reader]
    (case,) = store.cases.list()
    # Security goes to the machine, and the customers of the cards are called; whoever came by is not.
    assert set(work(store, reader)) == {
        ("dispatch", "security:atm-4", "security"),
        ("call_customer", "customer:k1", "general"),
        ("call_customer", "customer:k2", "general"),
        ("call_customer", "card:c3", "general"),
    }
    assert case.subject == (
        "ring of 3 cards, 2 customers, 1 card without a known customer: card reader "
        "may have been tampered with at atm-4, branch br-17"
    )
    assert case.customers == ("k1", "k2")


def test_a_reader_that_is_suspected_later_joins_the_case_of_the_common_point(store: Store) -> None:
    store.cases.take_in([common_point()])
    (point,) = live_cases(store)
    assert one_case(store, tampered(MINUTE_MS), at_ms=MINUTE_MS) == point
    assert ("dispatch", "security:atm-4", "security") in work(store, point)


def test_fraud_on_a_card_of_the_point_is_part_of_the_case(store: Store) -> None:
    reader = one_case(store, tampered())
    store.cases.take_in([alert("fraud", "c2", "k2")])
    store.cases.take_in([common_point(MINUTE_MS)])
    (case,) = store.cases.list()
    assert case.alerts == 3
    assert reader in {case.id, *(each.id for each in store.cases.list([Status.MERGED]))}


@pytest.mark.parametrize("first", ["reader", "point"])
def test_another_machine_has_a_case_of_its_own(store: Store, first: str) -> None:
    def reader() -> None:
        show(store, tampered())

    def point() -> None:
        store.cases.take_in([common_point(device="atm-5")])

    for step in (reader, point) if first == "reader" else (point, reader):
        step()
    assert len(live_cases(store)) == 2


def test_a_point_whose_reader_was_let_off_is_linked_to_that_case(store: Store) -> None:
    reader = one_case(store, tampered())
    store.work.close(
        reader, LEAD, None, Outcome.FALSE_ALARM, "", NOON_MS + MINUTE_MS, reason="no_fault_found"
    )
    store.cases.take_in([common_point(2 * MINUTE_MS)])
    (case,) = store.cases.list()
    assert case.id != reader
    assert store.cases.show(case.id).case.linked_to == reader
