"""Seals: what they cover, where they lie, and that a crash between store and file loses none."""

from pathlib import Path

import orjson
import pytest

from cases.audit.keys import key_id
from cases.audit.seal import read_file, stored
from cases.errors import NotAllowed, SealTrouble
from cases.store import Store
from tests.cases.audit.conftest import AGENT, AUDITOR, NOON_MS, note


def test_a_seal_covers_what_came_since_the_last(audited: Store, seals: Path) -> None:
    first = audited.audit.seal(NOON_MS, seals)
    assert audited.audit.seal(NOON_MS + 1, seals) is None
    note(audited, 10)
    second = audited.audit.seal(NOON_MS + 2, seals)
    assert first is not None
    assert second is not None
    assert [(seal.seq_from, seal.seq_to, seal.sealed_at_ms) for seal in (first, second)] == [
        (1, 9, NOON_MS),
        (10, 10, NOON_MS + 2),
    ]
    assert read_file(seals) == [first, second]
    with audited.db.reading():
        assert stored(audited.db) == [first, second]


def test_a_seal_carries_the_signature_of_the_desk_over_every_field(audited: Store, seals: Path) -> None:
    seal = audited.audit.seal(NOON_MS, seals)
    key = audited.db.keys.public_key
    assert seal is not None
    assert seal.signed_by(key)
    for change in (
        {"seq_from": 2},
        {"seq_to": 8},
        {"root": "ab" * 32},
        {"sealed_at_ms": 1},
        {"signature": "x"},
    ):
        assert not seal._replace(**change).signed_by(key)  # type: ignore[arg-type]


def test_a_line_of_the_file_names_the_key(audited: Store, seals: Path) -> None:
    audited.audit.seal(NOON_MS, seals)
    (line,) = seals.read_bytes().splitlines()
    assert orjson.loads(line)["key"] == key_id(audited.db.keys.public_key)


def test_nothing_to_seal_makes_no_seal(store: Store, seals: Path) -> None:
    assert store.audit.seal(NOON_MS, seals) is None


def test_a_seal_that_did_not_reach_the_file_follows(audited: Store, seals: Path, tmp_path: Path) -> None:
    audited.audit.seal(NOON_MS, tmp_path / "lost.jsonl")
    (tmp_path / "lost.jsonl").unlink()
    assert audited.audit.seal(NOON_MS, seals) is None
    assert [seal.seq_to for seal in read_file(seals)] == [9]


def test_a_file_that_cannot_be_written_says_what_becomes_of_the_seal(audited: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SealTrouble, match="the next `riskdesk audit seal` writes them"):
        audited.audit.seal(NOON_MS, tmp_path / "file" / "seals.jsonl")


def test_seals_are_made_when_they_are_due(audited: Store, seals: Path) -> None:
    five = 5 * 60_000
    assert audited.audit.seal_when_due(NOON_MS, five, seals) is not None
    note(audited, 10)
    assert audited.audit.seal_when_due(NOON_MS + five - 1, five, seals) is None
    assert audited.audit.seal_when_due(NOON_MS + five, five, seals) is not None


def test_reading_the_audit_is_a_right_and_leaves_a_row(audited: Store) -> None:
    with pytest.raises(NotAllowed, match="may not read audit"):
        audited.audit.list(AGENT, NOON_MS)
    assert [row.seq for row in audited.audit.list(AUDITOR, NOON_MS, limit=3)] == [7, 8, 9]
    (read,) = audited.audit.list(AUDITOR, NOON_MS, actor="auditor-1")
    assert (read.verb, read.object) == ("audit_read", "audit:all")


def test_being_shown_a_case_leaves_a_row(audited: Store) -> None:
    audited.audit.viewed(AGENT, "case:C4", NOON_MS, "on the phone")
    (row,) = audited.audit.list(AUDITOR, NOON_MS, verb="viewed")
    assert (row.actor, row.object, row.reason) == ("agent-7", "case:C4", "on the phone")


def test_the_audit_is_read_by_object_actor_and_verb(audited: Store) -> None:
    by_object = audited.audit.list(AUDITOR, NOON_MS, object_="case:C4")
    assert [row.object for row in by_object] == ["case:C4"]
    assert len(audited.audit.list(AUDITOR, NOON_MS, actor="agent-7", verb="closed")) == 9
    assert audited.audit.list(AUDITOR, NOON_MS, verb="nothing") == ()
