"""A followed folder as a user sees it: files that come, grow, are packed away, and such as are broken."""

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard

from tests.flows.running import NIGHT, PROFILE, Command, lines_in, until

pytestmark = pytest.mark.slow

EXPECTED = NIGHT / "alerts.jsonl"


class Followed:
    """A folder that a flow follows, and what it has found."""

    def __init__(self, riskdesk, store: str, tmp_path: Path) -> None:
        self.folder = tmp_path / "events"
        self.folder.mkdir()
        self.alerts = tmp_path / "alerts.jsonl"
        self._riskdesk = riskdesk
        self._command = (
            "run", "card-risk", "--profile", PROFILE, "--input", self.folder, "--store", store,
            "--alerts", self.alerts, "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
        )  # fmt: skip

    def run(self) -> Command:
        return self._riskdesk(*self._command)


@pytest.fixture
def followed(riskdesk, store, tmp_path) -> Followed:
    return Followed(riskdesk, store, tmp_path)


def test_files_that_rotate_come_late_and_are_compressed_give_the_alerts_of_one_file(followed, night):
    lines = night.read_bytes().splitlines(keepends=True)
    # The first alert is before the first cut, and the seventh before the last but two.
    cuts = (0, 9000, 11_000, 17_100, 18_200, 20_400, 24_000, 27_000, len(lines))
    parts = [lines[begin:end] for begin, end in pairwise(cuts)]
    folder = followed.folder
    (folder / "01.jsonl").write_bytes(b"".join(parts[0]))
    run = followed.run()
    until(lambda: lines_in(followed.alerts) >= 1, run)
    # Grows in the midst of a line, rotates, and the finished file is packed away.
    with (folder / "01.jsonl").open("ab") as out:
        out.write(b"".join(parts[1])[:-40])
        out.flush()
        out.write(b"".join(parts[1])[-40:])
    (folder / "02.jsonl.gz").write_bytes(gzip.compress(b"".join(parts[2])))
    with (folder / "03.jsonl.tmp").open("wb") as draft:
        draft.write(b"".join(parts[3])[:1000])
        (folder / "04.jsonl.part").write_bytes(b"never finished\n")
        draft.write(b"".join(parts[3])[1000:])
    (folder / "03.jsonl.tmp").rename(folder / "03.jsonl")
    (folder / "05.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(b"".join(parts[4])))
    (folder / "06.jsonl").write_bytes(b"".join(parts[5]))
    until(lambda: lines_in(followed.alerts) >= 7, run)
    (folder / "01.jsonl.gz").write_bytes(gzip.compress((folder / "01.jsonl").read_bytes()))
    (folder / "01.jsonl").unlink()
    assert run.terminate() == 0
    # Meanwhile the file that it stands in was packed away too.
    (folder / "06.jsonl.gz").write_bytes(gzip.compress((folder / "06.jsonl").read_bytes()))
    (folder / "06.jsonl").unlink()
    for number, part in enumerate(parts[6:], 7):
        (folder / f"{number:02}.jsonl").write_bytes(b"".join(part))
    run = followed.run()
    until(lambda: lines_in(followed.alerts) >= lines_in(EXPECTED), run)
    assert run.terminate() == 0
    assert sorted(followed.alerts.read_bytes().splitlines()) == sorted(EXPECTED.read_bytes().splitlines())


def truncate(path: Path) -> None:
    path.write_bytes(b"")


def replace(path: Path) -> None:
    path.rename(path.with_name(".old"))
    path.write_bytes(b"{}\n" * 9000)


def move_away(path: Path) -> None:
    path.rename(path.with_name("2.jsonl"))


def add_a_damaged_one(path: Path) -> None:
    path.with_name("2.jsonl.gz").write_bytes(b"\x1f\x8b\x08" + b"no gzip" * 9)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (truncate, "was truncated while it was followed"),
        (replace, "was replaced while it was followed"),
        (move_away, "was moved away while it was followed"),
        (add_a_damaged_one, "is damaged behind byte 0 of the content"),
    ],
)
def test_what_cannot_be_read_on_ends_the_run_at_once_with_the_reason(followed, night, spoil, words):
    path = followed.folder / "1.jsonl"
    path.write_bytes(b"".join(night.read_bytes().splitlines(keepends=True)[:9000]))
    run = followed.run()
    until(lambda: lines_in(followed.alerts) > 0, run)
    spoil(path)
    assert run.wait() == 1
    assert words in run.err.splitlines()[-1]
    assert "Traceback" not in run.err
    again = followed.run()
    assert again.wait() == 1
    assert again.err.splitlines()[-1].startswith("stopped: ")
    assert "Traceback" not in again.err
