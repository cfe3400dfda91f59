"""One customer's data: given to them, and erased where nothing stands against it."""

import sqlite3

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cases.case import Outcome
from cases.errors import MustBeKept, NotAllowed, NotFound, NotPossible, WrongUse
from cases.retention.person import Names
from cases.retention.requests import Kind
from cases.store import Store, open_store
from domain.findings import Member
from domain.rejections import Reason, Rejected
from tests.cases.alarms.watched import at_s, events_in_words, signal
from tests.cases.closed import AGENT, LEAD, OFFICER, OPS, live_case, verbs
from tests.cases.made import NOON_MS, alert
from tests.cases.retention.old_desk import (
    DAY_MS,
    LONG_AFTER_MS,
    YEARS_LATER_MS,
    card,
    customer,
    old_case,
)

HALF_A_YEAR_LATER_MS = NOON_MS + 190 * DAY_MS


def agreed(store: Store, kind: Kind, name: str, now_ms: int) -> int:
    request = store.retention.ask(kind, name, "the customer's letter", LEAD, now_ms)
    return store.retention.approve(request.id, OFFICER, now_ms).id


def export(store: Store, name: str) -> dict:
    return store.retention.export(agreed(store, Kind.EXPORT, name, NOON_MS), LEAD, NOON_MS)


def erase(store: Store, name: str, now_ms: int = HALF_A_YEAR_LATER_MS, folder=None):
    return store.retention.erase(agreed(store, Kind.ERASE, name, now_ms), folder, LEAD, now_ms)


def texts(url: str) -> dict[str, str]:
    """All that an SQLite store holds, table by table, as text."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as found:
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        held = {table: repr(found.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    found.close()
    return held


@pytest.fixture
def archives(tmp_path):
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


# --- two people


def test_nothing_is_done_before_somebody_else_has_agreed(store):
    old_case(store, "1")
    asked = store.retention.ask(Kind.EXPORT, "u1", "letter", LEAD, NOON_MS)
    assert store.retention.requests(LEAD, NOON_MS) == (asked,)
    with pytest.raises(NotPossible, match="needs a second person"):
        store.retention.export(asked.id, LEAD, NOON_MS)
    with pytest.raises(NotAllowed, match="that takes: compliance"):
        store.retention.approve(asked.id, LEAD, NOON_MS)
    with pytest.raises(NotAllowed, match="somebody else"):
        store.retention.approve(asked.id, OFFICER._replace(name=" Lead-2"), NOON_MS)
    store.retention.approve(asked.id, OFFICER, NOON_MS)
    with pytest.raises(NotPossible, match="not to erase"):
        store.retention.erase(asked.id, None, LEAD, NOON_MS)
    store.retention.export(asked.id, LEAD, NOON_MS)
    with pytest.raises(NotPossible, match="was done"):
        store.retention.export(asked.id, LEAD, NOON_MS)
    assert verbs(store)[-3:] == ["export_asked", "export_approved", "export_done"]


def test_the_database_itself_wants_two_people(store):
    asked = store.retention.ask(Kind.EXPORT, "u1", "letter", LEAD, NOON_MS)
    with pytest.raises(Exception, match=r"two_people_agree|constraint"), store.db.writing():
        store.db.run("approve_data_request", id=asked.id, checker="LEAD-2 ", now_ms=NOON_MS)


def test_a_request_that_nobody_agreed_to_in_time_is_over(store):
    asked = store.retention.ask(Kind.ERASE, "u1", "letter", LEAD, NOON_MS)
    with pytest.raises(NotPossible, match=r"expired at .*ask again"):
        store.retention.approve(asked.id, OFFICER, NOON_MS + 3 * DAY_MS)
    assert store.retention.requests(LEAD, NOON_MS + 3 * DAY_MS) == ()
    with pytest.raises(NotAllowed):
        store.retention.ask(Kind.ERASE, "u1", "letter", AGENT, NOON_MS)


# --- export


def test_a_customer_gets_every_row_that_is_about_them(store):
    case_id = old_case(store, "1")
    old_case(store, "2")
    store.reference.put([customer("u1"), customer("u2"), card("c1", "u1"), card("c2", "u2")])
    found = export(store, "u1")
    assert (found["customer"], found["cards"]) == ("u1", ["c1"])
    tables = found["tables"]
    assert [row["id"] for row in tables["case_"]] == [case_id]
    assert [(row["kind"], row["id"]) for row in tables["reference_record"]] == [
        ("card", "c1"),
        ("customer", "u1"),
    ]
    assert {"alert", "case_event", "case_subject", "task", "work_order", "disposition"} <= tables.keys()
    written = orjson.dumps(found).decode()
    assert "u2" not in written
    assert "c2" not in written


def test_of_a_ring_a_customer_gets_what_names_them_and_nobody_elses_name(store):
    store.cases.take_in(
        [alert("ring", scope="branch", key="b1", members=[(f"c{n}", f"u{n}") for n in range(4)])]
    )
    written = orjson.dumps(export(store, "u1")).decode()
    assert '"c1"' in written
    assert not [
        name for name in ("u0", "u2", "u3", "c0", "c2", "c3") if f'"{name}"' in written.replace("\\", "")
    ]
    assert "somebody-else" in written


def test_of_a_customer_whom_nobody_knows_nothing_is_given(store):
    with pytest.raises(NotFound, match="nothing about customer 'u77'"):
        export(store, "u77")


# --- erasure


def test_an_erased_customer_is_named_nowhere_and_what_is_left_fits_together(sqlite_url):
    with open_store(sqlite_url) as store:
        case_id = old_case(store, "1")
        other = old_case(store, "2")
        store.reference.put([customer("u1"), customer("u2"), card("c1", "u1"), card("c2", "u2")])
        line = b'{"kind":"transaction","card":"c1"}'
        store.dead_letters.add(
            [Rejected(partition="p", offset=0, reason=Reason.MISSING_FIELD, detail="x", raw=line)]
        )
        before = store.cases.show(other)
        erased = erase(store, "u1")
        assert (erased.name, erased.cases, erased.replaced) == ("erased-1", 1, ())
        file = store.cases.show(case_id)
        assert file.case.subject == "customer erased-1"
        assert [(one.card, one.customer, one.last4) for one in file.case.members] == [
            ("erased-1-card-1", "erased-1", None)
        ]
        (evidence,) = file.evidence
        assert evidence["evidence"] == {"cards": ["erased-1-card-1"], "km": 686}
        assert evidence["reason"] == "card erased-1-card-1 was used twice"
        assert {each.card for each in store.feedback.dispositions(0, 2**50)} == {"erased-1-card-1", "c2"}
        assert "erased-1 signed for erased-1-card-1" in [entry.note for entry in file.timeline]
        assert store.cases.show(other) == before
    named = {
        table
        for table, text in texts(sqlite_url).items()
        for token in ("'u1'", "'c1'", '"u1"', '"c1"', "u1-mobile", ":u1", ":c1", " u1", " c1")
        if token in text
    }
    # The audit is never changed: what it says in words beside its hashes stays.
    assert named <= {"audit"}


def test_what_is_audited_here_names_nobody(store):
    old_case(store, "1")
    store.retention.hold("customer:u1", "2026-17", "u1 is asked about", OFFICER, NOON_MS)
    export(store, "u1")
    with store.db.reading():
        rows = [dict(row) for row in store.db.rows("audit_rows", seq_from=1, seq_to=10_000)]
    ours = [row for row in rows if row["object"].partition(":")[0] in ("work_order", "hold", "data_request")]
    assert len(ours) == 6
    assert not [row for row in ours if "u1" in row["object"] + row["reason"]]


def test_what_was_said_of_a_device_names_an_erased_customer_no_more_and_still_counts(sqlite_url):
    with open_store(sqlite_url) as store:
        old_case(store, "1")
        said = replace(
            signal("note_jam", "d1", 0),
            members=(Member(card="c1", customer="u1", last4="4242"),),
            evidence={"cards": ["c1", "c2"]},
        )
        store.alarms.take_in([said], at_s(-1))
        erase(store, "u1")
        held = texts(sqlite_url)["alarm_signal"]
        assert "c1" not in held.replace("erased-1-card-1", "")
        assert not [name for name in ('"u1"', "4242") if name in held]
        assert '"c2"' in held
        store.alarms.take_in([], at_s(0))
    assert events_in_words(sqlite_url) == ["0 raised d1 note_jam"]


def test_two_erasures_have_nothing_in_common(store):
    one, two = old_case(store, "1"), old_case(store, "2")
    assert [erase(store, name).name for name in ("u1", "u2")] == ["erased-1", "erased-2"]
    assert [store.cases.show(each).case.customers for each in (one, two)] == [("erased-1",), ("erased-2",)]


def test_of_a_ring_only_the_one_is_erased(store):
    store.cases.take_in(
        [alert("ring", scope="branch", key="b1", members=[(f"c{n}", f"u{n}") for n in range(3)])]
    )
    (ring,) = store.cases.list()
    store.work.claim(ring.id, LEAD, NOON_MS)
    store.work.close(ring.id, LEAD, None, Outcome.FALSE_ALARM, "", NOON_MS)
    erase(store, "u1")
    assert set(store.cases.show(ring.id).case.customers) == {"u0", "erased-1", "u2"}


def test_a_customer_who_comes_again_is_a_new_one(store):
    old_case(store, "1")
    erase(store, "u1")
    again = live_case(store, alert("again", "c1", "u1"))
    assert store.cases.show(again).case.customers == ("u1",)


# --- what stands against it


def test_every_reason_to_keep_the_data_is_given(store):
    old = old_case(store, "1", Outcome.CONFIRMED_FRAUD)
    store.retention.hold("customer:u1", "2026-17", "inquiry", OFFICER, NOON_MS)
    live = live_case(store, alert("live", "c1", "u1", at_ms=30 * DAY_MS))
    before = store.cases.show(old)
    with pytest.raises(MustBeKept) as refused:
        erase(store, "u1")
    words = str(refused.value)
    assert "order 2026-17 holds customer:u1" in words
    assert f"{live} is open: it must be closed first" in words
    assert f"{old}, closed as confirmed_fraud in 2026-03, must be kept for 60 months" in words
    assert store.cases.show(old) == before


@pytest.mark.parametrize(
    ("outcome", "now_ms", "kept"),
    [
        (Outcome.GENUINE, NOON_MS + 150 * DAY_MS, True),
        (Outcome.GENUINE, HALF_A_YEAR_LATER_MS, False),
        (Outcome.CONFIRMED_FRAUD, YEARS_LATER_MS, True),
        (Outcome.CONFIRMED_FRAUD, LONG_AFTER_MS, False),
    ],
)
def test_the_duty_to_keep_records_depends_on_the_outcome(store, outcome, now_ms, kept):
    old_case(store, "1", outcome)
    if kept:
        with pytest.raises(MustBeKept, match="must be kept for"):
            erase(store, "u1", now_ms)
    else:
        assert erase(store, "u1", now_ms).cases == 1


def test_a_hold_on_the_case_keeps_the_data_too(store):
    case_id = old_case(store, "1")
    store.retention.hold(f"case:{case_id}", "2026-18", "inquiry", LEAD, NOON_MS)
    with pytest.raises(MustBeKept, match=f"order 2026-18 holds case:{case_id}"):
        erase(store, "u1")


# --- archives


def test_archives_that_name_an_erased_customer_are_written_anew(store, archives):
    one, two = old_case(store, "1"), old_case(store, "2")
    ((made,), _) = store.retention.archive(archives, OPS, HALF_A_YEAR_LATER_MS)
    with pytest.raises(WrongUse, match="in which folder"):
        erase(store, "u1")
    erased = erase(store, "u1", folder=archives)
    assert erased.replaced == (made.file,)
    (left,) = archives.iterdir()
    content = zstandard.ZstdDecompressor().stream_reader(left.read_bytes()).read().decode()
    assert "c1" not in content
    assert '"c2"' in content
    purged = store.retention.purge(archives, OPS, YEARS_LATER_MS)
    assert purged == (tuple(sorted((one, two))), {})


def test_purged_cases_are_erased_in_their_archive_and_keep_their_duty(store, archives):
    old_case(store, "1", Outcome.CONFIRMED_FRAUD)
    store.retention.archive(archives, OPS, YEARS_LATER_MS)
    store.retention.purge(archives, OPS, YEARS_LATER_MS)
    with pytest.raises(MustBeKept, match="must be kept for 60 months"):
        erase(store, "u1", YEARS_LATER_MS, archives)
    assert erase(store, "u1", LONG_AFTER_MS, archives).replaced
    (left,) = archives.iterdir()
    assert "c1" not in zstandard.ZstdDecompressor().stream_reader(left.read_bytes()).read().decode()


# --- the timeline


@pytest.mark.parametrize("statement", ["purge_case_event", "rename_in_case_event"])
def test_the_timeline_cannot_be_changed_beside_a_purge_or_an_erasure(store, statement):
    case_id = old_case(store, "1")
    values = {"ids": f'["{case_id}"]', "id": 1, "old": None, "new": None, "note": "never"}
    with pytest.raises(Exception, match="append-only"), store.db.writing():
        store.db.run(statement, **values)


def test_an_unlocked_timeline_cannot_be_committed(store):
    case_id = old_case(store, "1")
    before = store.cases.show(case_id)

    def mischief() -> None:
        with store.db.writing():
            store.db.run("unlock_timeline", why="mischief")
            store.db.run("purge_case_event", ids=f'["{case_id}"]')

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        mischief()
    assert store.cases.show(case_id) == before


# --- names


@given(st.text(max_size=40))
def test_other_names_are_put_for_whole_tokens_only(text):
    names = Names({"u1": "X", "u12": "Y"})
    assert names.text(f"u1 u12 u123 xu1 u1-2 ({text}) u1.") == f"X Y u123 xu1 u1-2 ({names.text(text)}) X."


def test_json_stays_json_and_numbers_stay_numbers():
    names = Names({"7": "X", 'q"1': "Y"})
    row = {"record": orjson.dumps({"km": 7, "cards": ["7", 'q"1'], "note": "7 of 70"}).decode(), "n": 7}
    renamed = names.row(row)
    assert orjson.loads(renamed["record"]) == {"km": 7, "cards": ["X", "Y"], "note": "X of 70"}
    assert renamed["n"] == 7
