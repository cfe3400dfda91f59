"""A night's stream in pieces, and the command as a user runs it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import orjson
import pytest
import zstandard

from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.running import NIGHT, Command


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Path:
    """The recorded night as one plain file."""
    path = tmp_path_factory.mktemp("night") / "night.jsonl"
    with (NIGHT / "transactions.jsonl.zst").open("rb") as packed, path.open("wb") as out:
        zstandard.ZstdDecompressor().copy_stream(packed, out)
    return path


@pytest.fixture(scope="session")
def halves(night, tmp_path_factory) -> tuple[Path, Path]:
    """The same night partitioned by card into two files."""
    folder = tmp_path_factory.mktemp("halves")
    paths = folder / "a.jsonl", folder / "b.jsonl"
    files = [path.open("wb") for path in paths]
    for line in night.read_bytes().splitlines(keepends=True):
        files[crc32(orjson.loads(line)["card"].encode()) // 7 % 2].write(line)
    for file in files:
        file.close()
    return paths


@pytest.fixture(scope="session")
def reference_store(tmp_path_factory) -> Path:
    """A store that holds the night's reference data and nothing else."""
    path = tmp_path_factory.mktemp("reference") / "store.sqlite"
    with open_store(f"sqlite:///{path}") as store:
        store.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))
    return path


@pytest.fixture
def store(reference_store, tmp_path) -> str:
    """The URL of a store of its own with the reference data."""
    path = tmp_path / "store.sqlite"
    path.write_bytes(reference_store.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def riskdesk(tmp_path) -> Iterator[Callable[..., Command]]:
    """Starts the command as a user does; what still runs at the end of the test is killed."""
    started: list[Command] = []

    def start(*arguments: object) -> Command:
        command = Command([str(argument) for argument in arguments])
        started.append(command)
        return command

    yield start
    for command in started:
        command.kill()
