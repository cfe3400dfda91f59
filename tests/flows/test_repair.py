"""A crash within a crash counts nothing twice: the store is repaired of what the engine leaves behind."""

import pickle
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.inputs import AbortExecution, FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

from flows.recovery import Repaired, known_partitions, prepare, repair


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


class Items(FixedPartitionedSource):
    """Items in batches of a size; the flow is aborted in place of a further batch than `batches`."""

    def __init__(self, items: list[tuple[str, int]], size: int, batches: int | None = None) -> None:
        self.items, self.size, self.batches = items, size, batches

    def list_parts(self) -> list[str]:
        return ["items"]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Any:
        return _ItemsPart(self, resume_state or 0)


class _ItemsPart(StatefulSourcePartition):
    def __init__(self, source: Items, place: int) -> None:
        self.source, self.place, self.left = source, place, source.batches

    def next_batch(self) -> list[tuple[str, int]]:
        if self.left == 0:
            raise AbortExecution
        if self.left is not None:
            self.left -= 1
        start, self.place = self.place, self.place + self.source.size
        if start >= len(self.source.items):
            raise StopIteration
        return self.source.items[start : self.place]

    def snapshot(self) -> int:
        return self.place


class Remembering(StatefulBatchLogic):
    """Gives all it has ever seen; a key that is told 0 is let go."""

    def __init__(self, saved: Any) -> None:
        self.seen = list(saved or ())

    def on_batch(self, values: list[int]) -> Any:
        self.seen += values
        return [tuple(self.seen)], 0 in values

    def snapshot(self) -> Any:
        return tuple(self.seen)


class List(FixedPartitionedSink):
    """A list; at a certain epoch's end, when what lies before it has saved already, it crashes."""

    def __init__(self, into: list[Any], crash_at_epoch: int | None) -> None:
        self.into, self.crash_at_epoch = into, crash_at_epoch

    def list_parts(self) -> list[str]:
        return ["list"]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Any:
        return _ListPart(self.into, self.crash_at_epoch)


class _ListPart(StatefulSinkPartition):
    def __init__(self, into: list[Any], epochs_left: int | None) -> None:
        self.into, self.epochs_left = into, epochs_left

    def write_batch(self, values: list[Any]) -> None:
        self.into += values

    def snapshot(self) -> None:
        if self.epochs_left is not None:
            self.epochs_left -= 1
            if self.epochs_left == 0:
                raise RuntimeError("the machine went down")


def run(source: Items, folder: Path, *, crash_at_epoch: int | None = None) -> list[Any]:
    """Run to the end, or until it aborts or crashes; every batch is an epoch. Gives what was delivered."""
    delivered: list[Any] = []
    flow = Dataflow("remember")
    seen = op.stateful_batch("seen", op.input("items", flow, source), Remembering)
    op.output("list", seen, List(delivered, crash_at_epoch))
    try:
        run_main(
            flow,
            epoch_interval=timedelta(0),
            recovery_config=RecoveryConfig(str(folder), backup_interval=timedelta(0)),
        )
    except BytewaxRuntimeError:
        assert crash_at_epoch is not None
    return delivered


def rows(folder: Path) -> dict[tuple[str, int], Any]:
    """What the store holds of the keyed step: state by key and epoch, None for a tombstone."""
    found = {}
    for path in folder.glob("part-*.sqlite3"):
        with sqlite3.connect(path) as file:
            for key, epoch, state in file.execute(
                "SELECT state_key, snap_epoch, ser_change FROM snaps WHERE step_id = 'remember.seen'"
            ):
                found[key, epoch] = None if state is None else pickle.loads(state)
        file.close()
    return found


@pytest.mark.parametrize("repaired", [True, False])
def test_a_crash_while_saving_and_another_crash_count_nothing_twice(folder, repaired):
    prepare(folder, "remember", "test")
    items = [("k", 1), ("k", 2), ("k", 3), ("j", 1), ("j", 2)]
    # Dies while it ends its second epoch, (k, 3) and (j, 1): both are saved, and the epoch is not.
    run(Items(items, 2), folder, crash_at_epoch=2)
    assert rows(folder)["j", 2] == (1,)
    # Begins that epoch again with (k, 3) alone, and dies after it.
    found = repair(folder) if repaired else None
    run(Items(items, 1, batches=1), folder)
    # Goes on with (j, 1), which the row from before the first crash has already.
    again = repair(folder) if repaired else None
    delivered = run(Items(items, 1), folder)
    if repaired:
        assert found == Repaired(resume_epoch=2, stale=3, tombstones=0)
        assert again is not None
        assert again.resume_epoch == 3
        assert delivered == [(1,), (1, 2)]
    else:
        # The engine's defect: when this no longer holds, the repair is no longer needed.
        assert delivered == [(1, 1), (1, 1, 2)]


def test_a_repair_takes_nothing_away_that_was_committed(folder):
    prepare(folder, "remember", "test")
    items = [("k", 1), ("j", 1), ("k", 2), ("j", 2)]
    run(Items(items, 1, batches=3), folder)
    before = rows(folder)
    resume_epoch = repair(folder).resume_epoch
    assert repair(folder) == Repaired(resume_epoch=resume_epoch, stale=0, tombstones=0)
    assert rows(folder) == {place: state for place, state in before.items() if place[1] < resume_epoch}
    assert {key for key, _ in rows(folder)} == {"k", "j"}
    assert run(Items(items, 1), folder) == [(1, 2)]


def test_rows_of_keys_that_were_let_go_are_removed_and_other_keys_go_on(folder):
    prepare(folder, "remember", "test")
    items = [*((f"gone{number}", 0) for number in range(20)), ("k", 1), ("k", 2), ("gone1", 5)]
    run(Items(items, 1, batches=22), folder)
    assert sum(state is None for state in rows(folder).values()) == 20
    found = repair(folder)
    assert found.tombstones >= 20
    assert {key for key, _ in rows(folder)} == {"k"}
    assert run(Items(items, 1), folder) == [(5,)]


def test_the_partitions_of_a_step_are_known_from_the_store(folder, tmp_path):
    prepare(folder, "remember", "test")
    assert known_partitions(folder, "remember.items") == frozenset()
    run(Items([("k", 1), ("j", 1)], 1), folder)
    assert known_partitions(folder, "remember.items") == {"items"}
    assert known_partitions(folder, "remember.list") == {"list"}
    assert known_partitions(folder, "remember.seen") == {"k", "j"}
    assert known_partitions(folder, "remember.other") == frozenset()


def test_a_copy_of_a_folder_goes_on_as_the_folder_itself(folder, tmp_path):
    prepare(folder, "remember", "test")
    items = [("k", 1), ("k", 2), ("k", 3)]
    run(Items(items, 1, batches=2), folder)
    shutil.copytree(folder, tmp_path / "copy")
    for each in (folder, tmp_path / "copy"):
        prepare(each, "remember", "test")
        assert run(Items(items, 1), each)[-1] == (1, 2, 3)
