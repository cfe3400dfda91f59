"""What every source must do, over all of them."""

import gzip
import pickle
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
import zstandard
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.testing import TestingSink, run_main

from connectors.files import FileSource
from connectors.joined import JoinedSource
from connectors.kafka_source import KafkaSource
from connectors.kafka_topics import TopicInput
from connectors.pacing import Pace, PacedSource
from connectors.pulse import Pulse, PulsedSource
from connectors.stopping import StopSign
from tests.connectors.kafka_parts import connect_to
from tests.connectors.parquet_files import write_parquet
from tests.kafka.broker import KafkaBroker

LINES = [b'{"number":%d}\n' % number for number in range(60)]
PER_EPOCH = timedelta(0)  # every batch is an epoch of its own


def plain_file(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "plain.jsonl"
    path.write_bytes(b"".join(LINES))
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def gzip_file(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "packed"
    path.write_bytes(gzip.compress(b"".join(LINES[:20])) + gzip.compress(b"".join(LINES[20:])))
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def zstandard_file(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "packed"
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(LINES)))
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def folder_of_files(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "many"
    path.mkdir(exist_ok=True)
    (path / "1.jsonl").write_bytes(b"".join(LINES[:7]))
    (path / "2.jsonl.gz").write_bytes(gzip.compress(b"".join(LINES[7:40])))
    (path / "3.jsonl").write_bytes(b"")
    (path / "4.jsonl").write_bytes(b"".join(LINES[40:]))
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def parquet_file(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "rows.parquet"
    write_parquet(path, LINES, row_group_rows=17)
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def folder_of_folders(folder: Path, stop: StopSign) -> FileSource:
    path = folder / "days"
    for name, lines in (("day=1/a.parquet", LINES[:7]), ("day=1/b.parquet", LINES[7:9])):
        write_parquet(path / name, lines, row_group_rows=3)
    (path / "day=2").mkdir(exist_ok=True)
    (path / "day=2" / "part-0.jsonl.gz").write_bytes(gzip.compress(b"".join(LINES[9:40])))
    write_parquet(path / "day=3" / "deep" / "c.parquet", LINES[40:], row_group_rows=30)
    return FileSource({"p": path}, block_bytes=64, stop=stop)


def beside_topics(folder: Path, stop: StopSign) -> JoinedSource:
    return JoinedSource(plain_file(folder, stop), KafkaSource(connect_to("nobody:1"), []))


def with_pulse(folder: Path, stop: StopSign) -> PulsedSource:
    return PulsedSource(plain_file(folder, stop), Pulse())


def paced(folder: Path, stop: StopSign) -> PacedSource:
    return PacedSource(plain_file(folder, stop), Pace(1e9), stop)


def topic(broker: KafkaBroker, name: str, stop: StopSign) -> KafkaSource:
    # One message a poll: positions then tell messages apart just as bytes do.
    return KafkaSource(connect_to(broker.bootstrap), [TopicInput(name)], most_messages=1, stop=stop)


# Each makes its source over LINES, in one partition and many blocks.
SOURCES: list[tuple[type, Callable[[Path, StopSign], Any]]] = [
    (FileSource, plain_file),
    (FileSource, gzip_file),
    (FileSource, zstandard_file),
    (FileSource, folder_of_files),
    (FileSource, parquet_file),
    (FileSource, folder_of_folders),
    (JoinedSource, beside_topics),
    (PulsedSource, with_pulse),
    (PacedSource, paced),
    (KafkaSource, topic),
]

# Sources that the contract cannot be asked of, each with the reason.
WAIVED: dict[type, str] = {}


# A consumer takes a third of a second to find its place, and is begun anew at each batch.
_SLOW = {KafkaSource}


@pytest.fixture(
    params=[
        pytest.param(
            source,
            marks=[pytest.mark.slow] if source[0] in _SLOW else [],
            id=f"{source[0].__name__}-{source[1].__name__}",
        )
        for source in SOURCES
    ]
)
def make_source(request, tmp_path: Path) -> Callable[..., Any]:
    maker, place = request.param[1], (tmp_path,)
    if maker is topic:
        broker = request.getfixturevalue("kafka_broker")
        place = broker, broker.create_topic(request.getfixturevalue("topic_name"))
        broker.produce(place[1], [line.removesuffix(b"\n") for line in LINES])

    def make(stop: StopSign | None = None) -> Any:
        return maker(*place, stop or StopSign())

    return make


def test_every_source_is_held_to_the_contract(connectors_of):
    assert connectors_of(FixedPartitionedSource) == {kind for kind, _ in SOURCES} | set(WAIVED)


def test_a_source_resumes_at_every_batch_with_the_same_tail(make_source, build, run_partition, lines_of):
    everything = lines_of(run_partition(build(make_source())))
    assert [line for _, _, line in everything] == LINES
    batches = 0
    partition = build(make_source())
    seen: list[Any] = []
    while True:
        state = pickle.loads(pickle.dumps(partition.snapshot()))
        resumed = run_partition(build(make_source(), "", state))
        assert lines_of(seen) + lines_of(resumed) == everything
        assert [block.last for block in resumed] == [False] * (len(resumed) - 1) + [True]
        try:
            seen += partition.next_batch()
        except StopIteration:
            break
        batches += 1
    assert batches > 10


def test_a_source_snapshots_the_same_state_until_it_reads_on(make_source, build):
    partition = build(make_source())
    partition.next_batch()
    assert partition.snapshot() == partition.snapshot()


def test_a_source_ends_once_the_stop_was_asked_for_and_goes_on_later(
    make_source, build, run_partition, lines_of
):
    stop = StopSign()
    partition = build(make_source(stop))
    before = [*partition.next_batch(), *partition.next_batch()]
    stop.ask("enough")
    assert run_partition(partition) == []
    after = run_partition(build(make_source(), "", partition.snapshot()))
    assert [line for _, _, line in lines_of([*before, *after])] == LINES


def test_a_flow_that_is_aborted_again_and_again_loses_no_line_of_a_source(
    make_source, recovery, aborting, lines_of
):
    seen: list[Any] = []
    for batches in (1, 2, 5, 3, 4, 1000):
        flow = Dataflow("aborted")
        op.output("seen", op.input("read", flow, aborting(make_source(), batches)), TestingSink(seen))
        run_main(flow, epoch_interval=PER_EPOCH, recovery_config=recovery)
    lines = lines_of(seen)
    assert list(dict.fromkeys(lines)) == lines_of(_all(make_source()))
    # Each abort repeats no more than what its epoch had not committed.
    assert len(lines) < 2 * len(LINES)


def _all(source: Any) -> list[Any]:
    with closing(source.build_part("read", source.list_parts()[0], None)) as partition:
        blocks: list[Any] = []
        while not (blocks and blocks[-1].last):
            blocks += partition.next_batch()
        return blocks
