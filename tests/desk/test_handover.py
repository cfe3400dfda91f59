"""The Handover screen: made by who leaves, taken over by who comes, read by both."""

from domain.findings import Severity
from tests.cases.made import HOUR_MS, alert
from tests.desk.conftest import HTMX


def test_a_handover_is_made_taken_over_and_never_by_the_same_person(store, browser, clock):
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], clock())
    clock.now_ms += HOUR_MS
    leaving, coming = browser("lead", "lea"), browser("lead", "kim")
    now = leaving.get("/handover").text
    (case,) = store.cases.list()
    assert case.id in now
    made = leaving.post("/handover", data={"note": "branch b1 has no line"}, headers=HTMX)
    address = made.headers["hx-redirect"]
    assert "branch b1 has no line" in coming.get(address).text
    assert leaving.post(f"{address}/take", headers=HTMX).status_code == 403
    assert coming.post(f"{address}/take", headers=HTMX).headers["hx-redirect"] == address
    assert "taken over by kim" in leaving.get(address).text


def test_an_agent_reads_it_and_hands_nothing_over(browser):
    agent = browser("agent")
    assert "<textarea" not in agent.get("/handover").text
    assert agent.post("/handover", data={"note": "x"}, headers=HTMX).status_code == 403


def test_a_card_number_in_the_note_is_masked(store, browser, clock):
    lead = browser("lead")
    address = lead.post("/handover", data={"note": "4111 1111 1111 1111"}, headers=HTMX).headers[
        "hx-redirect"
    ]
    page = lead.get(address).text
    assert "4111 1111 1111 1111" not in page
    assert "1111" in page
