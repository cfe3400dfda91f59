"""What commands that run recorded events several times have in common."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from connectors.kafka_topics import split_inputs


def recorded_files(over: Sequence[str]) -> tuple[Path, ...]:
    """Give the files and folders of recorded events.

    Raises click.UsageError for one that is missing, and for topics: they may have grown by the next reading.
    """
    paths, topics = split_inputs(over)
    if topics:
        raise click.UsageError(
            f"{', '.join(topics)} is read more than once and may have grown in between; record it to files, "
            "and give these"
        )
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"no such file or folder: {', '.join(missing)}")
    return paths


@contextmanager
def kept_in(work: Path | None) -> Iterator[Path]:
    """Give the folder for what is finished: `work`, made if need be, or one that ends with the command."""
    if work is None:
        with TemporaryDirectory(prefix="riskdesk-") as folder:
            yield Path(folder)
    else:
        work.mkdir(parents=True, exist_ok=True)
        yield work
