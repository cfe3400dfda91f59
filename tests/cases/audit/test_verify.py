"""Whatever is done to the audit behind riskdesk's back is found, with the row named."""

from pathlib import Path

import pytest

from cases.audit.chain import Entry, chained, entries
from cases.audit.keys import Keys
from cases.audit.seal import read_file
from cases.audit.tampering import Break, Tampering
from cases.errors import AuditBroken, KeyTrouble, NotFound, SealTrouble
from cases.store import Store, open_store
from tests.cases.audit.conftest import NOON_MS, Tamper, note

_COLUMNS = "at_ms, actor, role, session, verb, object, before_h, after_h, reason"
_HASHES = "prev_hash, hash"


def found(store: Store, seals: Path | None = None) -> list[tuple[int, int, str]]:
    """Give what is wrong: from row, to row, what was done."""
    return [(each.seq, each.seq_to, each.kind.value) for each in store.audit.verify(seals).breaks]


def swap(first: int, second: int, columns: str) -> tuple[str, ...]:
    """Exchange what two rows hold in these columns."""
    pairs = ", ".join(f"{name} = other.{name}" for name in columns.split(", "))
    return (
        "CREATE TABLE copied AS SELECT * FROM audit",
        *(
            f"UPDATE audit SET {pairs} FROM copied AS other WHERE audit.seq = {one} AND other.seq = {another}"
            for one, another in ((first, second), (second, first))
        ),
    )


def test_an_audit_that_nobody_touched_holds(audited: Store, seals: Path) -> None:
    assert audited.audit.seal(NOON_MS, seals) is not None
    note(audited, 10)
    verified = audited.audit.verify(seals)
    assert (verified.rows, verified.sealed_to, verified.breaks) == (10, 9, ())


def test_an_empty_audit_holds(store: Store) -> None:
    assert store.audit.verify() == (0, 0, ())


@pytest.mark.parametrize("row", [1, 5, 9])
@pytest.mark.parametrize(
    "change", ["actor = 'agent-8'", "at_ms = at_ms + 1", "reason = ''", "after_h = NULL"]
)
def test_an_edited_row_is_named(audited: Store, tamper: Tamper, row: int, change: str) -> None:
    tamper(f"UPDATE audit SET {change} WHERE seq = {row}")
    assert found(audited) == [(row, row, "edited")]


def test_an_edited_row_is_named_with_what_it_says_now(audited: Store, tamper: Tamper) -> None:
    tamper("UPDATE audit SET actor = 'agent-8' WHERE seq = 5")
    assert audited.audit.verify().breaks == (
        Break(
            5,
            5,
            Tampering.EDITED,
            "row 5 was edited; it now says: 2026-03-05T12:00:05.000Z agent-8 closed case:C5",
        ),
    )


@pytest.mark.parametrize(("first", "last"), [(1, 1), (5, 5), (3, 7)])
def test_deleted_rows_are_named(audited: Store, tamper: Tamper, first: int, last: int) -> None:
    tamper(f"DELETE FROM audit WHERE seq BETWEEN {first} AND {last}")
    assert found(audited) == [(first, last, "deleted")]


def test_a_deleted_row_is_named_when_the_rest_was_renumbered(audited: Store, tamper: Tamper) -> None:
    tamper(
        "DELETE FROM audit WHERE seq = 5",
        *(f"UPDATE audit SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(6, 10)),
        "UPDATE audit_head SET seq = 8",
    )
    assert found(audited) == [(5, 5, "deleted"), (5, 8, "moved")]


@pytest.mark.parametrize(("first", "second"), [(3, 4), (2, 7), (1, 9)])
@pytest.mark.parametrize("columns", [_COLUMNS, f"{_COLUMNS}, {_HASHES}"])
def test_swapped_rows_are_named(
    audited: Store, tamper: Tamper, first: int, second: int, columns: str
) -> None:
    tamper(*swap(first, second, columns))
    verified = audited.audit.verify()
    assert [each.words for each in verified.breaks] == [
        f"row {one} was moved: it holds what was written as row {other}"
        for one, other in ((first, second), (second, first))
    ]


def test_a_row_put_in_is_named(audited: Store, tamper: Tamper) -> None:
    tamper(
        *(f"UPDATE audit SET seq = {seq + 1} WHERE seq = {seq}" for seq in range(9, 4, -1)),
        f"INSERT INTO audit (seq, {_COLUMNS}, {_HASHES}) "
        f"SELECT 5, {_COLUMNS}, {_HASHES} FROM audit WHERE seq = 2",
        "UPDATE audit SET actor = 'agent-9' WHERE seq = 5",
        "UPDATE audit_head SET seq = 10",
    )
    assert found(audited)[0] == (5, 5, "inserted")
    assert found(audited)[1] == (6, 10, "moved")


def test_a_row_put_in_at_the_end_is_named(audited: Store, tamper: Tamper) -> None:
    tamper(
        f"INSERT INTO audit (seq, {_COLUMNS}, {_HASHES}) "
        f"SELECT 10, {_COLUMNS}, hash, hash FROM audit WHERE seq = 9"
    )
    assert (10, 10, "inserted") in found(audited)


@pytest.mark.parametrize("rows_left", [8, 5, 0])
def test_rows_cut_off_at_the_end_are_named_by_the_head(
    audited: Store, tamper: Tamper, rows_left: int
) -> None:
    tamper(f"DELETE FROM audit WHERE seq > {rows_left}")
    assert found(audited) == [(rows_left + 1, 9, "cut_off")]


@pytest.mark.parametrize("rows_left", [8, 5, 0])
def test_rows_cut_off_together_with_head_and_seals_are_named_by_the_file_of_seals(
    audited: Store, tamper: Tamper, seals: Path, rows_left: int
) -> None:
    audited.audit.seal(NOON_MS, seals)
    tamper(
        f"DELETE FROM audit WHERE seq > {rows_left}",
        "DELETE FROM audit_seal",
        f"UPDATE audit_head SET seq = {rows_left}, hash = COALESCE((SELECT hash FROM audit "
        f"WHERE seq = {rows_left}), '{'0' * 64}')",
    )
    assert found(audited, seals) == [(rows_left + 1, 9, "cut_off")]
    # Which is what the chain alone cannot tell.
    assert found(audited) == []


def test_a_head_that_was_altered_is_named(audited: Store, tamper: Tamper) -> None:
    tamper("UPDATE audit_head SET hash = prev_hash FROM audit WHERE audit.seq = 9")
    assert found(audited) == [(9, 9, "head")]


def test_the_name_of_the_key_that_was_altered_is_told(audited: Store, tamper: Tamper) -> None:
    tamper("UPDATE audit_head SET key_id = '0123456789abcdef'")
    assert [each.words for each in audited.audit.verify().breaks] == [
        "the name of the key at the end of the chain was altered"
    ]


def test_an_audit_written_anew_with_the_stolen_key_does_not_fit_its_seals(
    audited: Store, tamper: Tamper, seals: Path
) -> None:
    audited.audit.seal(NOON_MS, seals)
    note(audited, 10)
    tamper(*_written_anew(audited))
    assert [each.words for each in audited.audit.verify(seals).breaks] == [
        "rows 1 to 9 were written anew after they were sealed, by someone with the key of the audit"
    ]


def _written_anew(store: Store) -> list[str]:
    """Let row 4 be by another, and chain it and all that follow anew."""
    with store.db.reading():
        rows = entries(store.db.rows("audit_rows", seq_from=1, seq_to=10))
    last, statements = "0" * 64, []
    for row in rows:
        said: Entry = row._replace(actor="agent-8") if row.seq == 4 else row
        anew = chained(store.db.keys.audit_key, said, last)
        last = anew.hash
        statements.append(
            f"UPDATE audit SET actor = '{anew.actor}', prev_hash = '{anew.prev_hash}', hash = '{anew.hash}' "
            f"WHERE seq = {row.seq}"
        )
    return [*statements, f"UPDATE audit_head SET hash = '{last}'"]


@pytest.mark.parametrize("column", ["root", "signature"])
def test_a_seal_that_was_altered_is_told(audited: Store, tamper: Tamper, seals: Path, column: str) -> None:
    audited.audit.seal(NOON_MS, seals)
    tamper(f"UPDATE audit_seal SET {column} = '{'ab' * 32}'")
    assert [each.words for each in audited.audit.verify(seals).breaks] == [
        "the seal over rows 1 to 9 does not carry the signature of the desk's key"
    ]


def test_verifying_from_a_seal_looks_at_nothing_before(audited: Store, tamper: Tamper, seals: Path) -> None:
    audited.audit.seal(NOON_MS, seals)
    for number in (10, 11, 12):
        note(audited, number)
    audited.audit.seal(NOON_MS, seals)
    tamper("UPDATE audit SET reason = 'x' WHERE seq = 2")
    assert audited.audit.verify(seals, from_row=11) == (3, 12, ())
    assert found(audited, seals) == [(2, 2, "edited")]
    with pytest.raises(NotFound, match="no seal covers row 13"):
        audited.audit.verify(seals, from_row=13)


def test_a_missing_key_says_so(audited: Store, url: str) -> None:
    (audited.db.keys.folder / "audit.key").unlink()
    with open_store(url) as opened, pytest.raises(KeyTrouble, match="their key is not in"):
        opened.audit.verify()


def test_a_wrong_key_says_so_and_blames_no_row(audited: Store, url: str, tmp_path: Path) -> None:
    (audited.db.keys.folder / "audit.key").write_text(Keys(tmp_path / "other").audit_key.hex())
    with open_store(url) as opened, pytest.raises(KeyTrouble, match="holds another; point RISKDESK_KEYS"):
        opened.audit.verify()


def test_a_file_of_seals_that_is_named_must_be_there(audited: Store, seals: Path) -> None:
    with pytest.raises(NotFound, match="no file of seals"):
        audited.audit.verify(seals)


def test_a_damaged_file_of_seals_says_which_line(audited: Store, seals: Path) -> None:
    audited.audit.seal(NOON_MS, seals)
    with seals.open("a") as file:
        file.write('{"seq_from": 3\n')
    with pytest.raises(SealTrouble, match=r"line 2 of .* is no seal"):
        audited.audit.verify(seals)


def test_a_broken_audit_is_not_sealed(audited: Store, tamper: Tamper, seals: Path) -> None:
    audited.audit.seal(NOON_MS, seals)
    note(audited, 10)
    tamper("UPDATE audit SET actor = 'agent-8' WHERE seq = 10")
    with pytest.raises(AuditBroken, match="run: riskdesk audit verify"):
        audited.audit.seal(NOON_MS, seals)
    assert len(read_file(seals)) == 1


def test_a_store_that_was_cut_back_is_not_sealed_anew(audited: Store, tamper: Tamper, seals: Path) -> None:
    audited.audit.seal(NOON_MS, seals)
    tamper(
        "DELETE FROM audit_seal", "DELETE FROM audit", f"UPDATE audit_head SET seq = 0, hash = '{'0' * 64}'"
    )
    note(audited, 1)
    with pytest.raises(AuditBroken, match="was not sealed"):
        audited.audit.seal(NOON_MS, seals)
