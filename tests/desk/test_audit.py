"""The audit as a screen: read by filters and pages, verified, and exported."""

import sqlite3
from contextlib import closing

import orjson
import pytest

from cases.who import Role, Who
from tests.cases.made import HOUR_MS, NOON_MS

LENA, TOM = Who("lena", Role.LEAD), Who("tom", Role.AGENT)


def seen(store, count, who=TOM, at_ms=NOON_MS - HOUR_MS):
    for number in range(count):
        store.audit.viewed(who, f"case:C{number}", at_ms + number)


def test_rows_come_newest_first_a_page_at_a_time(browser, store):
    seen(store, 150)
    auditor = browser("auditor")
    first = auditor.get("/audit").text
    assert first.index("case:C149") < first.index("case:C60")
    assert "case:C20<" not in first
    older = first.split('data-key="n"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    second = auditor.get(older).text
    assert "case:C20<" in second
    assert "case:C149<" not in second
    assert "This is where it begins." in second


@pytest.mark.parametrize(
    ("asked", "found", "lacks"),
    [
        ("actor=lena", "case:C1<", "case:C0<"),
        ("object=case:C0", "case:C0<", "case:C1<"),
        ("verb=audit_read", "read the audit", "case:C1<"),
        ("since=2026-03-05T19:30", "case:C1<", "case:C0<"),
        ("until=2026-03-05T19:30", "case:C0<", "case:C1<"),
    ],
)
def test_the_address_says_which_rows(browser, store, asked, found, lacks):
    store.audit.viewed(TOM, "case:C0", NOON_MS - HOUR_MS)  # 19:00 in Shanghai
    store.audit.viewed(LENA, "case:C1", NOON_MS)
    auditor = browser("auditor")
    auditor.get("/audit")
    page = auditor.get(f"/audit?{asked}").text
    assert found in page
    assert lacks not in page


def test_what_is_no_time_is_refused_in_words(browser):
    answer = browser("auditor").get("/audit?since=yesterday")
    assert (answer.status_code, "is no time" in answer.text) == (422, True)


def test_reading_is_on_record(browser, store):
    browser("auditor").get("/audit?object=case:C7")
    rows = store.audit.list(LENA, NOON_MS, verb="audit_read")
    assert ("auditor", "case:C7") in [(row.actor, row.object) for row in rows]


def test_verifying_says_up_to_where_a_seal_vouches(browser, store):
    seen(store, 3)
    auditor = browser("auditor")
    assert "No seal vouches" in auditor.post("/audit/verify").text
    sealed = store.audit.seal(NOON_MS)
    page = auditor.post("/audit/verify").text
    assert "Every row is as it was written" in page
    assert f"up to row {sealed.seq_to}" in page


def test_verifying_names_what_was_done_to_rows(browser, store, tmp_path):
    seen(store, 3)
    auditor = browser("auditor")
    with closing(sqlite3.connect(tmp_path / "desk.db")) as db, db:
        db.executescript("DROP TRIGGER audit_is_never_changed")
        db.execute("UPDATE audit SET actor = 'nobody' WHERE object = 'case:C1'")
    page = auditor.post("/audit/verify").text
    assert "Something was done to the audit" in page
    assert "Edited" in page


def test_the_export_has_every_row_that_is_asked_for_and_is_on_record(browser, store):
    seen(store, 2500)
    auditor = browser("auditor")
    answer = auditor.get("/audit/export?verb=viewed&actor=tom")
    rows = [orjson.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == 2500
    assert rows[0]["object"] == "case:C2499"
    assert rows[0]["at"].endswith("Z")
    assert "attachment" in answer.headers["content-disposition"]
    assert store.audit.list(LENA, NOON_MS, verb="audit_exported")[-1].actor == "auditor"


def test_exports_are_counted(browser, store):
    auditor = browser("auditor")
    statuses = [auditor.get("/audit/export").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize("role", ["agent", "analyst", "ops"])
def test_who_may_not_read_the_audit_gets_none_of_it(browser, role):
    person = browser(role)
    assert person.get("/audit").status_code == 403
    assert person.get("/audit/export").status_code == 403
    assert person.post("/audit/verify").status_code == 403
