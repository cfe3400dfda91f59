"""How much of its input a flow has not read yet, and how long it stands still for a snapshot."""

import gzip
import time

from connectors.files import FileSource
from observability.metrics import Metrics
from tests.connectors.conftest import run_partition
from tests.connectors.grown import LINES, append
from tests.connectors.parquet_files import write_parquet


def lag(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("riskdesk_lag_bytes", {"partition": "p"})


def look(partition) -> None:
    """Read once, when it is time to count again."""
    partition._count_at = 0.0
    partition.next_batch()


def test_of_a_file_the_rest_is_behind_and_at_its_end_nothing(file, build):
    metrics = Metrics()
    partition = build(FileSource({"p": file}, metrics=metrics, block_bytes=10))
    look(partition)
    assert lag(metrics) == file.stat().st_size - 10
    run_partition(partition)
    assert lag(metrics) == 0


def test_a_followed_file_falls_behind_with_what_is_appended(file, build):
    metrics = Metrics()
    partition = build(FileSource({"p": file}, metrics=metrics, follow=True, block_bytes=64))
    while not partition._reader.idle:
        look(partition)
    assert lag(metrics) == 0
    append(file, b"".join(LINES) * 50)
    look(partition)
    assert lag(metrics) == len(b"".join(LINES) * 50) - 64


def test_of_a_folder_the_files_to_come_are_behind_as_compressed_as_they_lie_there(folder, build):
    packed = gzip.compress(b"three\n" * 100)
    append(folder / "1.jsonl", b"one\n")
    append(folder / "2.jsonl", b"two\n")
    append(folder / "3.jsonl.gz", packed)
    metrics = Metrics()
    partition = build(FileSource({"p": folder}, metrics=metrics))
    look(partition)
    assert lag(metrics) == len(b"two\n") + len(packed)
    run_partition(partition)
    assert lag(metrics) == 0


def test_it_is_counted_once_a_second_and_not_at_every_block(file, build):
    metrics = Metrics()
    partition = build(FileSource({"p": file}, metrics=metrics, block_bytes=10))
    partition.next_batch()
    first = lag(metrics)
    partition.next_batch()
    assert lag(metrics) == first


def test_reading_stands_still_from_a_snapshot_until_more_is_asked_for(file, build):
    metrics = Metrics()
    partition = build(FileSource({"p": file}, metrics=metrics, block_bytes=10))
    partition.next_batch()
    partition.snapshot()
    time.sleep(0.05)
    partition.next_batch()
    partition.next_batch()
    sample = metrics.registry.get_sample_value
    assert sample("riskdesk_standstill_seconds_count") == 1
    assert sample("riskdesk_standstill_seconds_sum") >= 0.05


def test_where_there_is_nothing_to_read_nothing_stands_still(file, build):
    metrics = Metrics()
    partition = build(FileSource({"p": file}, metrics=metrics, follow=True))
    while not partition._reader.idle:
        partition.next_batch()
    partition.snapshot()
    partition.next_batch()
    assert metrics.registry.get_sample_value("riskdesk_standstill_seconds_count") == 0


def test_a_partition_says_at_once_how_much_it_has_also_where_it_goes_on(tmp_path, build):
    path = tmp_path / "rows.parquet"
    write_parquet(path, LINES)
    size = path.stat().st_size
    metrics = Metrics()
    source = FileSource({"p": path}, metrics=metrics, block_bytes=256 * 10)
    partition = build(source)
    assert lag(metrics) == size
    partition.next_batch()
    build(source, "p", partition.snapshot())
    assert lag(metrics) == size * (len(LINES) - 10) // len(LINES)
