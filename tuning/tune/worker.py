"""One process of a tuning: runs one chunk of variants and tells how far it is.

It is started as `python -m tuning.tune.worker` with the chunk as a JSON line on standard input, and tells a
JSON line at a time on standard output. It ends when its standard input does: whoever started it is gone then.
"""

import os
import sys
from pathlib import Path
from threading import Thread

import msgspec

from config.located_yaml import ProfileError
from connectors.errors import ConnectorError
from observability.logs import set_up_logs
from tuning.passes import PassError, Variant, run_pass
from tuning.tune.runs import Chunk, Word

_ANY_BYTES = 4096


def main() -> int:
    """Run the chunk that standard input holds, and give the exit code."""
    chunk = msgspec.json.decode(sys.stdin.buffer.readline(), type=Chunk)
    Thread(target=_end_with_the_caller, daemon=True).start()
    set_up_logs("error")
    variants = [Variant(label, Path(profile), text or None) for label, profile, text in chunk.variants]
    try:
        ran = run_pass(
            variants,
            chunk.over,
            Path(chunk.folder),
            store=chunk.store,
            watch=lambda progress: _tell(Word(progress=progress)),
        )
    except (ConnectorError, PassError, ProfileError, OSError) as error:
        _tell(Word(error=str(error)))
        return 1
    _tell(Word(progress=ran.progress))
    return 0


def _tell(word: Word) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_the_caller() -> None:
    # Not through the buffer, whose lock a thread must not hold when the interpreter ends.
    while os.read(sys.stdin.fileno(), _ANY_BYTES):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
