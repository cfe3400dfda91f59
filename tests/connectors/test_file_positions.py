import gzip
import logging
import pickle

import pytest
import zstandard

from connectors.blocks import Block
from connectors.errors import BrokenFileError, PositionTooNewError
from connectors.files import FileSource
from tests.connectors.grown import LINES, append


def test_the_position_is_plain_builtins_with_a_version(file, build):
    state = build(FileSource({"p": file})).snapshot()
    assert type(state) is tuple
    assert state[0] == 1
    assert {type(value) for value in state} <= {int, str, bool}


def test_a_position_outlives_moving_copying_and_compressing(file, tmp_path, build, run_partition, lines_of):
    partition = build(FileSource({"p": file}, block_bytes=200))
    partition.next_batch()
    state = pickle.loads(pickle.dumps(partition.snapshot()))
    rest = lines_of(run_partition(partition))
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name, data in (
        ("events.jsonl", file.read_bytes()),
        ("events.jsonl.gz", gzip.compress(file.read_bytes())),
        ("events.jsonl.zst", zstandard.ZstdCompressor().compress(file.read_bytes())),
    ):
        (moved / name).write_bytes(data)
        assert lines_of(run_partition(build(FileSource({"p": moved / name}), "p", state))) == rest
        (moved / name).unlink()


def test_a_file_that_has_grown_since_its_end_gives_what_is_new(file, build, run_partition, lines_of):
    partition = build(FileSource({"p": file}))
    run_partition(partition)
    size = file.stat().st_size
    append(file, b"new\n")
    resumed = run_partition(build(FileSource({"p": file}), "p", partition.snapshot()))
    assert resumed == [Block("p", size, b"new\n"), Block("p", size + 4, b"", last=True)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.write_bytes(b"".join(LINES[:10])), "it was truncated or replaced"),
        (lambda path: path.write_bytes(b"other\n" * 1000), "it begins differently"),
        (lambda path: path.rename(path.with_name("events.jsonl.1")), "is gone; put it back"),
    ],
)
def test_a_file_that_changed_while_nobody_looked_is_an_error(folder, build, run_partition, change, message):
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(LINES))
    source = FileSource({"p": folder})
    partition = build(source)
    run_partition(partition)
    change(path)
    with pytest.raises(BrokenFileError, match=message):
        build(source, "p", partition.snapshot())


def test_a_position_within_a_long_line_goes_on_skipping(tmp_path, build, run_partition, lines_of):
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"x" * 5000 + b"\nnext\n")
    source = FileSource({"p": path}, block_bytes=64, max_line_bytes=100)
    partition = build(source)
    assert len(run_partition(partition, polls=10)) == 1
    resumed = build(source, "p", partition.snapshot())
    assert lines_of(run_partition(resumed)) == [("p", 5001, b"next\n")]


def test_a_position_of_a_newer_riskdesk_is_refused(file, build):
    with pytest.raises(PositionTooNewError, match="version 2, this riskdesk reads version 1"):
        build(FileSource({"p": file}), "p", (2, "events.jsonl", "something else"))


def test_a_partition_that_vanished_stays_listed_ends_at_once_and_keeps_its_position(
    file, build, run_partition, caplog
):
    source = FileSource({"here": file}, known=["gone", "here"])
    assert source.list_parts() == ["gone", "here"]
    with caplog.at_level(logging.WARNING):
        partition = build(source, "gone", (1, "gone.jsonl", 0, 7, False, 0, "digest"))
    assert "gone is in the recovery store, but not among the input" in caplog.text
    assert run_partition(partition) == [Block("gone", 0, b"", last=True)]
    assert partition.snapshot() == (1, "gone.jsonl", 0, 7, False, 0, "digest")
