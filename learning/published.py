"""Published tables as files: one JSON object, one version, one file; a profile names those it uses."""

from pathlib import Path

import msgspec

from domain.tables import Published


class TableError(ValueError):
    """A file that is no published table, or a table that cannot be published."""


def read_table(path: Path) -> Published:
    """Read one version of a table. Raises TableError when the file holds none."""
    try:
        table: Published = msgspec.json.decode(path.read_bytes(), type=Published)
    except msgspec.MsgspecError as error:
        raise TableError(f"{path} is no published table: {error}; publish it again") from None
    return table


def write_table(path: Path, table: Published) -> None:
    """Write one version of a table, whole or not at all.

    Raises TableError when `path` holds another: what was published is immutable, as replays of its time
    go on using it.
    """
    if path.exists() and read_table(path) != table:
        raise TableError(f"{path} holds another table, which replays may need; write to a new file")
    text = msgspec.json.format(msgspec.json.encode(table, order="sorted"), indent=2) + b"\n"
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(text)
    draft.replace(path)
