"""What is no call: reviews, resets, work orders, kept cards, and cases that are closed."""

from msgspec.structs import replace

from cases.work_orders.order import OrderState
from domain.findings import Member, Severity
from tests.cases.device_cases.machines import AGENT, on_record, one_case, raised
from tests.cases.made import MINUTE_MS, NOON_MS
from tests.cases.worked import customer
from tests.desk.agents import case_of, fraud, held, press


def claimed(browser, case_id, *, lead=False):
    """Claim a case; a lead can do what any skill can."""
    client = browser("lead") if lead else browser("agent", "a17")
    page = press(client, "claim", case=case_id)
    assert page.status_code == 200, page.text
    return client, page


def kept(whose="u1"):
    """Make the alarm of a machine that kept a customer's card."""
    made = raised("a", "card_retained", at_ms=-MINUTE_MS, severity=Severity.CRITICAL)
    return replace(made, members=(Member(card="c1", customer=whose, last4="4242"),))


def test_a_reset_is_said_to_be_tried_and_somebody_is_sent_for_what_it_left(browser, store):
    made = raised("a", "app_fault", component="app")
    case_id = one_case(store, made)
    on_record(store, case_id, made, "acknowledged")
    client, page = claimed(browser, case_id)
    assert "Reset was tried" in page.text
    told = press(client, "done", **held(page)._asdict(), note="still out")
    assert f"{case_id}: that is done." in told.text
    tasks = store.cases.show(case_id).tasks
    assert [(task.kind, task.state) for task in tasks] == [("remote_reset", "done"), ("dispatch", "ready")]


def test_a_dispatch_makes_a_work_order_with_what_and_when(browser, store):
    case_id = one_case(store, raised("a", "tamper", severity=Severity.CRITICAL))
    client, page = claimed(browser, case_id, lead=True)
    assert "Make a work order." in page.text
    told = press(client, "dispatch", **held(page)._asdict(), what="look at the door", due_in=30).text
    assert "went to" in told
    (order,) = store.work_orders.list(case_id=case_id, states=tuple(OrderState))
    assert (order.what, order.due_ms) == ("look at the door", NOON_MS + 30 * MINUTE_MS)
    assert store.cases.show(case_id).case.waiting_reason == "technician"


def test_a_kept_card_is_noted_where_it_was_given_back(browser, store):
    store.reference.put([customer("u1")])
    case_id = one_case(store, kept())
    client, page = claimed(browser, case_id)
    assert "•••• 4242" in page.text
    card = store.device_cases.retained(AGENT, NOON_MS, case_id=case_id)[0]
    told = press(client, "card", card=card.id, status="returned", where="br-17", task=held(page).task).text
    assert "Card •••• 4242: Given back" in told
    again = press(client, "card", card=card.id, status="destroyed")
    assert (again.status_code, "is returned since" in again.text) == (409, True)


def test_a_call_to_a_branch_ends_with_what_the_branch_did(browser, store):
    case_id = one_case(store, raised("a", "card_jam"))
    client, page = claimed(browser, case_id)
    assert "Call the branch" in page.text
    dialled = press(client, "dial", **held(page)._asdict())
    assert 'value="fixed_on_site"' in dialled.text
    assert 'value="confirmed_fraud"' not in dialled.text
    told = press(client, "attempt", **held(page)._asdict(), disposition="fixed_on_site")
    assert "the case is closed: device resolved" in told.text


def test_a_case_of_a_device_is_closed_with_a_reason(browser, store):
    case_id = one_case(store, raised("a", "tamper", severity=Severity.CRITICAL))
    client, page = claimed(browser, case_id, lead=True)
    lease_no = held(page).lease_no
    closing = {"case": case_id, "lease_no": lease_no, "outcome": "device_resolved"}
    without = press(client, "close", **closing)
    assert (without.status_code, "say why the case of a device is closed" in without.text) == (422, True)
    wrong = press(client, "close", **closing, reason="bored")
    assert (wrong.status_code, "is no reason to close a case" in wrong.text) == (422, True)
    told = press(client, "close", **closing, reason="planned_work", note="was announced")
    assert f"{case_id} is closed: device resolved." in told.text
    assert store.cases.show(case_id).case.close_reason == "planned_work"


def test_a_case_is_not_closed_under_a_lease_that_went_to_another(browser, store):
    case_id = one_case(store, raised("a", "app_fault", component="app"))
    client, page = claimed(browser, case_id)
    press(client, "release", case=case_id)
    press(browser("agent", "a18"), "claim", case=case_id)
    closing = {"case": case_id, "outcome": "false_alarm", "reason": "no_fault_found", "note": "quiet"}
    late = press(client, "close", **closing, lease_no=held(page).lease_no)
    assert (late.status_code, "taken over by a18" in late.text) == (409, True)
    assert "quiet" in [entry.note for entry in store.cases.show(case_id).timeline if entry.what == "draft"]


def test_a_walk_through_three_cases_of_a_night(browser, store):
    fraud(store, "u1", "u2")
    store.reference.put([customer("u3")])
    device = one_case(store, kept("u3"))
    agent = browser("agent", "a17")
    page = press(agent, "next")
    seen = []
    for _ in range(8):
        if 'id="case-title"' not in page.text:
            break
        seen.append(case_of(page))
        mine = held(page)._asdict()
        if 'data-key="d">Review is done' in page.text:
            page = press(agent, "done", **mine, note="looked at it", auto_next=1)
            continue
        dialled = press(agent, "dial", **mine)
        assert dialled.status_code == 200
        press(agent, "answered", **mine)
        how = "card_returned" if 'value="card_returned"' in dialled.text else "confirmed_fraud"
        page = press(agent, "attempt", **mine, disposition=how, checked=["identity"], auto_next=1)
        assert page.status_code == 200, page.text
    assert set(seen) == {case.id for case in store.cases.list(("closed",))} | {device}
    assert len(set(seen)) == 3
