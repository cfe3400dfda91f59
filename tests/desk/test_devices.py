"""The Devices screen: what is wrong where, one device's day, and what a lead may hide."""

import pytest

from cases.who import Role, Who
from tests.cases.alarms.watched import at_s, device, signal, site
from tests.desk.conftest import HTMX

JAM = signal("note_jam", "d1", 0)
OVER = signal("note_jam", "d1", 900, since=0, over=True)


@pytest.fixture
def watched(store, clock):
    """A fleet of three devices at two branches, one of them with a jam for ten minutes."""
    records = [device("d1"), device("d2"), device("d3", "b2"), site("b1", region="north"), site("b2")]
    store.reference.put(records)
    store.alarms.take_in([JAM], at_s(600))
    clock.now_ms = at_s(600)
    return store


def test_the_fleet_is_told_from_what_is_wrong(watched, browser):
    page = browser("lead").get("/devices").text
    assert '<a href="/devices/d1">d1</a>' in page
    assert "1 of" not in page
    assert "of 3" in page
    assert "north" in page
    assert '<a href="/devices/d2">' not in page


def test_a_desk_without_a_fleet_says_how_to_load_one(browser):
    assert "riskdesk reference load" in browser("lead").get("/devices").text


def test_a_device_has_its_day_and_its_alarms(watched, browser, store, clock):
    store.alarms.take_in([OVER], at_s(5000))
    clock.now_ms = at_s(5000)
    page = browser("agent").get("/devices/d1").text
    assert page.count("<svg") == 1
    assert "note_jam at d1" in page
    assert "bucket-soft_fault" in page or "bucket-hard_fault" in page


def test_a_device_that_nobody_knows_is_refused_with_where_to_look(watched, browser):
    answer = browser("agent").get("/devices/nowhere")
    assert answer.status_code == 404
    assert "no device" in answer.text


def test_a_lead_shelves_an_alarm_and_an_agent_may_not(watched, browser, store):
    (alarm,) = store.alarms.list()
    form = {"alarm": alarm.id, "hours": "2", "reason": "the vendor comes"}
    refused = browser("agent").post("/devices/d1/shelve", data=form, headers=HTMX)
    assert refused.status_code == 403
    assert store.alarms.list()[0].shelved_until_ms is None
    done = browser("lead").post("/devices/d1/shelve", data=form, headers=HTMX)
    assert done.headers["hx-redirect"] == "/devices/d1"
    assert store.alarms.list()[0].shelve_reason == "the vendor comes"
    too_long = browser("lead").post("/devices/d1/shelve", data=form | {"hours": "73"}, headers=HTMX)
    assert too_long.status_code == 422


def test_faulty_devices_are_counted_by_month(watched):
    spans = [(at_s(-60), at_s(3600)), (at_s(-7200), at_s(-60))]
    assert watched.alarms.devices_told(spans, Who("lea", Role.LEAD)) == (1, 0)
