import gzip
import logging
from pathlib import Path

import pytest

from connectors.errors import BrokenFileError
from connectors.file_reading import PartitionReader
from connectors.files import FileSource
from tests.connectors.grown import LINES, append


def polled(partition, polls: int = 12) -> bytes:
    """Give the data of enough polls for a folder to be looked through."""
    return b"".join(block.data for _ in range(polls) for block in partition.next_batch())


def test_a_followed_file_waits_for_the_rest_of_a_torn_line(file, build):
    partition = build(FileSource({"p": file}, follow=True))
    assert partition.next_awake() is None
    assert polled(partition) == b"".join(LINES)
    append(file, b'{"event_id": ')
    assert polled(partition) == b""
    assert partition.next_awake() is not None
    append(file, b'"last"}\n')
    assert polled(partition) == b'{"event_id": "last"}\n'


def test_a_followed_folder_may_be_empty_and_goes_on_to_each_new_file(folder, build):
    partition = build(FileSource({"p": folder}, follow=True))
    assert polled(partition) == b""
    append(folder / "1.jsonl", b"one\ntorn")
    assert polled(partition) == b"one\n"
    append(folder / "2.jsonl.gz", gzip.compress(b"two\n"))
    assert polled(partition) == b"torn\ntwo\n"
    append(folder / "2.jsonl.gz", gzip.compress(b"more\n"))
    assert polled(partition) == b"more\n"


def test_a_line_written_just_before_the_writer_goes_on_to_a_new_file_is_not_lost(folder, build, monkeypatch):
    append(folder / "1.jsonl", b"one\n")
    partition = build(FileSource({"p": folder}, follow=True))
    partition.next_batch()
    look = PartitionReader._listing

    def look_while_the_writer_goes_on(reader: PartitionReader) -> dict[str, Path]:
        if not (folder / "2.jsonl").exists():
            append(folder / "1.jsonl", b"last\n")
            append(folder / "2.jsonl", b"two\n")
        return look(reader)

    monkeypatch.setattr(PartitionReader, "_listing", look_while_the_writer_goes_on)
    assert polled(partition) == b"last\ntwo\n"


def test_a_backlog_of_files_is_gone_through_without_waiting(folder, build):
    for number in range(20):
        append(folder / f"{number:02}.jsonl", b"%d\n" % number)
    partition = build(FileSource({"p": folder}, follow=True))
    awaited = 0
    for _ in range(60):
        partition.next_batch()
        awaited += partition.next_awake() is not None
        if awaited:
            break
    assert partition.snapshot()[1] == "19.jsonl"


def test_a_file_that_comes_behind_the_position_is_told(folder, build, caplog):
    append(folder / "5.jsonl", b"five\n")
    partition = build(FileSource({"p": folder}, follow=True))
    polled(partition)
    append(folder / "3.jsonl", b"three\n")
    with caplog.at_level(logging.ERROR):
        assert polled(partition, 30) == b""
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        f"3.jsonl came to {folder} behind the position and will not be read"
    ]


@pytest.mark.parametrize("in_a_folder", [True, False])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.write_bytes(b""), "truncated while it was followed"),
        (lambda path: path.replace(path.with_name("events.jsonl.1")), "moved away while it was followed"),
        (
            lambda path: (path.rename(path.with_name(".old")), path.write_bytes(b"new\n" * 1000)),
            "replaced while it was followed",
        ),
    ],
)
def test_a_followed_file_that_is_truncated_moved_or_replaced_is_an_error(
    folder, build, change, message, in_a_folder
):
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(LINES))
    partition = build(FileSource({"p": folder if in_a_folder else path}, follow=True))
    polled(partition)
    change(path)
    with pytest.raises(BrokenFileError, match=message):
        polled(partition)


def test_a_finished_file_may_leave_or_be_compressed_while_its_folder_is_followed(folder, build):
    (folder / "1.jsonl").write_bytes(b"one\n")
    partition = build(FileSource({"p": folder}, follow=True))
    assert polled(partition) == b"one\n"
    (folder / "1.jsonl.gz").write_bytes(gzip.compress(b"one\n"))
    (folder / "1.jsonl").unlink()
    assert polled(partition) == b""
    (folder / "1.jsonl.gz").unlink()
    assert polled(partition) == b""
    (folder / "2.jsonl").write_bytes(b"two\n")
    assert polled(partition) == b"two\n"


@pytest.mark.parametrize("in_a_folder", [True, False])
def test_a_followed_file_that_was_truncated_and_has_grown_beyond_the_position_is_an_error(
    folder, build, in_a_folder
):
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(LINES))
    partition = build(FileSource({"p": folder if in_a_folder else path}, follow=True))
    polled(partition)
    with path.open("r+b") as out:
        out.truncate()
        out.write(b'{"event_id": "another"}\n' * 1000)
    with pytest.raises(BrokenFileError, match="was truncated and written anew while it was followed"):
        polled(partition)


def test_a_file_that_is_written_under_a_hidden_name_is_read_once_it_has_its_own(folder, build):
    append(folder / "1.jsonl", b"one\n")
    partition = build(FileSource({"p": folder}, follow=True))
    append(folder / ".2.jsonl", b"two\n")
    assert polled(partition) == b"one\n"
    (folder / ".2.jsonl").rename(folder / "2.jsonl")
    assert polled(partition) == b"two\n"
