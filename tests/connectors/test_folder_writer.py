"""Lines in a folder that is followed: none torn, none lost, files in order, whatever interrupts."""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import FolderError
from connectors.file_reading import PartitionReader
from connectors.files import read_blocks
from connectors.folder_writer import FolderWriter
from connectors.lines import MAX_LINE_BYTES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at_noon() -> datetime:
    return NOON


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.jsonl"))


def lines_of(folder: Path) -> list[bytes]:
    return [line for block in read_blocks(folder) for line in block.data.split(b"\n")[:-1]]


@pytest.fixture
def following() -> Iterator[Callable[[Path], Callable[[], list[bytes]]]]:
    """Follow a folder as a flow does; each call gives what came since the one before."""
    readers: list[PartitionReader] = []

    def follow(folder: Path) -> Callable[[], list[bytes]]:
        reader = PartitionReader("p", folder, follow=True, block_bytes=1 << 16, max_line_bytes=1 << 20)
        readers.append(reader)

        def came() -> list[bytes]:
            lines: list[bytes] = []
            for _ in range(40):  # the folder is looked through at every tenth
                lines += [line for block in reader.read() or [] for line in block.data.split(b"\n")[:-1]]
            return lines

        return came

    yield follow
    for reader in readers:
        reader.close()


def test_what_was_appended_is_read_in_its_order(tmp_path):
    with FolderWriter(tmp_path / "out", clock=at_noon) as writer:
        writer.append([b"one", b"two"])
        writer.append([])
        writer.append([b"three"])
        assert lines_of(tmp_path / "out") == [b"one", b"two", b"three"]
    assert names(tmp_path / "out") == ["20260301T120000.000Z.jsonl"]


def test_a_full_file_is_followed_by_a_later_name_though_the_clock_stands_or_goes_back(tmp_path):
    ticks = count()

    def backwards() -> datetime:
        return NOON - timedelta(hours=next(ticks))

    with FolderWriter(tmp_path, clock=backwards, max_bytes=1) as writer:
        for number in range(3):
            writer.append([b"%d" % number])
    with FolderWriter(tmp_path, clock=lambda: NOON - timedelta(days=1)) as writer:
        writer.append([b"3"])
    assert names(tmp_path) == [f"20260301T120000.00{number}Z.jsonl" for number in range(4)]
    assert lines_of(tmp_path) == [b"0", b"1", b"2", b"3"]


def test_names_go_on_behind_files_that_were_compressed(tmp_path):
    (tmp_path / "20260301T130000.000Z.jsonl.zst").write_bytes(b"")
    with FolderWriter(tmp_path, clock=at_noon) as writer:
        writer.append([b"x"])
    assert names(tmp_path) == ["20260301T130000.001Z.jsonl"]


def test_an_old_file_is_ended_though_nothing_comes(tmp_path):
    with FolderWriter(tmp_path, clock=at_noon, max_age_s=1e-9) as writer:
        writer.append([b"x"])
        writer.rotate_aged()
        writer.rotate_aged()
        writer.append([b"y"])
    assert len(names(tmp_path)) == 2


def test_a_follower_reads_on_from_file_to_file(tmp_path, following):
    with FolderWriter(tmp_path, clock=at_noon, max_bytes=4) as writer:
        came = following(tmp_path)
        found = []
        for number in range(6):
            writer.append([b"%d" % number, b"x"])
            found += came()
        assert found == [line for number in range(6) for line in (b"%d" % number, b"x")]


def test_the_torn_line_of_a_crash_becomes_blank_and_nobody_else_is_disturbed(tmp_path, following):
    torn = tmp_path / "20260301T110000.000Z.jsonl"
    torn.write_bytes(b'{"whole": 1}\n{"torn": ')
    early, late = following(tmp_path), following(tmp_path)
    assert early() == [b'{"whole": 1}']
    with FolderWriter(tmp_path, clock=at_noon) as writer:
        writer.append([b'{"next": 1}'])
        # Who had read the torn bytes finds them on a line of their own, all others a blank line.
        assert early() == [b'{"torn": ', b'{"next": 1}']
        assert [line for line in late() if line.strip()] == [b'{"whole": 1}', b'{"next": 1}']
    assert torn.read_bytes() == b'{"whole": 1}\n' + b" " * len(b'{"torn": ') + b"\n"


@given(st.binary(max_size=40), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_whatever_a_crash_left_every_whole_line_stays(tmp_path_factory, left, whole):
    folder = tmp_path_factory.mktemp("crashed")
    lines = [b"%d" % number for number in range(whole)]
    before = b"".join(line + b"\n" for line in lines) + left
    (folder / "20260301T110000.000Z.jsonl").write_bytes(before)
    with FolderWriter(folder, clock=at_noon) as writer:
        writer.append([b"after"])
    kept = [*before.split(b"\n")[:-1], b"after"]
    assert [line for line in lines_of(folder) if line.strip()] == [line for line in kept if line.strip()]


def test_a_disk_that_was_full_tears_no_line(tmp_path):
    # The kernel refuses what goes beyond the limit in the midst of a line, as a full disk does.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with FolderWriter(tmp_path, clock=at_noon) as writer:
            writer.append([b"first"])
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
            with pytest.raises(OSError, match="too large"):
                writer.append([b"a line that is too long"])
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            writer.append([b"a line that is too long"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [line for line in lines_of(tmp_path) if line.strip()] == [b"first", b"a line that is too long"]


def test_a_killed_writer_leaves_whole_lines_and_the_next_one_goes_on(tmp_path):
    code = (
        "import sys, datetime, pathlib\n"
        "from connectors.folder_writer import FolderWriter\n"
        "now = lambda: datetime.datetime.now(datetime.UTC)\n"
        "writer = FolderWriter(pathlib.Path(sys.argv[1]), clock=now)\n"
        "for number in range(10**9):\n"
        "    writer.append([b'%d' % number])\n"
        "    print(number, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(200)][-1]
    process.kill()
    process.communicate()
    with FolderWriter(tmp_path, clock=at_noon) as writer:
        writer.append([b"after"])
    found = [line for line in lines_of(tmp_path) if line.strip()]
    assert found == [*(b"%d" % number for number in range(len(found) - 1)), b"after"]
    assert len(found) - 1 > told


def test_threads_share_a_folder_and_lose_nothing(tmp_path):
    def write(writer: FolderWriter, name: bytes) -> None:
        for number in range(50):
            writer.append([b"%s %d" % (name, number)] * 2)

    with FolderWriter(tmp_path, clock=at_noon, max_bytes=300) as writer:
        threads = [threading.Thread(target=write, args=(writer, name)) for name in (b"a", b"b", b"c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = lines_of(tmp_path)
    for name in (b"a", b"b", b"c"):
        own = [line for line in found if line.startswith(name)]
        assert own == [line for number in range(50) for line in [b"%s %d" % (name, number)] * 2]
    assert len(found) == 300
    assert len(names(tmp_path)) > 3


def test_a_folder_has_one_writer(tmp_path):
    with (
        FolderWriter(tmp_path, clock=at_noon),
        pytest.raises(FolderError, match="another process writes to"),
    ):
        FolderWriter(tmp_path, clock=at_noon)
    FolderWriter(tmp_path, clock=at_noon).close()


@pytest.mark.parametrize(
    "wrong", [{"max_bytes": 0}, {"max_age_s": 0}, {"sync_every_s": -1}], ids=lambda wrong: next(iter(wrong))
)
def test_bounds_that_cannot_work_are_refused(tmp_path, wrong):
    with pytest.raises(FolderError, match="give at least 1 byte"):
        FolderWriter(tmp_path, clock=at_noon, **wrong)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "missing" / "out"):
        with pytest.raises(FolderError, match=path.name):
            FolderWriter(path, clock=at_noon)


@pytest.mark.parametrize("line", [b"two\nlines", b"x" * (MAX_LINE_BYTES + 1)], ids=["newline", "long"])
def test_what_no_reader_would_take_as_one_line_is_refused(tmp_path, line):
    with FolderWriter(tmp_path, clock=at_noon) as writer, pytest.raises(ValueError, match="a line must"):
        writer.append([b"good", line])
    assert names(tmp_path) == []


def test_a_disk_that_lost_lines_is_not_believed_again(tmp_path):
    with FolderWriter(tmp_path, clock=at_noon, sync_every_s=3600) as writer:
        writer.append([b"x"])
        # What fsync says of a file that is gone: the descriptor now belongs to a pipe.
        reading, writing = os.pipe()
        os.dup2(writing, writer._file)
        with pytest.raises(OSError):  # noqa: PT011
            writer.sync()
        with pytest.raises(OSError, match="lost lines"):
            writer.append([b"y"])
        os.close(reading)
        os.close(writing)
        os.close(writer._file)
        writer._file = None
