import builtins
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from connectors import parquet_columns
from connectors.blocks import Block
from connectors.errors import BrokenFileError, MissingLibraryError, UnfitColumnsError
from connectors.files import FileSource, read_blocks
from domain.rejections import Rejected
from tests.connectors.decoding import BOUNDS, Codec
from tests.connectors.parquet_files import write_parquet, write_rows, write_table

LINES = [b'{"event_id":"%d"}\n' % number for number in range(50)]
NAIVE = dt.datetime(2026, 9, 17)  # noqa: DTZ001
USE = {
    "kind": "transaction",
    "event_id": "e1",
    "at": dt.datetime(2026, 9, 17, 12, 30, 0, 250_000, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    "card": "c1",
    "amount_minor": 12_34,
    "currency": "EUR",
    "channel": "pos",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.parquet"


def row_of(path: Path) -> dict[str, Any]:
    (block,) = read_blocks(path)
    row: dict[str, Any] = orjson.loads(block.data)
    return row


def test_a_row_is_the_line_of_the_event_with_its_times_in_utc(path: Path):
    write_rows(path, [USE])
    assert row_of(path) == USE | {"at": "2026-09-17T04:30:00.250000Z"}


def test_structs_are_fields_of_fields_and_nulls_are_fields_that_are_not_there(path: Path):
    place = {"lat": 1.5, "lon": None, "country": "AT"}
    rows = [USE | {"place": place, "mcc": None}, USE | {"place": None}, USE | {"place": dict.fromkeys(place)}]
    write_rows(path, [*rows, USE | {"mcc": "5411", "balance_after_minor": -(10**15) + 1}])
    (block,) = read_blocks(path)
    read = [orjson.loads(line) for line in block.data.splitlines()]
    assert [row.get("place") for row in read] == [{"lat": 1.5, "country": "AT"}, None, None, None]
    assert [row.get("mcc") for row in read] == [None, None, None, "5411"]
    assert ["place" in row for row in read] == [True, False, False, False]
    assert read[3]["balance_after_minor"] == -(10**15) + 1


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("s", "2026-09-17T04:30:00Z"),
        ("ms", "2026-09-17T04:30:00.250Z"),
        ("us", "2026-09-17T04:30:00.250000Z"),
        ("ns", "2026-09-17T04:30:00.250000Z"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "+08:00", "Asia/Shanghai"])
def test_timestamps_of_every_unit_and_zone_are_the_same_moment(path: Path, unit, written, zone):
    at_ns = 1_789_619_400_250_000_999
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    at = pa.array([at_ns // scale], pa.int64()).cast(pa.timestamp(unit, tz=zone))
    write_table(path, pa.table({"at": at}))
    # Parquet itself keeps no whole seconds.
    assert row_of(path)["at"] == (written if unit != "s" else "2026-09-17T04:30:00.000Z")


def test_text_of_every_kind_is_text(path: Path):
    kinds = (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))
    write_table(path, pa.table({f"c{n}": pa.array(["ü\n", None], kind) for n, kind in enumerate(kinds)}))
    (block,) = read_blocks(path)
    assert [orjson.loads(line) for line in block.data.splitlines()] == [
        {f"c{n}": "ü\n" for n in range(3)},
        {},
    ]


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("at", [NAIVE], "at is timestamp[us], and nobody can tell which zone"),
        ("at", [1_789_619_400_250], "at is int64; make it a timestamp with a zone"),
        ("at", [dt.date(2026, 9, 17)], "at is date32"),
        ("amount_minor", [Decimal("12.34")], "amount_minor is decimal128(4, 2); an amount is a whole number"),
        ("amount_minor", [12.0], "amount_minor is double; an amount is a whole number of minor units"),
        ("amount_minor", ["12"], "amount_minor is string; an amount is a whole number"),
        ("limit", [Decimal("12.34")], "limit is decimal128(4, 2); make it an integer or a float64"),
        ("place", [{"seen_at": NAIVE}], "place.seen_at is timestamp[us], and nobody"),
        ("blob", [b"\x00"], "blob is binary, which no field of an event is; leave it out"),
        ("tags", [["a"]], "which no field of an event is"),
    ],
)
def test_columns_that_no_event_can_come_of_are_refused_by_name(path: Path, name, values, told):
    write_rows(path, [USE | {name: value} for value in values])
    with pytest.raises(UnfitColumnsError) as raised:
        list(read_blocks(path))
    assert str(path) in str(raised.value)
    assert told in str(raised.value)


def test_all_unfit_columns_are_told_of_at_once(path: Path):
    write_rows(path, [USE | {"amount_minor": 1.5, "blob": b""}])
    with pytest.raises(UnfitColumnsError, match=r"amount_minor is double.*blob is binary"):
        list(read_blocks(path))


def test_a_refused_row_is_a_dead_letter_with_its_number_and_itself_as_json(path: Path):
    rows = [USE | {"event_id": f"e{number}"} for number in range(10)]
    rows[7]["channel"] = "smoke signal"
    write_rows(path, rows, row_group_rows=4)
    codec = Codec(BOUNDS)
    rejected: list[Rejected] = []
    for block in read_blocks(path, block_bytes=3 * 256):
        rejected += codec.decode(block)[1]
    (letter,) = rejected
    assert letter.offset == 7
    assert orjson.loads(letter.raw)["channel"] == "smoke signal"


def test_rows_that_follow_files_of_lines_count_on_behind_their_bytes(tmp_path: Path):
    folder = tmp_path / "mixed"
    write_parquet(folder / "2.parquet", LINES[1:4])
    (folder / "1.jsonl").write_bytes(LINES[0])
    (folder / "3.jsonl").write_bytes(LINES[4])
    first = len(LINES[0])
    assert list(read_blocks(folder)) == [
        Block("mixed", 0, LINES[0]),
        Block("mixed", first, b"".join(LINES[1:4]), positions=range(first, first + 3)),
        Block("mixed", first + 3, LINES[4]),
    ]


def test_blocks_are_of_about_the_size_that_is_asked_for_and_row_groups_are_not_held_whole(path: Path):
    write_parquet(path, LINES, row_group_rows=20)
    positions = [block.positions for block in read_blocks(path, block_bytes=8 * 256)]
    assert positions[:4] == [range(0, 8), range(8, 16), range(16, 20), range(20, 28)]


def test_it_is_the_content_and_not_the_name_that_makes_a_file_parquet(tmp_path: Path):
    write_parquet(tmp_path / "events", LINES)
    (tmp_path / "lines.parquet").write_bytes(LINES[0])
    assert b"".join(block.data for block in read_blocks(tmp_path / "events")) == b"".join(LINES)
    assert b"".join(block.data for block in read_blocks(tmp_path / "lines.parquet")) == LINES[0]


def test_a_file_that_is_not_whole_is_an_error(path: Path):
    write_parquet(path, LINES)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BrokenFileError, match="is no whole Parquet file"):
        list(read_blocks(path))


def test_a_file_without_rows_gives_nothing(path: Path):
    write_table(path, pa.table({"at": pa.array([], pa.string())}))
    assert list(read_blocks(path)) == []


def test_a_file_that_was_replaced_since_it_was_left_is_an_error(path: Path, build):
    write_parquet(path, LINES)
    source = FileSource({"p": path}, block_bytes=1024)
    partition = build(source)
    partition.next_batch()
    state = partition.snapshot()
    write_parquet(path, LINES[:30])
    with pytest.raises(BrokenFileError, match="is not the file that was read up to row 4"):
        build(source, "p", state)
    path.write_bytes(b"".join(LINES))
    with pytest.raises(BrokenFileError):
        build(source, "p", state)


def test_files_that_come_to_a_followed_folder_are_read_as_they_come(tmp_path: Path, build, run_partition):
    folder = tmp_path / "days"
    write_parquet(folder / "1" / "a.parquet", LINES[:2])
    partition = build(FileSource({"p": folder}, follow=True))
    seen = run_partition(partition, polls=30)
    write_parquet(folder / "2" / "a.parquet", LINES[2:4])
    seen += run_partition(partition, polls=30)
    assert b"".join(block.data for block in seen) == b"".join(LINES[:4])


def test_without_the_library_the_error_says_what_to_install(path: Path, monkeypatch):
    write_parquet(path, LINES)
    found = builtins.__import__

    def without(name: str, *rest: Any, **how: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return found(name, *rest, **how)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibraryError, match=r"pip install 'riskdesk\[parquet\]'"):
        parquet_columns.pyarrow()
