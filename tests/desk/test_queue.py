"""The queue as a page: what its address asks for, who may do what there, and what is put on record."""

import re

import pytest

from cases.case import Outcome, Status
from cases.who import Role, Who
from desk.queue_page.asking import BUILT_IN, ROWS, Asked
from domain.findings import Severity
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.desk.conftest import HTMX

LEAD = Who("l1", Role.LEAD)


@pytest.fixture
def cases(store):
    """Three cases by their customer: critical, high, and one like most."""
    store.cases.take_in(
        [
            alert("a", "c1", "u1", severity=Severity.CRITICAL, reason="686 km in 12 minutes"),
            alert("b", "c2", "u2", severity=Severity.HIGH, detector="burst"),
            alert("c", "c3", "u3", reason="<b>not bold</b>"),
        ],
        NOON_MS,
    )
    return {case.subject.removeprefix("customer "): case.id for case in store.cases.list()}


def listed(page) -> list[str]:
    return re.findall(r'<tr id="case-(\w+)"', page.text)


def viewed(store) -> list[str]:
    entries = store.audit.list(Who("x1", Role.AUDITOR), NOON_MS, verb="viewed", limit=50)
    return [entry.object for entry in entries]


def test_the_queue_shows_what_is_live_by_rank(browser, cases):
    page = browser("agent").get("/queue")
    assert listed(page) == [cases["u1"], cases["u2"], cases["u3"]]
    assert "1\N{EN DASH}3 of 3" in page.text
    assert "&lt;b&gt;not bold" in page.text
    assert page.text.count("data-critical=") == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("band=0&band=1", ["u1", "u2"]),
        ("detector=burst", ["u2"]),
        ("q=686", ["u1"]),
        ("holder=mine", ["u2"]),
        ("holder=nobody&kind=fraud", ["u1", "u3"]),
        ("overdue=1", ["u1"]),
        ("status=closed", []),
        ("team=&q=&holder=", ["u1", "u2", "u3"]),
    ],
)
def test_the_address_says_what_is_shown(browser, store, cases, clock, address, expected):
    store.work.claim(cases["u2"], Who("a18"), NOON_MS)
    clock.now_ms += 2 * MINUTE_MS
    agent = browser("agent", "a18")
    for path in ("/queue", "/queue/rows"):
        assert listed(agent.get(f"{path}?{address}")) == [cases[name] for name in expected]
    assert re.findall(r'data-now="(\w+)"', agent.get(f"/queue/news?{address}").text) == [
        cases[name] for name in expected
    ]


def test_closed_today_means_the_day_of_whoever_asks(browser, store, cases, clock):
    store.work.close(cases["u3"], LEAD, None, Outcome.GENUINE, "", NOON_MS)
    agent = browser("agent")
    assert listed(agent.get("/queue?status=closed")) == [cases["u3"]]
    clock.now_ms = NOON_MS + 6 * HOUR_MS
    assert "Nothing fits" in browser("agent", "a19").get("/queue?status=closed").text
    assert listed(browser("agent", "a19").get("/queue?status=closed&ended=day")) == [cases["u3"]]


def test_a_search_for_a_cases_id_goes_to_the_case_even_if_it_is_closed(browser, store, cases):
    store.work.close(cases["u3"], LEAD, None, Outcome.GENUINE, "", NOON_MS - 40 * 24 * HOUR_MS)
    answer = browser("agent").get(f"/queue?q={cases['u3']}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{cases['u3']}")


@pytest.mark.parametrize("address", ["status=gone", "band=7", "page=0", f"page={10**6}", "q=" + "a" * 81])
def test_an_address_that_cannot_be_is_refused_in_words(browser, address):
    page = browser("agent").get(f"/queue?{address}")
    assert page.status_code == 422
    assert "<h1" in page.text


def test_a_page_holds_a_hundred_rows_and_leads_to_the_next(browser, store):
    store.cases.take_in([alert(f"n{n}", f"c{n}", f"u{n}") for n in range(ROWS + 5)], NOON_MS)
    agent = browser("agent")
    first, second = agent.get("/queue"), agent.get("/queue?page=2")
    assert (len(listed(first)), len(listed(second))) == (ROWS, 5)
    assert not set(listed(first)) & set(listed(second))
    assert 'href="/queue?page=2"' in first.text
    assert "101\N{EN DASH}105 of 105" in second.text


def test_what_is_shown_is_on_record_and_a_page_that_refreshes_is_once_a_minute(browser, store, cases, clock):
    agent = browser("agent")
    agent.get("/queue")
    for _ in range(5):
        agent.get("/queue/rows", headers=HTMX | {"X-By-Itself": "1"})
    assert viewed(store) == ["queue:live"] * 2
    clock.now_ms += MINUTE_MS
    agent.get("/queue/rows", headers=HTMX)
    assert viewed(store) == ["queue:live"] * 3


def test_a_card_number_that_is_searched_for_is_not_kept(browser, store):
    number = "4111" + "1111" * 2 + "1111"
    browser("agent").get(f"/queue?q={number}")
    entries = store.audit.list(Who("x1", Role.AUDITOR), NOON_MS, verb="viewed")
    assert number not in repr(entries)


def test_claiming_leads_to_work(browser, store, cases):
    answer = browser("agent", "a17").post("/queue/claim", data={"case_id": cases["u2"]}, headers=HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/work")
    (held,) = store.cases.several([cases["u2"]])
    assert (held.status, held.lease.by) == (Status.WORKING, "a17")
    late = browser("agent", "a18").post("/queue/claim", data={"case_id": cases["u2"]}, headers=HTMX)
    assert late.status_code == 409
    assert "is with a17" in late.text


def test_who_may_not_work_sees_no_button_to_claim(browser, cases):
    page = browser("auditor").get("/queue")
    assert "/queue/claim" not in page.text
    assert 'name="case"' not in page.text
    assert browser("auditor").post("/queue/claim", data={"case_id": cases["u1"]}).status_code == 403
    assert browser("ops").get("/queue").status_code == 403


def test_every_built_in_view_is_an_address_that_says_itself(browser):
    agent = browser("agent")
    for address in BUILT_IN.values():
        page = agent.get(f"/queue?{address}" if address else "/queue")
        assert page.status_code == 200
        assert page.text.count('aria-current="page"') == 2, "the view, and the screen in the bar"


def test_a_kept_view_is_found_by_its_owner_alone_without_the_text(browser, store, cases):
    agent = browser("agent", "a17")
    kept = agent.post(
        "/queue/views", data={"name": "  Cash  ", "band": ["0", "1"], "detector": "burst", "q": "u2"}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/queue?band=0&band=1&detector=burst")
    page = agent.get(kept.headers["location"])
    assert re.search(r'class="own" href="[^"]+" aria-current="page">Cash<', page.text)
    assert "Cash" not in browser("agent", "a18").get("/queue").text
    assert agent.post("/queue/views/drop", data={"name": "Cash"}).status_code == 303
    assert store.saved_views.of(Who("a17")) == ()
    assert agent.post("/queue/views/drop", data={"name": "Cash"}).status_code == 404


def test_an_address_reads_as_it_was_written():
    asked = Asked(status=[Status.OPEN, Status.CLOSED], band=[2], holder="a b&c", overdue=True, q="%", page=3)
    assert asked.address() == "status=open&status=closed&band=2&holder=a+b%26c&overdue=1&q=%25&page=3"
    assert asked.address(page=1, text=False) == "status=open&status=closed&band=2&holder=a+b%26c&overdue=1"
    assert Asked().address() == ""
