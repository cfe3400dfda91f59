"""A branch whose line is cut is one item for people, whatever else happens at it."""

import pytest

from cases.store import Store
from cases.who import Who
from domain.findings import Member
from tests.cases.alarms.watched import alarm_tables, at_s, device, signal, site

HEARTBEAT = 300
# Two heartbeats until the branch is found to be cut off, and two for which that is held.
FOUND = 2 * HEARTBEAT
SHOWN = FOUND + 2 * HEARTBEAT


def items(url: str) -> list[tuple[str, int]]:
    """Give what was put before people: the code and when."""
    tables = alarm_tables(url)
    return [(row["code"], row["annunciated_at_ms"]) for row in tables["device_item"]]


@pytest.mark.parametrize("devices", [1, 2, 5, 40])
def test_a_cut_line_is_exactly_one_item_and_a_swallowed_card_its_own(
    store: Store, url: str, devices: int
) -> None:
    store.reference.put([site("b1", link="l1"), *(device(f"d{number}") for number in range(devices))])
    offline = [
        signal("device_offline", f"d{number}", FOUND + number / 10, since=number / 10)
        for number in range(devices)
    ]
    cut = signal("branch_link_down", "b1", FOUND + 4, since=0)
    card = signal("card_retained", "d0", 900, members=(Member(card="c1", customer="u1"),))
    store.alarms.take_in([*offline, cut, card], at_s(7200))
    assert sorted(items(url)) == [
        ("branch_link_down", at_s(SHOWN + 4)),
        ("card_retained", at_s(900)),
    ]
    tables = alarm_tables(url)
    parent = next(row["id"] for row in tables["alarm"] if row["code"] == "branch_link_down")
    children = [row for row in tables["alarm"] if row["parent"] == parent]
    assert sorted(row["place"] for row in children) == sorted(f"d{number}" for number in range(devices))
    assert len(tables["case_"]) == 2
    # Customer's harm is a call to the customer, whatever the line.
    assert {row["kind"] for row in tables["task"]} >= {"call_customer"}


def test_when_the_line_is_back_its_item_ends_by_itself(store: Store, url: str) -> None:
    store.reference.put([site("b1", link="l1"), device("d1"), device("d2")])
    down = [signal("device_offline", place, 600, since=0) for place in ("d1", "d2")]
    up = [signal("device_offline", place, 4000, since=0, over=True) for place in ("d1", "d2")]
    cut = signal("branch_link_down", "b1", 605, since=0)
    mended = signal("branch_link_down", "b1", 3990, since=0, over=True)
    store.alarms.take_in([*down, cut, *up, mended], at_s(7200))
    (case,) = alarm_tables(url)["case_"]
    assert (case["status"], case["outcome"], case["close_reason"]) == (
        "closed",
        "device_resolved",
        "cleared_itself",
    )
    assert {row["state"] for row in alarm_tables(url)["alarm"]} == {"closed"}


def test_an_item_of_a_device_that_nobody_took_up_goes_with_the_outage(store: Store, url: str) -> None:
    store.reference.put([site("b1", link="l1"), device("d1"), device("d2")])
    # Silent for the branch to ask, long before the line is found to be cut.
    silent = signal("silent_device", "d1", 600, since=0)
    store.alarms.take_in([silent], at_s(700))
    assert items(url) == [("silent_device", at_s(600))]
    store.alarms.take_in([signal("branch_link_down", "b1", 700, since=0)], at_s(2000))
    tables = alarm_tables(url)
    gone = {row["close_reason"]: row["outcome"] for row in tables["case_"] if row["status"] == "closed"}
    assert gone == {"parent_outage": "duplicate"}
    live = [row for row in tables["task"] if row["state"] == "ready"]
    assert {row["case_id"] for row in live} == {
        row["case_id"] for row in tables["alarm"] if row["code"] == "branch_link_down"
    }


def test_an_item_that_somebody_took_up_stays_with_them(store: Store, url: str) -> None:
    store.reference.put([site("b1", link="l1"), device("d1"), device("d2")])
    store.alarms.take_in([signal("silent_device", "d1", 600, since=0)], at_s(700))
    claimed = store.work.next(Who("ann"), at_s(700))
    assert claimed is not None
    store.alarms.take_in([signal("branch_link_down", "b1", 700, since=0)], at_s(2000))
    assert {row["status"] for row in alarm_tables(url)["case_"]} == {"working", "open"}


def test_what_outlives_the_outage_becomes_an_item_again(store: Store, url: str) -> None:
    store.reference.put([site("b1", link="l1"), device("d1"), device("d2")])
    store.alarms.take_in([signal("silent_device", "d1", 600, since=0)], at_s(700))
    cut = signal("branch_link_down", "b1", 700, since=0)
    mended = signal("branch_link_down", "b1", 3000, since=0, over=True)
    store.alarms.take_in([cut, mended], at_s(5000))
    assert sorted(items(url)) == [
        ("branch_link_down", at_s(1300)),
        ("silent_device", at_s(600)),
        ("silent_device", at_s(3000 + 60 + HEARTBEAT)),
    ]
    live = [row["case_id"] for row in alarm_tables(url)["task"] if row["state"] == "ready"]
    silent = [row for row in alarm_tables(url)["alarm"] if row["code"] == "silent_device"]
    assert live == [silent[0]["case_id"]]
