"""A clock that jumps, that others contradict, or that has gone back is noticed before a deadline is set."""

import os
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from flows.clock_check import ClockCheck, newest_event_ms
from flows.findings import Weight
from tests.flows.counted import write_events
from tests.flows.made import minute_ms, use

NOW_MS = minute_ms(0)


def telling(*times_ms: int) -> Callable[[], int]:
    """A clock that says these times in turn, and the last for ever."""
    said: Iterator[int] = chain(times_ms, repeat(times_ms[-1]))
    return lambda: next(said)


def found(clock: Callable[[], int], **given: object) -> list[tuple[Weight, str]]:
    about = {"store_ms": None, "events": {}, "written": ()} | given
    return [tuple(finding) for finding in ClockCheck(clock).findings(**about)]


def test_a_steady_clock_that_all_agree_with_is_fine(tmp_path):
    written = tmp_path / "part-0.sqlite3"
    written.touch()
    os.utime(written, (NOW_MS / 1000 - 5, NOW_MS / 1000 - 5))
    assert found(
        telling(NOW_MS), store_ms=NOW_MS + 59_000, events={"the store": NOW_MS - 10**9}, written=[written]
    ) == []  # fmt: skip


@pytest.mark.parametrize(("jump_ms", "said"), [(-30_000, "moved by -30 s"), (5000, "moved by +5 s")])
def test_a_clock_that_is_moved_while_it_is_watched_is_told(jump_ms, said):
    ((weight, text),) = found(telling(NOW_MS, NOW_MS + jump_ms))
    assert weight is Weight.WARNING
    assert said in text


@pytest.mark.parametrize("apart_ms", [-61_000, 61_000, -(10**12)])
def test_a_store_with_another_time_is_told(apart_ms):
    ((weight, text),) = found(telling(NOW_MS), store_ms=NOW_MS + apart_ms)
    assert weight is Weight.WARNING
    assert "keep them in step (NTP)" in text


def test_events_of_the_future_are_told():
    ((weight, text),) = found(telling(NOW_MS), events={"in.jsonl": NOW_MS + 3_600_000, "b": NOW_MS})
    assert weight is Weight.WARNING
    assert "the newest event in in.jsonl is of 2026-03-02T03:00:00.000Z" in text


def test_files_written_in_the_future_say_that_the_clock_has_gone_back(tmp_path):
    for name in ("part-0.sqlite3", "part-1.sqlite3"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (NOW_MS / 1000 + 100, NOW_MS / 1000 + 100))
    ((weight, text),) = found(telling(NOW_MS), written=sorted(tmp_path.iterdir()))
    assert weight is Weight.WARNING
    assert "the clock has gone back" in text


def test_the_newest_event_of_a_file_is_read_off_its_end(tmp_path):
    path = write_events(tmp_path / "a.jsonl", [use(f"e{n}", n) for n in range(2000)])
    assert newest_event_ms(path) == minute_ms(1999)
    with path.open("ab") as file:
        file.write(b'no event\n{"kind": "transaction", "at": "2026-0')
    assert newest_event_ms(path) == minute_ms(1999)
    later = write_events(tmp_path / "b.jsonl", [use("e", 5000)])
    assert newest_event_ms(tmp_path) == newest_event_ms(later) == minute_ms(5000)


@pytest.mark.parametrize("content", [b"", b"no event\n", b'{"at": "2026-03-02T01:00:00"}\n'])
def test_where_no_time_can_be_read_none_is_told(tmp_path, content):
    path: Path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert newest_event_ms(path) is None
    assert newest_event_ms(tmp_path / "gone.jsonl") is None
    (tmp_path / "packed").mkdir()
    assert newest_event_ms(tmp_path / "packed") is None
