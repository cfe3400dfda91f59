import gzip

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.blocks import Block
from connectors.errors import BrokenFileError, InputError
from connectors.files import FileSource, name_partitions, read_blocks
from connectors.stopping import StopSign
from tests.connectors.grown import LINES, append


def test_a_file_gives_all_of_its_lines_and_then_an_empty_last_block(file, build, run_partition, lines_of):
    blocks = run_partition(build(FileSource({"p": file}, block_bytes=100)))
    assert len(blocks) > 5
    assert [line for _, _, line in lines_of(blocks)] == LINES
    assert [offset for _, offset, _ in lines_of(blocks)] == [
        sum(map(len, LINES[:n])) for n in range(len(LINES))
    ]
    assert blocks[-1] == Block("p", file.stat().st_size, b"", last=True)
    assert not any(block.last for block in blocks[:-1])


@settings(max_examples=40, deadline=None)
@given(
    content=st.lists(st.sampled_from(b"ab\r\n"), max_size=300).map(bytes),
    block_bytes=st.integers(1, 30),
    files=st.integers(1, 3),
)
def test_block_sizes_change_the_grouping_and_nothing_else(
    tmp_path_factory, lines_of, content, block_bytes, files
):
    folder = tmp_path_factory.mktemp("events")
    for number in range(files):
        (folder / f"{number}.jsonl").write_bytes(content)
    assert lines_of(read_blocks(folder, block_bytes)) == lines_of(read_blocks(folder))


def test_a_torn_last_line_is_completed_at_the_end_of_a_file_that_does_not_grow(
    file, build, run_partition, lines_of
):
    append(file, b'{"torn')
    assert lines_of(run_partition(build(FileSource({"p": file}))))[-1][2] == b'{"torn\n'


def test_a_line_that_is_too_long_is_handed_over_cut_and_the_next_one_is_whole(
    tmp_path, build, run_partition, lines_of
):
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"short\n" + b"x" * 5000 + b"\nnext\n")
    source = FileSource({"p": path}, block_bytes=64, max_line_bytes=100)
    assert lines_of(run_partition(build(source))) == [
        ("p", 0, b"short\n"),
        ("p", 6, b"x" * 101 + b"\n"),
        ("p", 5007, b"next\n"),
    ]


def test_a_folder_is_read_in_name_order_with_offsets_that_go_on(folder, build, run_partition, lines_of):
    (folder / "b.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(b"second\ntorn"))
    (folder / "a.jsonl").write_bytes(b"first\n")
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b"third\n"))
    for unready in (".hidden", "d.jsonl.tmp", "d.jsonl.part", "d.jsonl~"):
        (folder / unready).write_bytes(b"not ready\n")
    (folder / "e").mkdir()
    assert lines_of(run_partition(build(FileSource({"p": folder})))) == [
        ("p", 0, b"first\n"),
        ("p", 6, b"second\n"),
        ("p", 13, b"torn\n"),
        ("p", 17, b"third\n"),
    ]


def test_of_a_file_and_its_compressed_copy_one_is_read(folder, build, run_partition, lines_of):
    (folder / "a.jsonl").write_bytes(b"first\n")
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b"first\n")[:8])
    assert lines_of(run_partition(build(FileSource({"p": folder})))) == [("p", 0, b"first\n")]


def test_compressed_data_cut_short_are_an_error_after_what_could_be_read(tmp_path, build, run_partition):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"".join(LINES))[:-20])
    partition = build(FileSource({"p": path}))
    with pytest.raises(BrokenFileError, match="cut short"):
        run_partition(partition)


def test_read_blocks_gives_the_same_lines_without_an_engine(file, lines_of):
    assert [line for _, _, line in lines_of(read_blocks(file, block_bytes=64))] == LINES


def test_every_partition_ends_without_a_last_block_once_the_stop_was_asked_for(file, build, run_partition):
    stop = StopSign()
    source = FileSource({"p": file}, stop=stop, block_bytes=64)
    partition = build(source)
    blocks = partition.next_batch()
    stop.ask("SIGTERM")
    assert run_partition(partition) == []
    assert not blocks[0].last
    assert partition.snapshot()[3] == len(blocks[0].data)


def test_every_missing_file_is_named(tmp_path, file):
    paths = [tmp_path / "a", file, tmp_path / "b"]
    for wrong in (lambda: name_partitions(paths), lambda: FileSource(dict(zip("abc", paths, strict=True)))):
        with pytest.raises(InputError, match=rf"no such file or folder: {paths[0]}, {paths[2]}"):
            wrong()


@pytest.mark.parametrize("block_bytes", [0, 1001])
def test_a_block_size_that_cannot_work_is_refused(file, block_bytes):
    with pytest.raises(InputError, match="it must be 1 to max_line_bytes, which is 1000"):
        FileSource({"p": file}, block_bytes=block_bytes, max_line_bytes=1000)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["one/a", "one/b"], ["a", "b"]),
        (["one/a", "two/a"], ["one/a", "two/a"]),
        (["one/x/a", "two/x/a", "two/x/b"], ["one/x/a", "two/x/a", "b"]),
        (["one/../one/a"], ["a"]),
    ],
)
def test_a_partition_is_named_by_the_shortest_end_of_its_path_that_is_its_own(tmp_path, files, names):
    for base in ("here", "there"):
        paths = [tmp_path / base / file for file in files]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        assert list(name_partitions(paths)) == names
        assert list(name_partitions(paths).values()) == paths


def test_nothing_and_the_same_twice_are_no_input(file):
    with pytest.raises(InputError, match="give at least one"):
        name_partitions([])
    link = file.with_name("link.jsonl")
    link.symlink_to(file)
    with pytest.raises(InputError, match="given twice") as error:
        name_partitions([file, link])
    assert str(link) in str(error.value)
