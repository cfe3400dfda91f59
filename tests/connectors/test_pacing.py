import pickle
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.blocks import Block
from connectors.files import FileSource
from connectors.pacing import Pace, PacedSource
from connectors.stopping import StopSign

SECOND_MS = 1000
START = "2026-09-17T04:00:{:02}Z"


class Clock:
    def __init__(self) -> None:
        self.now_ms = 5_000_000.0

    def __call__(self) -> float:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def line(second: int, name: str = "e", ingested: int | None = None) -> bytes:
    late = "" if ingested is None else f',"ingested_at":"{START.format(ingested)}"'
    return f'{{"at":"{START.format(second)}","event_id":"{name}"{late}}}\n'.encode()


def source_of(
    folder: Path,
    pace: Pace | None,
    *,
    stop: StopSign | None = None,
    block_bytes: int = 1 << 20,
    **logs: bytes,
) -> PacedSource:
    for name, data in logs.items():
        (folder / name).write_bytes(data)
    files = FileSource({name: folder / name for name in logs}, block_bytes=block_bytes)
    return PacedSource(files, pace, stop)


def data_of(partition: Any) -> bytes:
    return b"".join(block.data for block in partition.next_batch())


def test_an_event_comes_out_when_as_much_time_has_passed_as_lies_before_it(
    tmp_path, build, run_partition, clock
):
    lines = [line(0), line(10), line(10, "f"), line(12), line(50)]
    partition = build(source_of(tmp_path, Pace(2, clock), a=b"".join(lines)))
    assert data_of(partition) == lines[0]
    clock.now_ms += 4_999
    assert data_of(partition) == b""
    clock.now_ms += 1
    assert data_of(partition) == lines[1] + lines[2]
    clock.now_ms += 30_000
    assert data_of(partition) == lines[3] + lines[4]
    assert run_partition(partition) == [Block("a", sum(map(len, lines)), b"", last=True)]


def test_partitions_share_one_clock_which_begins_at_the_earliest_of_them(tmp_path, build, clock):
    source = source_of(tmp_path, Pace(1, clock), a=line(30) + line(31), b=line(20) + line(31, "b"))
    first, second = build(source, "a"), build(source, "b")
    assert data_of(first) == b""  # nobody knows yet when b begins
    assert data_of(second) == line(20)
    assert data_of(first) == b""
    clock.now_ms += 10 * SECOND_MS
    assert data_of(first) == line(30)
    clock.now_ms += SECOND_MS
    assert (data_of(first), data_of(second)) == (line(31), line(31, "b"))


def test_a_partition_without_an_event_holds_nobody_up(tmp_path, build, run_partition, clock):
    source = source_of(tmp_path, Pace(1, clock), a=line(30), empty=b"", junk=b"no event\n")
    first = build(source, "a")
    assert data_of(first) == b""
    run_partition(build(source, "empty"))
    assert data_of(first) == b""
    run_partition(build(source, "junk"))
    assert data_of(first) == line(30)


def test_what_came_later_than_it_happened_comes_out_when_it_came(tmp_path, build, clock):
    partition = build(source_of(tmp_path, Pace(1, clock), a=line(5) + line(6, ingested=20) + line(7)))
    assert data_of(partition) == line(5)
    clock.now_ms += 14 * SECOND_MS
    assert data_of(partition) == b""
    clock.now_ms += SECOND_MS
    # Order within a partition is never changed: what stands behind it waits as well.
    assert data_of(partition) == line(6, ingested=20) + line(7)


def test_it_goes_on_from_where_it_was_stopped_with_a_clock_that_begins_there(tmp_path, build, clock):
    log = line(0) + line(10) + line(20) + line(40)
    partition = build(source_of(tmp_path, Pace(1, clock), a=log))
    assert data_of(partition) == line(0)
    clock.now_ms += 15 * SECOND_MS
    assert data_of(partition) == line(10)
    state = pickle.loads(pickle.dumps(partition.snapshot()))
    clock.now_ms += 1000 * SECOND_MS
    resumed = build(source_of(tmp_path, Pace(1, clock), a=log), "a", state)
    assert data_of(resumed) == line(20)
    clock.now_ms += 20 * SECOND_MS
    assert data_of(resumed) == line(40)


def test_what_is_not_due_when_the_stop_is_asked_for_is_left_for_the_next_run(tmp_path, build, clock):
    stop = StopSign()
    partition = build(source_of(tmp_path, Pace(1, clock), stop=stop, a=line(0) + line(10)))
    assert data_of(partition) == line(0)
    stop.ask("enough")
    with pytest.raises(StopIteration):
        partition.next_batch()
    resumed = build(source_of(tmp_path, None, a=line(0) + line(10)), "a", partition.snapshot())
    assert data_of(resumed) == line(10)


def test_while_it_waits_it_asks_the_engine_to_sleep_and_without_a_pace_not(tmp_path, build, clock):
    partition = build(source_of(tmp_path, Pace(1, clock), a=line(0) + line(10)))
    data_of(partition)
    assert partition.next_awake() is not None
    assert build(source_of(tmp_path, None, a=line(0))).next_awake() is None


lines_in_time = st.lists(st.sampled_from([*map(line, range(0, 50, 7)), b"junk\n", b"\n"]), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=lines_in_time,
    steps=st.lists(st.tuples(st.integers(0, 20_000), st.booleans(), st.booleans()), max_size=12),
    block_bytes=st.integers(1, 400),
)
def test_however_it_is_paced_stopped_and_taken_up_again_the_same_lines_come_at_the_same_places(
    tmp_path, run_partition, lines, steps, block_bytes
):
    clock = Clock()
    places = list(accumulate(map(len, lines), initial=0))

    def begin(paced: bool, state: Any) -> Any:
        pace = Pace(1, clock) if paced else None
        source = source_of(tmp_path, pace, block_bytes=block_bytes, a=b"".join(lines))
        return source.build_part("step", "a", state)

    state: Any = None
    seen: list[Block] = []
    for waited_ms, paced, polls in steps:
        partition = begin(paced, state)
        for _ in range(1 + 3 * polls):
            clock.now_ms += waited_ms
            seen += _polled(partition)
        state = pickle.loads(pickle.dumps(partition.snapshot()))
        partition.close()
    partition = begin(False, state)
    seen += run_partition(partition)
    found = [(offset, each + b"\n") for block in seen if block.data for offset, each in _placed(block)]
    assert found == list(zip(places, lines, strict=False))
    assert seen[-1].last


def _polled(partition: Any) -> list[Block]:
    try:
        return list(partition.next_batch())
    except StopIteration:
        return []


def _placed(block: Block) -> list[tuple[int, bytes]]:
    lines = block.data.removesuffix(b"\n").split(b"\n")
    return list(zip(accumulate((len(each) + 1 for each in lines), initial=block.offset), lines, strict=False))
