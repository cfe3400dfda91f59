"""The handbook's rows become transactions that do not know their label, or say what is wrong."""

import gzip
from pathlib import Path

import pytest

from benchmarks.handbook.uses import DataError, day_of, read_uses

HEAD = "tx_id,epoch,customer,terminal,amount,fraud,scenario"


def write(folder: Path, *rows: str) -> Path:
    path = folder / "paid.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return path


def test_a_row_becomes_a_transaction_and_its_label_stays_apart(tmp_path: Path) -> None:
    [use] = read_uses(write(tmp_path, "7,1522540831,596,3156,57.16,1,2"))
    assert use.fraud
    assert (use.event.event_id, use.event.customer, use.event.terminal) == ("7", "596", "3156")
    assert (use.event.amount_minor, use.event.at_ms) == (5716, 1522540831000)
    assert use.event.at.isoformat() == "2018-04-01T00:00:31+00:00"
    assert day_of(use.event.at_ms) == 17622
    assert "fraud" not in repr(use.event)


def test_a_compressed_file_reads_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path, "0,1522540831,596,3156,57.16,0,0", "1,1522540930,4961,3412,81.51,0,0")
    packed = tmp_path / "paid.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_uses(packed)) == list(read_uses(plain))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1,soon,596,3156,57.16,0,0", "cannot be read"),
        ("1,1522540831,596,3156,much,0,0", "cannot be read"),
        ("1,1522540831,596,3156,57.16,2,0", "fraud is '2'; it must be 0 or 1"),
        ("1,1522540000,596,3156,57.16,0,0", "is earlier than the row before"),
        ("1,1522540831", "cannot be read"),
    ],
)
def test_a_row_that_cannot_be_right_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    path = write(tmp_path, "0,1522540831,596,3156,57.16,0,0", row)
    with pytest.raises(DataError, match=rf"paid\.csv:3: .*{complaint}"):
        list(read_uses(path))


def test_a_missing_file_or_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give the CSV file"):
        list(read_uses(tmp_path / "none.csv"))
    path = tmp_path / "short.csv"
    path.write_text("tx_id,epoch\n1,2\n")
    with pytest.raises(DataError, match="no column customer, terminal"):
        list(read_uses(path))
