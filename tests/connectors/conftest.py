"""What the connectors' tests share: partitions run by hand, crashes on demand, and items with a number."""

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from bytewax.inputs import AbortExecution, FixedPartitionedSource
from bytewax.recovery import RecoveryConfig, init_db_dir

import connectors
from connectors.blocks import Block
from domain.alerts import Alert, alert_id
from domain.findings import Severity
from domain.rejections import Reason, Rejected
from tests.connectors.grown import LINES


def run_partition(partition: Any, polls: int | None = None) -> list[Block]:
    """Give the blocks of a partition until it ends, or of so many polls."""
    blocks: list[Block] = []
    while polls is None or polls > 0:
        try:
            blocks += partition.next_batch()
        except StopIteration:
            break
        polls = None if polls is None else polls - 1
    return blocks


def lines_of(blocks: Iterable[Block]) -> list[tuple[str, int, bytes]]:
    """Give partition, offset and bytes of each line, however they were grouped."""
    found = []
    for block in blocks:
        offset = block.offset
        for line in block.data.splitlines(keepends=True):
            found.append((block.partition, offset, line))
            offset += len(line)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(LINES))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.mkdir()
    return path


@pytest.fixture(scope="session", name="lines_of")
def _lines_of() -> Callable[[Iterable[Block]], list[tuple[str, int, bytes]]]:
    return lines_of


@pytest.fixture(scope="session", name="run_partition")
def _run_partition() -> Callable[..., list[Block]]:
    return run_partition


@pytest.fixture
def build() -> Iterator[Callable[..., Any]]:
    """Build one partition of a source or sink, the first where none is named; close it behind the test."""
    with ExitStack() as built:

        def build(connector: Any, part: str = "", state: Any = None) -> Any:
            partition = connector.build_part("step", part or connector.list_parts()[0], state)
            built.callback(partition.close)
            return partition

        yield build


@pytest.fixture
def make_alert() -> Callable[[int], Alert]:
    """Make the alert with a number; the same number gives the same alert."""

    def make(number: int) -> Alert:
        return Alert(
            id=alert_id("card_velocity", f"card-{number}", f"event-{number}"),
            detector="card_velocity",
            version=1,
            parameters={"limit": 5},
            scope="card",
            key=f"card-{number}",
            at_ms=1_700_000_000_000 + number * 1000,
            event_id=f"event-{number}",
            severity=Severity.HIGH,
            probability=0.5,
            exposure_minor=number,
            currency="EUR",
            reason="more than 5 payments in 10 minutes",
            evidence={"payments": 6},
            card=f"card-{number}",
            customer=f"customer-{number}",
        )

    return make


@pytest.fixture
def make_rejected() -> Callable[[int], Rejected]:
    """Make the refused line with a number; the same number gives the same line."""

    def make(number: int) -> Rejected:
        return Rejected(
            partition="p", offset=number, reason=Reason.NOT_JSON, detail="no JSON", raw=b"\xff%d" % number
        )

    return make


@pytest.fixture
def recovery(tmp_path: Path) -> RecoveryConfig:
    folder = tmp_path / "recovery"
    folder.mkdir()
    init_db_dir(folder, 1)
    return RecoveryConfig(str(folder), backup_interval=timedelta(0))


@pytest.fixture
def connectors_of() -> Callable[[type], set[type]]:
    """Find the classes of a kind that the package's modules define, without those meant to be extended."""

    def connectors_of(kind: type) -> set[type]:
        found = set()
        for module in pkgutil.iter_modules(connectors.__path__):
            name = f"connectors.{module.name}"
            for _, member in inspect.getmembers(import_module(name), inspect.isclass):
                if member.__module__ == name and issubclass(member, kind) and not inspect.isabstract(member):
                    found.add(member)
        return found

    return connectors_of


@pytest.fixture
def aborting() -> type[FixedPartitionedSource[Any, Any]]:
    """Make a source that crashes the flow after so many batches of another."""
    return _Aborting


class _Aborting(FixedPartitionedSource):
    """A source that crashes the flow after so many batches."""

    def __init__(self, source: Any, batches: int) -> None:
        self._source = source
        self._left = batches

    def list_parts(self) -> list[str]:
        return self._source.list_parts()

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Any:
        partition = self._source.build_part(step_id, for_part, resume_state)
        read = partition.next_batch

        def next_batch() -> Any:
            if not self._left:
                partition.close()
                raise AbortExecution
            self._left -= 1
            return read()

        partition.next_batch = next_batch
        return partition
