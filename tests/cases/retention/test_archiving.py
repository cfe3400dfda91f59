"""Closed cases leave the store only as a whole, unchanged, checked, and when nothing holds them."""

import io
import sqlite3
from itertools import pairwise

import orjson
import pytest
import zstandard

from cases.case import Outcome
from cases.errors import NotAllowed, NotFound, StoreError
from cases.retention.archive_file import read_archive
from cases.retention.rows import TABLES
from cases.store import Store, open_store
from tests.cases.closed import AGENT, LEAD, OFFICER, OPS, live_case, reopen, verbs
from tests.cases.made import NOON_MS, alert
from tests.cases.retention.old_desk import DAY_MS, JUNE_MS, YEARS_LATER_MS, old_case


def rows(store: Store, table: str, *case_ids: str) -> list[dict]:
    with store.db.reading():
        return [dict(row) for row in store.db.rows(f"kept_{table}", ids=orjson.dumps(case_ids).decode())]


# --- archive


def test_cases_go_into_a_file_of_their_month_once_it_is_long_enough_ago(store, tmp_path):
    march, april = old_case(store, "1"), old_case(store, "2", at_ms=NOON_MS + 30 * DAY_MS)
    live_case(store, alert("open", "c9", "u9"))
    assert store.retention.archive(tmp_path, OPS, JUNE_MS - 1) == ((), {})
    ((made,), kept) = store.retention.archive(tmp_path, OPS, JUNE_MS)
    assert (made.month, list(made.digests), kept) == ("2026-03", [march], {})
    ((made,), _) = store.retention.archive(tmp_path, OPS, JUNE_MS + 31 * DAY_MS)
    assert (made.month, list(made.digests)) == ("2026-04", [april])
    assert store.retention.archive(tmp_path, OPS, JUNE_MS + 31 * DAY_MS) == ((), {})
    assert verbs(store).count("archived") == 2


def test_an_archive_holds_every_row_of_a_case_and_of_those_that_went_into_it(store, tmp_path):
    live_case(store, alert("1", "c1", "u1"))
    live_case(store, alert("2", "c2", "u2", at_ms=5))
    both = [("c1", "u1"), ("c2", "u2")]
    store.cases.take_in([alert("ring", scope="branch", key="b1", members=both, at_ms=9)])
    (ring,) = store.cases.list()
    store.work.claim(ring.id, LEAD, NOON_MS)
    store.work.close(ring.id, LEAD, None, Outcome.CONFIRMED_FRAUD, "", NOON_MS)
    ((made,), _) = store.retention.archive(tmp_path, OPS, JUNE_MS)
    lines = list(read_archive(tmp_path / made.file))
    merged = [line.row["id"] for line in lines if line.table == "case_"]
    assert len(merged) == 2
    for table in TABLES:
        assert [line.row for line in lines if line.table == table] == rows(store, table, *merged)
    assert [TABLES.index(one.table) <= TABLES.index(two.table) for one, two in pairwise(lines)].count(
        False
    ) == 0


def test_the_same_cases_give_the_same_file(store, tmp_path):
    old_case(store, "1")
    ((made,), _) = store.retention.archive(tmp_path, OPS, JUNE_MS)
    first = (tmp_path / made.file).read_bytes()
    (tmp_path / made.file).unlink()
    with store.db.writing():
        for case_id in made.digests:
            store.db.run("forget_archived_case", case_id=case_id)
    ((again,), _) = store.retention.archive(tmp_path, OPS, JUNE_MS + DAY_MS)
    assert again == made
    assert (tmp_path / again.file).read_bytes() == first


def test_a_case_that_is_held_is_neither_archived_nor_purged(store, tmp_path):
    held, other = old_case(store, "1"), old_case(store, "2")
    hold = store.retention.hold("customer:u1", "2026-17", "inquiry", OFFICER, NOON_MS)
    ((made,), kept) = store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    assert list(made.digests) == [other]
    assert kept == {held: "order 2026-17 holds customer:u1"}
    store.retention.release(hold.id, "inquiry closed", OFFICER, NOON_MS)
    store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    store.retention.hold(f"case:{held}", "2026-18", "inquiry", LEAD, NOON_MS)
    purged = store.retention.purge(tmp_path, OPS, YEARS_LATER_MS)
    assert purged == ((other,), {held: f"order 2026-18 holds case:{held}"})
    assert rows(store, "case_event", held)


# --- purge


def test_a_purge_takes_everything_of_a_case_but_the_audit(store, tmp_path):
    gone, newer = old_case(store, "1"), old_case(store, "2", at_ms=NOON_MS + 100 * DAY_MS)
    store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    with store.db.reading():
        audit = len(store.db.rows("audit_rows", seq_from=1, seq_to=10_000))
    assert store.retention.purge(tmp_path, OPS, YEARS_LATER_MS - 1) == ((), {})
    assert store.retention.purge(tmp_path, OPS, YEARS_LATER_MS) == ((gone,), {})
    assert {table: rows(store, table, gone) for table in TABLES} == {table: [] for table in TABLES}
    assert rows(store, "case_event", newer)
    with pytest.raises(NotFound):
        store.cases.show(gone)
    with store.db.reading():
        assert len(store.db.rows("audit_rows", seq_from=1, seq_to=10_000)) == audit + 1
    assert store.retention.purge(tmp_path, OPS, YEARS_LATER_MS) == ((), {})


def test_what_is_not_in_an_archive_is_not_purged(store, tmp_path):
    old_case(store, "1")
    assert store.retention.purge(tmp_path, OPS, YEARS_LATER_MS) == ((), {})
    assert len(store.cases.list(statuses=("closed",))) == 1


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_nothing_is_purged_when_its_file_is_not_there_as_it_was(store, tmp_path, harm):
    case_id = old_case(store, "1")
    ((made,), _) = store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    path = tmp_path / made.file
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    purged, kept = store.retention.purge(tmp_path, OPS, YEARS_LATER_MS)
    assert (purged, list(kept)) == ((), [case_id])
    assert ("there is no" if harm == "gone" else "not what was archived") in kept[case_id]
    assert rows(store, "alert", case_id)


def test_a_case_that_has_changed_since_is_archived_again_before_it_is_purged(store, tmp_path):
    case_id = old_case(store, "1")
    store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    reopen(store, case_id, YEARS_LATER_MS)
    purged, kept = store.retention.purge(tmp_path, OPS, YEARS_LATER_MS)
    assert (purged, "again" in kept[case_id]) == ((), True)
    store.work.claim(case_id, LEAD, NOON_MS + 10)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS + 10)
    store.retention.archive(tmp_path, OPS, YEARS_LATER_MS)
    assert store.retention.purge(tmp_path, OPS, YEARS_LATER_MS) == ((case_id,), {})


def test_only_who_runs_the_store_archives_and_purges(store, tmp_path):
    for who in (AGENT, LEAD, OFFICER):
        with pytest.raises(NotAllowed, match="that takes: ops"):
            store.retention.archive(tmp_path, who, JUNE_MS)
        with pytest.raises(NotAllowed, match="that takes: ops"):
            store.retention.purge(tmp_path, who, JUNE_MS)


# --- the file, and the tables


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"archive":2}\n', "of form 2, this reads 1"),
        (b'{"archive":1}\n{"case"\n', "is damaged"),
        (b"", "is damaged"),
    ],
)
def test_a_file_that_is_no_archive_says_so(tmp_path, raw, words):
    path = tmp_path / "bad.jsonl.zst"
    path.write_bytes(zstandard.compress(raw))
    with pytest.raises(StoreError, match=words):
        list(read_archive(path))


def test_an_archive_is_plain_json_lines_for_anybody(store, tmp_path):
    old_case(store, "1")
    ((made,), _) = store.retention.archive(tmp_path, OPS, JUNE_MS)
    with (tmp_path / made.file).open("rb") as packed:
        lines = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(packed)).read().splitlines()
    assert orjson.loads(lines[0]) == {"archive": 1, "month": "2026-03"}
    assert len(lines) == made.lines + 1
    assert set(orjson.loads(lines[1])) == {"case", "table", "row"}


def test_every_table_with_rows_of_a_case_is_archived(sqlite_url):
    # These say where something of a case lies, or led to it, and are kept.
    about_archives = {"archived_case", "alarm"}
    with open_store(sqlite_url):
        found = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    tables = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    of_cases = {
        table
        for table in tables
        if "case_id" in {row[1] for row in found.execute(f"PRAGMA table_info({table})")}
    }
    found.close()
    assert of_cases | {"case_"} == set(TABLES) | about_archives
