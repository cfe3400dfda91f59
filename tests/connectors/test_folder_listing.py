import logging
from pathlib import Path

import pytest

from connectors.files import FileSource
from connectors.folder_listing import file_bytes, files_of


@pytest.fixture
def put(tmp_path: Path):
    def put(name: str, data: bytes = b"line\n") -> Path:
        path = tmp_path / "days" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    put("2026-09-17/part-0.jsonl")
    return put


def test_a_file_stands_for_itself_under_its_plain_name(put):
    path = put("x.jsonl.gz")
    assert files_of(path) == {"x.jsonl": path}


def test_folders_within_a_folder_are_read_whole_one_after_the_other(put, tmp_path):
    for name in (
        "2026-09-18/part-0.jsonl",
        "2026-09-17/b/part-1.jsonl",
        "2026-09-17-x/part.jsonl",
        "0.jsonl",
    ):
        put(name)
    assert list(files_of(tmp_path / "days")) == [
        "0.jsonl",
        "2026-09-17/b/part-1.jsonl",
        "2026-09-17/part-0.jsonl",
        "2026-09-17-x/part.jsonl",
        "2026-09-18/part-0.jsonl",
    ]


@pytest.mark.parametrize(
    "name", [".x", "x.tmp", "x.part", "x.draft", "x~", "_SUCCESS", "_temporary/0/x", ".git/x", "day.tmp/x"]
)
def test_what_is_hidden_or_not_ready_is_passed_over(put, tmp_path, name):
    put(name)
    assert list(files_of(tmp_path / "days")) == ["2026-09-17/part-0.jsonl"]


def test_links_to_folders_are_not_entered_and_those_to_files_are_followed(put, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.jsonl").write_bytes(b"x\n")
    (tmp_path / "days" / "link").symlink_to(elsewhere)
    (tmp_path / "days" / "loop").symlink_to(tmp_path / "days")
    (tmp_path / "days" / "z.jsonl").symlink_to(elsewhere / "x.jsonl")
    assert list(files_of(tmp_path / "days")) == ["2026-09-17/part-0.jsonl", "z.jsonl"]


def test_of_a_file_and_its_compressed_twin_the_uncompressed_one_counts(put, tmp_path):
    put("2026-09-17/part-0.jsonl.zst")
    assert files_of(tmp_path / "days") == {
        "2026-09-17/part-0.jsonl": tmp_path / "days" / "2026-09-17" / "part-0.jsonl"
    }


def test_the_bytes_of_all_files_count_as_they_lie_there(put, tmp_path):
    one = put("one.jsonl.gz", b"123")
    assert file_bytes([tmp_path / "days", one]) == 5 + 3 + 3


def test_a_folder_of_days_is_one_partition_in_order_and_resumes_within_a_day(
    put, tmp_path, build, run_partition, lines_of
):
    put("2026-09-18/part-0.jsonl", b"second\n")
    put("2026-09-18/part-1.jsonl", b"third\n")
    source = FileSource({"p": tmp_path / "days"})
    everything = [("p", 0, b"line\n"), ("p", 5, b"second\n"), ("p", 12, b"third\n")]
    assert lines_of(run_partition(build(source))) == everything
    partition = build(source)
    run_partition(partition, polls=3)
    assert lines_of(run_partition(build(source, "p", partition.snapshot()))) == everything[2:]


def test_numbers_in_names_that_are_not_padded_are_told_of_once(put, tmp_path, build, run_partition, caplog):
    put("2026-09-17/part-2.jsonl")
    put("2026-09-17/part-10.jsonl")
    with caplog.at_level(logging.WARNING):
        run_partition(build(FileSource({"p": tmp_path / "days"})))
    (told,) = caplog.messages
    assert "part-10.jsonl before 2026-09-17/part-2.jsonl" in told


def test_dates_and_padded_numbers_are_no_matter_for_a_warning(put, tmp_path, build, run_partition, caplog):
    for name in ("2026-09-17/part-00002.jsonl", "2026-09-17/part-00010.jsonl", "2026-10-01/x-1.jsonl"):
        put(name)
    with caplog.at_level(logging.WARNING):
        run_partition(build(FileSource({"p": tmp_path / "days"})))
    assert not caplog.messages
