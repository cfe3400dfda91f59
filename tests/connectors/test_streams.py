import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import BrokenFileError
from connectors.streams import ByteStream, writing


def plain(parts: list[bytes]) -> bytes:
    return b"".join(parts)


def gzipped(parts: list[bytes]) -> bytes:
    return b"".join(gzip.compress(part, mtime=0) for part in parts) or gzip.compress(b"")


def gzipped_and_padded(parts: list[bytes]) -> bytes:
    return gzipped(parts) + bytes(3000)


def zstd(parts: list[bytes]) -> bytes:
    frames = [zstandard.ZstdCompressor().compress(part) for part in parts]
    return b"".join(frames) or zstandard.ZstdCompressor().compress(b"")


def zstd_with_skippable_frames(parts: list[bytes]) -> bytes:
    skippable = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    return skippable + zstd(parts) + skippable


PACKINGS = [plain, gzipped, gzipped_and_padded, zstd, zstd_with_skippable_frames]


def drain(stream: ByteStream, size: int = 1000) -> bytes:
    found = b""
    while chunk := stream.read(size):
        assert len(chunk) <= size
        found += chunk
    return found


@pytest.mark.parametrize("pack", PACKINGS)
@settings(max_examples=30, deadline=None)
@given(
    parts=st.lists(st.text("ab\n{", max_size=3000).map(str.encode), max_size=4),
    size=st.integers(1, 5000),
    data=st.data(),
)
def test_every_packing_gives_the_content_and_goes_on_from_any_offset(
    tmp_path_factory, pack, parts, size, data
):
    path = tmp_path_factory.mktemp("streams") / "misnamed.txt"
    path.write_bytes(pack(parts))
    content = b"".join(parts)
    stream = ByteStream(path)
    assert drain(stream, size) == content
    assert stream.offset == len(content)
    stream.check_whole()
    stream.close()
    offset = data.draw(st.integers(0, len(content)))
    resumed = ByteStream(path)
    resumed.skip_to(offset)
    assert resumed.offset == offset
    assert drain(resumed, size) == content[offset:]
    resumed.close()


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_file_that_grows_byte_by_byte_gives_its_content(tmp_path: Path, pack, step: int):
    parts = [b'{"a": 1}\n' * 100, b'{"b": 2}\n' * 100]
    packed = pack(parts)
    path = tmp_path / "growing"
    path.touch()
    stream = ByteStream(path)
    found = b""
    with path.open("ab", buffering=0) as writer:
        for start in range(0, len(packed), step):
            writer.write(packed[start : start + step])
            found += stream.read(10_000, growing=True)
    found += drain(stream)
    assert found == b"".join(parts)
    stream.close()


@pytest.mark.parametrize("head", [b"(", b"\x1f", b"P*"])
def test_a_tiny_file_that_begins_like_compressed_data_is_plain_once_it_has_ended(tmp_path: Path, head: bytes):
    path = tmp_path / "tiny"
    path.write_bytes(head)
    stream = ByteStream(path)
    assert stream.read(100, growing=True) == b""
    assert stream.read(100) == head
    stream.close()


@pytest.mark.parametrize("pack", [gzipped, zstd])
def test_compressed_data_that_stop_in_the_middle_are_an_error_behind_what_can_be_read(tmp_path: Path, pack):
    content = bytes(index * index % 251 for index in range(100_000))
    path = tmp_path / "cut"
    path.write_bytes(pack([content])[:-50])
    stream = ByteStream(path)
    assert content.startswith(drain(stream))
    with pytest.raises(BrokenFileError, match="cut short"):
        stream.check_whole()
    stream.close()


@pytest.mark.parametrize("pack", [gzipped, zstd])
def test_damaged_compressed_data_are_an_error_that_names_the_file(tmp_path: Path, pack):
    path = tmp_path / "damaged"
    path.write_bytes(pack([b"fine\n"]) + b"not compressed")
    stream = ByteStream(path)
    with pytest.raises(BrokenFileError, match=r"damaged is damaged behind byte 0.*fetch the file again"):
        drain(stream)
    stream.close()


@pytest.mark.parametrize("pack", PACKINGS)
def test_content_shorter_than_where_to_go_on_is_an_error(tmp_path: Path, pack):
    path = tmp_path / "short"
    path.write_bytes(pack([b"ten bytes\n"]))
    stream = ByteStream(path)
    with pytest.raises(BrokenFileError, match="holds 10 bytes, but 11 of it were read before"):
        stream.skip_to(11)
    stream.close()


@pytest.mark.parametrize("pack", [gzipped, zstd])
def test_a_file_that_unfolds_to_much_gives_no_more_than_asked_for(tmp_path: Path, pack):
    path = tmp_path / "bomb"
    path.write_bytes(pack([bytes(50_000_000)]))
    assert path.stat().st_size < 60_000
    stream = ByteStream(path)
    assert len(stream.read(1000)) == 1000
    stream.skip_to(49_999_999)
    assert drain(stream) == b"\0"
    stream.close()


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"])
def test_what_is_written_is_read_back_and_equal_content_gives_equal_bytes(tmp_path: Path, name: str):
    packed = []
    for _ in range(2):
        with writing(tmp_path / name) as out:
            out.write(b"one\n")
            out.writelines([b"two\n", b"three\n"])
        packed.append((tmp_path / name).read_bytes())
    assert packed[0] == packed[1]
    if name.endswith(".gz"):
        assert packed[0][4:8] == bytes(4)  # no time of writing: RFC 1952, 2.3.1
    assert (packed[0] == b"one\ntwo\nthree\n") == (name == "out.jsonl")
    stream = ByteStream(tmp_path / name)
    assert drain(stream) == b"one\ntwo\nthree\n"
    stream.close()


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"])
def test_a_failed_writing_leaves_what_was_there(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(b"before")
    with pytest.raises(TypeError), writing(path) as out:
        out.writelines([b"half", "not bytes"])
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
