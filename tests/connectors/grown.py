"""Lines to read, and a way for a file of them to grow."""

from pathlib import Path

LINES = [b'{"event_id": "%d"}\n' % number for number in range(50)]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as out:
        out.write(data)
