"""Where alarms go, who sees to them, and how they are ranked."""

import pytest

from cases.case import CaseKind
from cases.device_cases.items import item_of
from cases.device_cases.routing import subject_of
from cases.store import Store
from devices.codes import catalogue
from domain.alarms import Alarm
from domain.instants import iso
from tests.cases.device_cases.machines import FLEET, case_of, one_case, raised, show, work
from tests.cases.made import MINUTE_MS, NOON_MS, alert, partition

ALARMS = sorted(code.name for code in catalogue().codes.values() if code.handling != "record")


@pytest.mark.parametrize(
    ("code", "device", "subject", "first"),
    [
        ("card_jam", "atm-4", "site:br-17", {("call_site", "site:br-17", "general")}),
        ("card_jam", "atm-8", "device:atm-8", {("dispatch", "device:atm-8", "vendor")}),
        ("capture_bin_full", "atm-8", "site:br-18", {("call_site", "site:br-18", "general")}),
        ("card_reader_fault", "atm-4", "device:atm-4", {("dispatch", "device:atm-4", "vendor")}),
        ("cash_out", "atm-4", "cash_run:br-17", {("dispatch", "cash_run:br-17", "cash")}),
        ("device_offline", "atm-4", "link:br-17", {("remote_reset", "device:atm-4", "general")}),
        ("app_fault", "atm-4", "device:atm-4", {("remote_reset", "device:atm-4", "general")}),
        ("silent_device", "atm-4", "site:br-17", {("remote_reset", "device:atm-4", "general")}),
        ("branch_link_down", "br-17", "link:br-17", {("dispatch", "link:br-17", "host")}),
        ("region_link_down", "br-17", "link:north", {("dispatch", "link:north", "host")}),
        ("host_down", "br-17", "link:host", {("dispatch", "link:host", "host")}),
        ("branch_power_down", "br-18", "site:br-18", {("call_site", "site:br-18", "general")}),
        ("tamper", "atm-4", "security:atm-4", {("dispatch", "security:atm-4", "security")}),
        ("fault_rate_anomaly", "atm-4", "device:atm-4", {("review", "device:atm-4", "general")}),
        ("card_jam", "atm-unknown", "device:atm-unknown", {("review", "device:atm-unknown", "general")}),
    ],
)
def test_who_sees_to_what(
    store: Store, code: str, device: str, subject: str, first: set[tuple[str, str, str]]
) -> None:
    case_id = one_case(store, raised("a", code, device))
    assert work(store, case_id) == first
    with store.db.reading():
        (row,) = store.db.rows("placed_case", id=case_id)
    assert (row["kind"], row["subject"]) == ("device", subject)


@pytest.mark.parametrize("code", ALARMS)
def test_every_code_has_somebody_who_sees_to_it(code: str) -> None:
    for device in ("atm-4", "atm-8", "br-17", "atm-unknown"):
        item = item_of(raised("a", code, device), FLEET, NOON_MS)
        assert subject_of(item).kind in ("site", "cash_run", "device", "link", "security", "harm")
        assert item.due_ms > item.annunciated_at_ms
        assert item.words


@pytest.mark.parametrize(
    ("code", "band", "minutes"),
    [
        ("card_retained", 0, 15),
        ("tamper", 0, 5),
        ("branch_link_down", 0, 15),
        ("device_offline", 1, 15),
        ("card_jam", 1, 30),
        ("cash_out", 1, 240),
        ("cash_low", 2, 240),
        ("receipt_out", 2, 1440),
    ],
)
def test_a_case_is_ranked_by_priority_and_due_by_its_handling(
    store: Store, code: str, band: int, minutes: int
) -> None:
    case = case_of(store, one_case(store, raised("a", code, at_ms=-MINUTE_MS)))
    assert (case.band, case.due_ms) == (band, NOON_MS + minutes * MINUTE_MS)
    assert case.breakdown["band_reason"].startswith("priority ")
    assert iso(NOON_MS) in case.breakdown["due_reason"]


def test_what_is_out_of_service_is_due_in_half_the_time_at_a_device_of_care_level_1(store: Store) -> None:
    case = case_of(store, one_case(store, raised("a", "card_jam", "atm-6")))
    assert case.due_ms == NOON_MS + 15 * MINUTE_MS
    assert "half the time for a device of care level 1" in case.breakdown["due_reason"]
    other = case_of(store, one_case(store, raised("b", "cash_out", "atm-6")))
    assert other.due_ms == NOON_MS + 240 * MINUTE_MS


def test_one_call_to_a_branch_carries_all_that_is_open_there(store: Store) -> None:
    first = one_case(store, raised("a", "card_jam"))
    second = one_case(store, raised("b", "receipt_out", "atm-5"), raised("c", "note_jam", "atm-6"), at_ms=1)
    assert first == second
    assert work(store, first) == {("call_site", "site:br-17", "general")}
    case = case_of(store, first)
    assert case.subject == (
        "3 items at branch br-17: notes jammed at atm-6, card jammed in the reader at atm-4, "
        "receipt paper out at atm-5"
    )
    assert (case.band, case.alerts) == (1, 3)
    assert [item.code for item in store.cases.show(first).items] == ["note_jam", "card_jam", "receipt_out"]


def test_a_card_kept_is_called_about_and_listed_beside_what_else_the_branch_is_asked(store: Store) -> None:
    other = one_case(store, raised("a", "card_jam"))
    harm = raised("b", "card_retained", "atm-5", members=[("c1", "u1")])
    case_id = one_case(store, harm)
    assert case_id != other
    assert work(store, case_id) == {
        ("call_customer", "customer:u1", "general"),
        ("call_site", "site:br-17", "general"),
    }
    file = store.cases.show(case_id)
    assert file.case.subject == "customer u1: card retained at atm-5, branch br-17"
    assert [(item.case_id, item.code) for item in file.at_branches] == [(other, "card_jam")]
    with store.db.reading():
        assert {row["case_id"] for row in store.db.rows("site_calls", subjects='["site:br-17"]')} == {
            case_id,
            other,
        }


def test_each_incident_of_unknown_customers_is_a_case_of_its_own(store: Store) -> None:
    cases = show(store, raised("a", "cash_uncertain"), raised("b", "cash_uncertain", at_ms=1))
    assert len(set(cases.values())) == 2
    assert all(work(store, each) == {("call_site", "site:br-17", "general")} for each in cases.values())


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("dispense_short", ("dispatch", "cash_run:br-17", "cash")),
        ("cash_trapped", ("dispatch", "security:atm-4", "security")),
    ],
)
def test_what_harms_a_customer_is_reconciled_as_well(
    store: Store, code: str, more: tuple[str, str, str]
) -> None:
    case_id = one_case(store, raised("a", code, members=[("c1", "u1")]))
    assert work(store, case_id) == {
        ("call_customer", "customer:u1", "general"),
        ("call_site", "site:br-17", "general"),
        more,
    }


def test_a_card_kept_joins_its_customers_live_case_who_is_called_once(store: Store) -> None:
    store.cases.take_in([alert("fraud", "c1", "u1")])
    (fraud,) = store.cases.list()
    joined = one_case(store, raised("harm", "card_retained", members=[("c1", "u1")]))
    assert joined == fraud.id
    case = case_of(store, joined)
    assert (case.kind, case.band) == ("fraud", 0)
    assert work(store, joined) == {
        ("call_customer", "customer:u1", "general"),
        ("call_site", "site:br-17", "general"),
    }


def test_fraud_that_comes_after_makes_it_a_fraud_case(store: Store) -> None:
    case_id = one_case(store, raised("harm", "card_retained", members=[("c1", "u1")]))
    assert case_of(store, case_id).kind == "device"
    store.cases.take_in([alert("fraud", "c1", "u1")])
    assert [(case.id, case.kind) for case in store.cases.list()] == [(case_id, "fraud")]


def test_two_cases_that_become_one_ask_a_branch_once(store: Store) -> None:
    one = one_case(store, raised("a", "card_retained", members=[("c1", "u1")]))
    two = one_case(store, raised("b", "card_retained", "atm-5", at_ms=1, members=[("c2", "u2")]), at_ms=1)
    assert one != two
    store.cases.take_in([alert("c", scope="branch", members=[("c1", "u1"), ("c2", "u2")])])
    assert work(store, one) == {
        ("call_customer", "customer:u1", "general"),
        ("call_customer", "customer:u2", "general"),
        ("call_site", "site:br-17", "general"),
    }
    assert len(store.cases.show(one).items) == 2


def test_the_same_alarms_again_change_nothing(store: Store) -> None:
    alarms = [
        raised("a", "card_jam"),
        raised("b", "card_retained", members=[("c1", "u1")]),
        raised("c", "tamper", "atm-5"),
    ]
    cases = show(store, *alarms)
    before = [store.cases.show(case.id) for case in store.cases.list()]
    assert show(store, *alarms, at_ms=MINUTE_MS) == cases
    assert [store.cases.show(case.id) for case in store.cases.list()] == before


def test_the_order_in_which_alarms_come_does_not_matter(store: Store) -> None:
    alarms = [
        raised("a", "card_jam"),
        raised("b", "receipt_out", "atm-5"),
        raised("c", "card_retained", members=[("c1", "u1")]),
        raised("d", "dispense_short", "atm-6", members=[("c2", "u1")]),
    ]
    for each in reversed(alarms):
        show(store, each)
    found = {(case.subject, case.band, case.due_ms) for case in store.cases.list()}
    assert partition(store.cases) == {
        frozenset({alarms[0].id, alarms[1].id}),
        frozenset({alarms[2].id, alarms[3].id}),
    }
    assert found == {
        (
            "2 items at branch br-17: card jammed in the reader at atm-4, receipt paper out at atm-5",
            1,
            NOON_MS + 30 * MINUTE_MS,
        ),
        (
            "customer u1: 2 items at several places: card retained at atm-4, "
            "fewer notes dispensed than asked for at atm-6",
            0,
            NOON_MS + 15 * MINUTE_MS,
        ),
    }


def test_the_queue_is_listed_by_kind(store: Store) -> None:
    store.cases.take_in([alert("fraud", "c1", "u1")])
    device = one_case(store, raised("a", "card_jam"))
    assert [case.id for case in store.cases.list(kinds=[CaseKind.DEVICE])] == [device]
    assert [case.subject for case in store.cases.list(kinds=[CaseKind.FRAUD])] == ["customer u1"]
    assert len(store.cases.list()) == 2


def test_an_alert_of_cards_is_no_item() -> None:
    with pytest.raises(TypeError, match="has no alarm"):
        item_of(alert("a", "c1"), FLEET, NOON_MS)


def test_an_alarm_of_a_branch_may_be_about_one_of_its_devices() -> None:
    found = alert(
        "a",
        scope="branch",
        key="br-17",
        alarm=Alarm(code="flapping", component="device", since_ms=1, device="atm-5"),
    )
    assert item_of(found, FLEET, NOON_MS).words.endswith("at atm-5")
